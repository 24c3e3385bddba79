"""Rights follow the table of topics: whoever is not named there may do nothing."""

from __future__ import annotations

from confluent_kafka.admin import AclBinding, AclOperation, ResourcePatternType, ResourceType

from creditbus.stack.rights import READS_EVERYTHING, bindings, principals
from creditbus.wire.topics import inbox, topics

SOURCES = ("court", "tax")
BODIES = ("railway",)
RIGHTS = bindings(topics(SOURCES, BODIES), SOURCES, BODIES)


def of(principal: str) -> list[AclBinding]:
    return [right for right in RIGHTS if right.principal == f"User:{principal}"]


def test_source_has_its_inbox_and_its_groups_only() -> None:
    assert sorted((right.restype, right.name, right.operation) for right in of("court")) == sorted(
        [
            (ResourceType.TOPIC, inbox("court"), AclOperation.WRITE),
            (ResourceType.GROUP, "court", AclOperation.READ),
            (ResourceType.GROUP, "court.", AclOperation.READ),
        ]
    )


def test_table_is_granted_whole_and_nothing_beside_it() -> None:
    granted = {
        (right.name, right.principal, right.operation)
        for right in RIGHTS
        if right.restype is ResourceType.TOPIC and right.name != "*"
    }
    declared = {
        (topic.name, f"User:{principal}", operation)
        for topic in topics(SOURCES, BODIES)
        for operation, named in (
            (AclOperation.WRITE, topic.writers),
            (AclOperation.READ, topic.readers),
            (AclOperation.DESCRIBE_CONFIGS, topic.writers if topic.is_changelog else ()),
        )
        for principal in named
    }
    assert granted == declared


def test_only_those_who_audit_read_every_topic() -> None:
    every = {right.principal for right in RIGHTS if right.name == "*" and _is_topic_read(right)}
    assert every == {f"User:{principal}" for principal in READS_EVERYTHING}


def test_transactional_ids_are_the_services_own() -> None:
    prefixes = {
        right.principal: right.name
        for right in RIGHTS
        if right.restype is ResourceType.TRANSACTIONAL_ID
    }
    assert prefixes["User:svc.listing"] == "listing-"
    assert len(set(prefixes.values())) == len(prefixes)
    assert prefixes["User:operator"] == "operator-"  # what a person does is on record with it
    assert not {"User:court", "User:railway"} & prefixes.keys()


def test_everyone_with_a_right_can_log_in() -> None:
    holders = {right.principal.removeprefix("User:") for right in RIGHTS}
    assert holders <= set(principals(SOURCES, BODIES))


def test_prefixes_are_never_a_right_on_topics() -> None:
    prefixed = [
        right for right in RIGHTS if right.resource_pattern_type is ResourcePatternType.PREFIXED
    ]
    assert all(right.restype is not ResourceType.TOPIC for right in prefixed)


def _is_topic_read(right: AclBinding) -> bool:
    return right.restype is ResourceType.TOPIC and right.operation is AclOperation.READ
