"""Bring a broker to the table of topics: topics, logins and rights; doing it twice changes nothing.

Partition counts are fixed at creation, because a key's partition is where its state lives; a
difference is therefore told and never repaired here.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from concurrent.futures import Future
from typing import Any, Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialUpsertion,
)

from creditbus.engine.failures import Reaction, kind_of
from creditbus.stack.errors import NotProvisioned
from creditbus.stack.rights import bindings, principals
from creditbus.wire.topics import Topic, topics

BOUND_S: Final = 30
POLL_S: Final = 0.02
_AGAIN_S: Final = 0.2
PASSWORD_BYTES: Final = 24
_AS_THE_BROKER_SAYS: Final = -1  # default.replication.factor: one copy, or three on three brokers
SCRAM_ITERATIONS: Final = 4096
EVERY_RIGHT: Final = AclBindingFilter(
    ResourceType.ANY,
    None,  # type: ignore[arg-type]  # the library takes it for "any"
    ResourcePatternType.ANY,
    None,  # type: ignore[arg-type]
    None,  # type: ignore[arg-type]
    AclOperation.ANY,
    AclPermissionType.ANY,
)


def new_password() -> str:
    """Return a password that nobody can guess, of letters, digits, ``-`` and ``_``."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


def add_passwords(
    credentials: MutableMapping[str, str], sources: Sequence[str], bodies: Sequence[str]
) -> None:
    """Give a password to every principal that has none; save it before a login is made of it."""
    for principal in principals(sources, bodies):
        credentials.setdefault(principal, new_password())


def provision(
    admin: AdminClient,
    credentials: Mapping[str, str],
    sources: Sequence[str],
    bodies: Sequence[str],
) -> int:
    """Create what is missing and take away rights the table does not give; return the changes.

    Raises ``NotProvisioned`` when a topic that exists is not as the table says.
    """
    table = topics(sources, bodies)
    changes = create_topics(admin, table)
    changes += create_logins(
        admin, {name: credentials[name] for name in principals(sources, bodies)}
    )
    changes += set_rights(admin, bindings(table, sources, bodies))
    if changes:
        wait_applied(admin, bindings(table, sources, bodies))
    differences = check_topics(admin, table)
    if differences:
        raise NotProvisioned(
            f"{' '.join(differences)} Delete the stack's folder, or change the topic by hand."
        )
    return changes


def create_topics(admin: AdminClient, table: Iterable[Topic]) -> int:
    """Create the topics that do not exist; return how many."""
    present = admin.list_topics(timeout=BOUND_S).topics
    missing = [
        NewTopic(
            topic.name,
            num_partitions=topic.partitions,
            replication_factor=_AS_THE_BROKER_SAYS,
            config=topic.settings(),
        )
        for topic in table
        if topic.name not in present
    ]
    if missing:
        for made in admin.create_topics(missing, operation_timeout=BOUND_S).values():
            made.result(BOUND_S)
    return len(missing)


def create_logins(admin: AdminClient, passwords: Mapping[str, str]) -> int:
    """Make a login for each principal without one; return how many."""
    asked = admin.describe_user_scram_credentials()
    assert isinstance(asked, Future), "without names the library answers for all at once"
    known = asked.result(BOUND_S)
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, SCRAM_ITERATIONS)
    wanted: list[UserScramCredentialAlteration] = [
        UserScramCredentialUpsertion(principal, info, password.encode())
        for principal, password in passwords.items()
        if principal not in known
    ]
    if wanted:
        for made in admin.alter_user_scram_credentials(wanted).values():
            made.result(BOUND_S)
    return len(wanted)


def set_rights(admin: AdminClient, wanted: frozenset[AclBinding]) -> int:
    """Make the broker's rights exactly these; return how many were given or taken."""
    present = frozenset(admin.describe_acls(EVERY_RIGHT).result(BOUND_S))
    given, taken = list(wanted - present), list(present - wanted)
    if given:
        for made in admin.create_acls(given).values():
            made.result(BOUND_S)
    if taken:
        for removed in admin.delete_acls([_filter(binding) for binding in taken]).values():
            removed.result(BOUND_S)
    return len(given) + len(taken)


def wait_applied(admin: AdminClient, wanted: frozenset[AclBinding]) -> None:
    """Wait until the broker itself has the rights, and so all that was changed before them.

    The controller answers before the broker has followed its log: for some milliseconds a new login
    would be refused as if its password were wrong. Rights are what the broker takes up last.
    """
    deadline = time.monotonic() + BOUND_S
    while frozenset(admin.describe_acls(EVERY_RIGHT).result(BOUND_S)) != wanted:
        if time.monotonic() > deadline:
            raise NotProvisioned(
                f"The broker did not take up the rights within {BOUND_S} s. Look into its log, "
                f"and start again."
            )
        time.sleep(POLL_S)


def check_topics(admin: AdminClient, table: Iterable[Topic]) -> list[str]:
    """Return how the broker's topics differ from the table, a sentence each; nothing is changed."""
    present = admin.list_topics(timeout=BOUND_S).topics
    table = list(table)
    missing = [f"Topic {topic.name} is missing." for topic in table if topic.name not in present]
    here = [topic for topic in table if topic.name in present]
    miscounted = [
        f"Topic {topic.name} has {count} partitions instead of {topic.partitions}."
        for topic in here
        if (count := len(present[topic.name].partitions)) != topic.partitions
        # Nothing is kept by an inbox's partitions: it may have been given more of them.
        and not (topic.may_wait and count > topic.partitions)
    ]
    return missing + miscounted + _wrong_settings(admin, here)


def _wrong_settings(admin: AdminClient, here: Sequence[Topic]) -> list[str]:
    wanted = {topic.name: topic.settings() for topic in here}
    asked = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in wanted]
    found = _described(admin, asked)
    return [
        f"Topic {name} has {setting}={found[name][setting].value} instead of {value}."
        for name, settings in wanted.items()
        for setting, value in settings.items()
        if found[name][setting].value != value
    ]


def _described(admin: AdminClient, asked: list[ConfigResource]) -> dict[str, Any]:
    """Return the settings of some topics, asked again while a broker goes that was to answer."""
    deadline = time.monotonic() + BOUND_S
    while asked:
        try:
            told = admin.describe_configs(asked, request_timeout=BOUND_S)
            return {resource.name: future.result(BOUND_S) for resource, future in told.items()}
        except KafkaException as failure:
            is_passing = kind_of(failure) in (Reaction.SILENT, Reaction.RETRY)
            if not is_passing or time.monotonic() > deadline:
                raise
            time.sleep(_AGAIN_S)
    return {}


def _filter(binding: AclBinding) -> AclBindingFilter:
    return AclBindingFilter(
        binding.restype,
        binding.name,
        binding.resource_pattern_type,
        binding.principal,
        binding.host,
        binding.operation,
        binding.permission_type,
    )
