"""Who may do what on the broker, derived from the table of topics.

Reading and writing imply describing in Kafka, so only the strongest right of each is stated. A
source or an executing body gets exactly its own topics; a service its topics, its own consumer
groups and its own transactional ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
)

from creditbus.wire.topics import OPERATOR, SERVICES, Topic, application, service_principal

READS_EVERYTHING: Final = (OPERATOR, service_principal("audit"))
CLUSTER: Final = "kafka-cluster"
ANY: Final = "*"
ANY_HOST: Final = "*"
SEPARATOR: Final = "."
"""Between a party's name and what it adds to name a group of its own; no name has one."""


def principals(sources: Iterable[str], bodies: Iterable[str]) -> tuple[str, ...]:
    """Return everyone who logs in: sources, executing bodies, services and the operator."""
    services = (service_principal(name) for name in SERVICES)
    return tuple(dict.fromkeys((*sources, *bodies, *services, OPERATOR)))


def bindings(
    table: Iterable[Topic], sources: Sequence[str], bodies: Sequence[str]
) -> frozenset[AclBinding]:
    """Return every right of a bus with this table, these sources and executing bodies."""
    parties = (*sources, *bodies)
    return frozenset(
        (
            *_topic_rights(table),
            *(binding for name in SERVICES for binding in _service_rights(name)),
            *(binding for party in parties for binding in _group_rights(party)),
            *_backlog_rights(),
            *_operator_rights(),
        )
    )


def _topic_rights(table: Iterable[Topic]) -> Iterator[AclBinding]:
    for topic in table:
        for writer in topic.writers:
            yield _exact(ResourceType.TOPIC, topic.name, writer, AclOperation.WRITE)
        if topic.is_changelog:
            # A store is compared with the lifetime of its changelog's tombstones.
            (owner,) = topic.writers
            yield _exact(ResourceType.TOPIC, topic.name, owner, AclOperation.DESCRIBE_CONFIGS)
        for reader in topic.readers:
            yield _exact(ResourceType.TOPIC, topic.name, reader, AclOperation.READ)
    for principal in READS_EVERYTHING:
        yield _exact(ResourceType.TOPIC, ANY, principal, AclOperation.READ)
        yield _exact(ResourceType.GROUP, ANY, principal, AclOperation.DESCRIBE)


def _group_rights(party: str) -> Iterator[AclBinding]:
    """Yield the right to read in groups of a party's own name: the name, or the name and a dot.

    A bare prefix would reach whose name only begins alike: `tender` and `tender-platform`.
    """
    yield _exact(ResourceType.GROUP, party, party, AclOperation.READ)
    yield _prefixed(ResourceType.GROUP, f"{party}{SEPARATOR}", party, AclOperation.READ)


def _service_rights(name: str) -> Iterator[AclBinding]:
    principal = service_principal(name)
    yield _prefixed(ResourceType.GROUP, application(name), principal, AclOperation.READ)
    yield _prefixed(ResourceType.TRANSACTIONAL_ID, f"{name}-", principal, AclOperation.WRITE)


def _backlog_rights() -> Iterator[AclBinding]:
    """Yield that intake may see where listing stands: how long the log is, not what is in it."""
    principal = service_principal("intake")
    yield _exact(ResourceType.GROUP, application("listing"), principal, AclOperation.DESCRIBE)


def _operator_rights() -> Iterator[AclBinding]:
    yield _prefixed(ResourceType.GROUP, application(OPERATOR), OPERATOR, AclOperation.READ)
    # What a person does is on record, in a transaction.
    yield _prefixed(ResourceType.TRANSACTIONAL_ID, f"{OPERATOR}-", OPERATOR, AclOperation.WRITE)
    yield _exact(ResourceType.TOPIC, ANY, OPERATOR, AclOperation.DESCRIBE_CONFIGS)
    yield _exact(ResourceType.BROKER, CLUSTER, OPERATOR, AclOperation.DESCRIBE)


def _exact(kind: ResourceType, name: str, principal: str, operation: AclOperation) -> AclBinding:
    return _binding(kind, name, ResourcePatternType.LITERAL, (principal, operation))


def _prefixed(kind: ResourceType, name: str, principal: str, operation: AclOperation) -> AclBinding:
    return _binding(kind, name, ResourcePatternType.PREFIXED, (principal, operation))


def _binding(
    kind: ResourceType,
    name: str,
    pattern: ResourcePatternType,
    right: tuple[str, AclOperation],
) -> AclBinding:
    principal, operation = right
    return AclBinding(
        kind, name, pattern, f"User:{principal}", ANY_HOST, operation, AclPermissionType.ALLOW
    )
