"""The table of topics against the design: who writes, who reads, how long, and what travels."""

from __future__ import annotations

from typing import Final

import pytest

from creditbus.wire.records import TYPES
from creditbus.wire.topics import (
    ATTEMPTS,
    DAY_MS,
    DIRECTIVES_PREFIX,
    EVENTS,
    FIXED,
    HOUR_MS,
    INBOX_MAX_BYTES,
    INBOX_PREFIX,
    INTERVENTIONS,
    OPERATOR,
    SERVICES,
    TOMBSTONES_MS,
    YEAR_MS,
    Topic,
    directives,
    inbox,
    party_of_inbox,
    service_principal,
    topics,
)
from tests.examples import a_catalogue

SOURCES: Final = tuple(a_catalogue().sources)
BODIES: Final = tuple(a_catalogue().bodies)
TABLE: Final = {topic.name: topic for topic in topics(SOURCES, BODIES)}

INBOXES: Final = "inboxes"
BODY_INBOXES: Final = "inboxes of bodies"
DIRECTIVES: Final = "directives"

WRITES: Final[dict[str, set[str]]] = {
    "intake": {
        "credit.events.v1",
        "credit.acknowledgements.v1",
        "credit.refusals.v1",
        "credit.dead-letters.v1",
    },
    "listing": {
        "credit.standings.v1",
        "credit.aliases.v1",
        "credit.refusals.v1",
        "credit.breaches.v1",
        "credit.duplicates.v1",
        "credit.taken.v1",
        "credit.dead-letters.v1",
        "creditbus-listing-changelog",
    },
    "dispatch": {
        DIRECTIVES,
        "credit.directives.v1",
        "credit.lifts.v1",
        "creditbus-dispatch-changelog",
    },
    "exposure": {"credit.exposures.v1", "creditbus-exposure-changelog"},
    "delivery": {
        "credit.attempts.v2",
        "credit.obligations.v1",
        "creditbus-delivery-changelog",
        BODY_INBOXES,
    },
    "views": set(),
    "clock": {"credit.events.v1"},
    "catalogue": {"credit.events.v1"},
    "gateway": {INBOXES, BODY_INBOXES},
    "query": {"credit.access.v1"},
    "feed": set(),
    "console": {INBOXES, BODY_INBOXES, "credit.interventions.v1"},  # a dead letter, redriven
    "audit": set(),
}
READS: Final[dict[str, set[str]]] = {
    "intake": {INBOXES, BODY_INBOXES, "credit.aliases.v1"},
    "listing": {"credit.events.v1", "creditbus-listing-changelog"},
    "dispatch": {"credit.standings.v1", "creditbus-dispatch-changelog"},
    "exposure": {"credit.standings.v1", "creditbus-exposure-changelog"},
    "delivery": {
        "credit.directives.v1",
        "credit.lifts.v1",
        "credit.acknowledgements.v1",
        "credit.attempts.v2",
        "credit.interventions.v1",
        "creditbus-delivery-changelog",
    },
    "views": {
        "credit.standings.v1",
        "credit.directives.v1",
        "credit.acknowledgements.v1",
        "credit.obligations.v1",
        "credit.exposures.v1",
        "credit.refusals.v1",
        "credit.duplicates.v1",
        "credit.taken.v1",
        "credit.dead-letters.v1",
        "credit.interventions.v1",
        "credit.events.v1",
    },
    "clock": {"credit.events.v1"},  # the last day it wrote: after a stop it goes on from there
    "gateway": set(),
    "query": set(),
    "feed": set(),
    "console": {INBOXES, BODY_INBOXES, "credit.dead-letters.v1"},  # a dead letter, looked at
}
"""What each service writes and reads, as the design says; audit reads all but the changelogs."""

KEPT: Final[dict[str, tuple[str, int, bool, int | None]]] = {
    "credit.events.v1": ("subject", 8, False, None),
    "credit.standings.v1": ("subject", 8, True, None),
    "credit.acknowledgements.v1": ("subject", 8, False, 5 * YEAR_MS),
    "credit.exposures.v1": ("entry", 8, True, None),
    "credit.refusals.v1": ("source", 4, False, YEAR_MS),
    "credit.breaches.v1": ("subject", 8, False, 5 * YEAR_MS),
    "credit.duplicates.v1": ("source", 4, False, YEAR_MS),
    "credit.taken.v1": ("source", 4, False, YEAR_MS),
    "credit.dead-letters.v1": ("source", 4, False, YEAR_MS),
    "credit.aliases.v1": ("alias", 1, True, None),
    "credit.directives.v1": ("subject", 8, False, YEAR_MS),
    "credit.lifts.v1": ("subject", 8, False, HOUR_MS),
    "credit.attempts.v2": ("subject", 8, False, 90 * DAY_MS),
    "credit.obligations.v1": ("obligation", 8, True, None),
    "credit.access.v1": ("asker", 4, False, 5 * YEAR_MS),
    "credit.interventions.v1": ("subject, or whose it is", 8, False, 5 * YEAR_MS),
}


def family(topic: Topic) -> str:
    """Return the topic's name, or the family that it is one of."""
    if topic.name.startswith(DIRECTIVES_PREFIX) and topic.name not in KEPT:
        return DIRECTIVES
    if topic.name.startswith(INBOX_PREFIX):
        return BODY_INBOXES if party_of_inbox(topic.name) in BODIES else INBOXES
    return topic.name


def members(name: str) -> int:
    return sum(family(topic) == name for topic in TABLE.values())


def granted(service: str, right: str) -> dict[str, int]:
    """Return how many topics of each family the service has the right on."""
    principal = service_principal(service)
    found: dict[str, int] = {}
    for topic in TABLE.values():
        if principal in getattr(topic, right):
            found[family(topic)] = found.get(family(topic), 0) + 1
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_service_writes_what_the_design_says(service: str) -> None:
    assert granted(service, "writers") == {name: members(name) for name in WRITES[service]}


@pytest.mark.parametrize("service", sorted(READS))
def test_service_reads_what_the_design_says(service: str) -> None:
    assert granted(service, "readers") == {name: members(name) for name in READS[service]}


def test_audit_reads_everything_but_the_changelogs() -> None:
    everything = {family(topic) for topic in TABLE.values()}
    expected = {name for name in everything if not name.endswith("-changelog")}
    assert set(granted("audit", "readers")) == expected


@pytest.mark.parametrize("party", [*SOURCES, *BODIES])
def test_party_may_write_its_own_inbox_and_nothing_else(party: str) -> None:
    assert [name for name, topic in TABLE.items() if party in topic.writers] == [inbox(party)]


@pytest.mark.parametrize("body", BODIES)
def test_body_may_read_its_own_directives_and_nothing_else(body: str) -> None:
    assert [name for name, topic in TABLE.items() if body in topic.readers] == [directives(body)]


@pytest.mark.parametrize("source", SOURCES)
def test_source_may_read_nothing(source: str) -> None:
    assert [name for name, topic in TABLE.items() if source in topic.readers] == []


def test_every_principal_is_a_service_or_a_party() -> None:
    known = {*map(service_principal, SERVICES), *SOURCES, *BODIES, OPERATOR}
    for topic in TABLE.values():
        assert {*topic.writers, *topic.readers} <= known, topic.name


def test_the_operator_acts_upon_inboxes_alone_and_that_is_on_record() -> None:
    writes = {family(topic) for topic in TABLE.values() if OPERATOR in topic.writers}
    assert writes == {INBOXES, BODY_INBOXES, INTERVENTIONS}


def test_every_record_that_a_topic_names_has_a_schema() -> None:
    named = {record for topic in TABLE.values() for record in topic.records}
    assert named == set(TYPES)


@pytest.mark.parametrize("name", KEPT)
def test_topic_is_kept_as_the_design_says(name: str) -> None:
    topic = TABLE[name]
    found = (topic.key, topic.partitions, topic.compact, topic.retention_ms)
    assert found == KEPT[name]


def test_no_fixed_topic_is_missing_from_the_design() -> None:
    assert {topic.name for topic in FIXED} == set(KEPT)


def test_inbox_is_bounded_in_size_and_time_and_stamped_by_the_broker() -> None:
    settings = TABLE[inbox("court")].settings()
    assert settings["max.message.bytes"] == str(INBOX_MAX_BYTES) == "262144"
    assert settings["retention.ms"] == str(30 * DAY_MS)
    assert settings["message.timestamp.type"] == "LogAppendTime"
    assert TABLE[inbox("court")].partitions == 1


def test_log_of_record_is_kept_for_ever() -> None:
    settings = TABLE[EVENTS].settings()
    assert (settings["cleanup.policy"], settings["retention.ms"]) == ("delete", "-1")
    assert TABLE[ATTEMPTS].settings()["retention.ms"] == str(90 * DAY_MS)


def test_deletions_are_kept_for_a_week_wherever_they_mean_something() -> None:
    kept = {
        topic.name: topic.settings().get("delete.retention.ms")
        for topic in TABLE.values()
        if topic.compact or "delete.retention.ms" in topic.settings()
    }
    assert kept == {name: str(7 * DAY_MS) for name, topic in TABLE.items() if topic.compact}
    assert TOMBSTONES_MS == 7 * DAY_MS


def test_standings_and_acknowledgements_lie_side_by_side() -> None:
    # dispatch folds both into one ledger, so partition n of the one belongs to n of the other.
    found = {TABLE[name].partitions for name in READS["dispatch"]}
    assert len(found) == 1


def test_changelog_has_the_partitions_of_what_it_restores() -> None:
    assert TABLE["creditbus-listing-changelog"].partitions == TABLE[EVENTS].partitions


def test_names_are_told_apart() -> None:
    assert len(TABLE) == len(topics(SOURCES, BODIES))
    assert [party_of_inbox(inbox(party)) for party in SOURCES] == list(SOURCES)
