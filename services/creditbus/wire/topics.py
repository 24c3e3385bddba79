"""The table of topics: name, key, partitions, retention, who writes and who reads.

Declared once. The topics themselves, the broker's access rules and the pages of the docs come from
here. Why an inbox for each source: it is the security boundary (a principal writes only its own
inbox, so it cannot speak in another's name) and it isolates a poisoned or flooding source.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from creditbus.domain.acts.kinds import KINDS

INBOX_MAX_BYTES: Final = 256 * 1024
INBOX_BATCH_BYTES: Final = INBOX_MAX_BYTES // 2
"""How large a batch for an inbox may grow: the broker holds a whole batch to the topic's limit."""
HOUR_MS: Final = 60 * 60 * 1000
DAY_MS: Final = 24 * HOUR_MS
YEAR_MS: Final = 365 * DAY_MS
PARTITIONS: Final = 8
DEAD_LETTER_PARTITIONS: Final = 4
INBOX_PARTITIONS: Final = 64
"""How many an inbox, which begins with one, may be widened to."""
TOMBSTONES_MS: Final = 7 * DAY_MS
"""How long a compacted topic keeps a deletion; who was away for longer never sees it."""

SERVICES: Final = (
    "intake",
    "listing",
    "dispatch",
    "exposure",
    "delivery",
    "views",
    "clock",
    "gateway",
    "query",
    "feed",
    "console",
    "audit",
    "catalogue",
)
"""Every process that talks to the broker, in the order of the flow."""

BY_HAND: Final = ("audit", "catalogue")
"""Those that a person runs: they count what came of everything, and publish an edition."""

EVENTS: Final = "credit.events.v1"
STANDINGS: Final = "credit.standings.v1"
ACKNOWLEDGEMENTS: Final = "credit.acknowledgements.v1"
EXPOSURES: Final = "credit.exposures.v1"
REFUSALS: Final = "credit.refusals.v1"
DUPLICATES: Final = "credit.duplicates.v1"
TAKEN: Final = "credit.taken.v1"
DEAD_LETTERS: Final = "credit.dead-letters.v1"
BREACHES: Final = "credit.breaches.v1"
ALIASES: Final = "credit.aliases.v1"
ATTEMPTS: Final = "credit.attempts.v2"
OBLIGATIONS: Final = "credit.obligations.v1"
DIRECTIVES: Final = "credit.directives.v1"
LIFTS: Final = "credit.lifts.v1"
ACCESS: Final = "credit.access.v1"
INTERVENTIONS: Final = "credit.interventions.v1"

STATEMENTS: Final = tuple(kind.record for kind in KINDS.values())
"""The records that a source may put into its inbox."""

INBOX_PREFIX: Final = "credit.inbox."
DIRECTIVES_PREFIX: Final = "credit.directives."


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic; ``writers`` and ``readers`` are principals of the broker.

    ``retention_ms`` none keeps records for ever. ``compact`` keeps the last record of each key. One
    that ``may_wait`` is parked alone when it cannot be read, where any other stops its reader.
    """

    name: str
    key: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    records: tuple[str, ...]
    partitions: int = PARTITIONS
    compact: bool = False
    retention_ms: int | None = None
    max_bytes: int = 1024 * 1024
    log_append_time: bool = False
    is_changelog: bool = False
    may_wait: bool = False

    def settings(self) -> dict[str, str]:
        """Return the topic's settings as the broker names them."""
        settings = {
            "cleanup.policy": "compact" if self.compact else "delete",
            "retention.ms": str(-1 if self.retention_ms is None else self.retention_ms),
            "max.message.bytes": str(self.max_bytes),
        }
        if self.compact:
            settings["delete.retention.ms"] = str(TOMBSTONES_MS)
        if self.log_append_time:
            settings["message.timestamp.type"] = "LogAppendTime"
        return settings


def service_principal(service: str) -> str:
    """Return the broker principal of a service; a source's or body's principal is its own id."""
    return f"svc.{service}"


OPERATOR: Final = "operator"
"""The principal of a person at the command line, which is no service."""


def inbox(party: str) -> str:
    """Return the inbox topic of a source or an executing body."""
    return f"{INBOX_PREFIX}{party}.v1"


def party_of_inbox(topic: str) -> str:
    """Return the source or body whose inbox the topic is."""
    return topic.removeprefix(INBOX_PREFIX).removesuffix(".v1")


def directives(body: str) -> str:
    """Return the topic of the directives for one executing body."""
    return f"{DIRECTIVES_PREFIX}{body}.v1"


def changelog(application: str) -> str:
    """Return the changelog topic of an application's store."""
    return f"{application}-changelog"


def _services(*names: str) -> tuple[str, ...]:
    return tuple(service_principal(name) for name in names)


FIXED: Final[tuple[Topic, ...]] = (
    Topic(
        name=EVENTS,
        key="subject",
        writers=_services("intake", "clock", "catalogue"),
        readers=_services("listing", "clock", "views", "audit"),
        records=(*STATEMENTS, "day_turned", "edition_activated"),
    ),
    Topic(
        name=STANDINGS,
        key="subject",
        writers=_services("listing"),
        readers=_services("dispatch", "exposure", "views", "audit"),
        records=("standing",),
        compact=True,
    ),
    Topic(
        name=ACKNOWLEDGEMENTS,
        key="subject",
        writers=_services("intake"),
        readers=_services("delivery", "views", "audit"),
        records=("acknowledgement",),
        retention_ms=5 * YEAR_MS,
    ),
    Topic(
        name=EXPOSURES,
        key="entry",
        writers=_services("exposure"),
        readers=_services("views", "audit"),
        records=("exposure",),
        compact=True,
    ),
    Topic(
        name=REFUSALS,
        key="source",
        writers=_services("intake", "listing"),
        readers=_services("views", "audit"),
        records=("refusal",),
        partitions=4,
        retention_ms=YEAR_MS,
    ),
    Topic(
        name=DUPLICATES,
        key="source",
        writers=_services("listing"),
        readers=_services("views", "audit"),
        records=("duplicate",),
        partitions=4,
        retention_ms=YEAR_MS,
    ),
    Topic(
        name=TAKEN,
        key="source",
        writers=_services("listing"),
        readers=_services("views", "audit"),
        records=("taken",),
        partitions=4,
        retention_ms=YEAR_MS,
    ),
    Topic(
        name=DEAD_LETTERS,
        key="source",
        writers=_services("intake", "listing"),
        readers=(*_services("views", "console", "audit"), OPERATOR),
        records=("dead_letter",),
        partitions=DEAD_LETTER_PARTITIONS,
        retention_ms=YEAR_MS,
    ),
    Topic(
        name=BREACHES,
        key="subject",
        writers=_services("listing"),
        readers=_services("audit"),
        records=("deadline_missed",),
        retention_ms=5 * YEAR_MS,
    ),
    Topic(
        name=ALIASES,
        key="alias",
        writers=_services("listing"),
        readers=_services("intake", "audit"),
        records=("alias_claims", "subject_identity_conflict"),
        partitions=1,
        compact=True,
    ),
    Topic(
        name=DIRECTIVES,
        key="subject",
        writers=_services("dispatch"),
        readers=_services("delivery", "views", "audit"),
        records=("directive",),
        retention_ms=YEAR_MS,
    ),
    Topic(
        name=LIFTS,
        key="subject",
        writers=_services("dispatch"),
        readers=_services("delivery", "audit"),
        records=("directive",),
        retention_ms=HOUR_MS,
    ),
    Topic(
        name=ATTEMPTS,
        key="subject",
        writers=_services("delivery"),
        readers=_services("delivery", "audit"),
        records=("attempt",),
        retention_ms=90 * DAY_MS,
    ),
    Topic(
        name=OBLIGATIONS,
        key="obligation",
        writers=_services("delivery"),
        readers=_services("views", "audit"),
        records=("obligation",),
        compact=True,
    ),
    Topic(
        name=ACCESS,
        key="asker",
        writers=_services("query"),
        readers=_services("audit"),
        records=("access",),
        partitions=4,
        retention_ms=5 * YEAR_MS,
    ),
    Topic(
        name=INTERVENTIONS,
        key="subject, or whose it is",
        writers=(*_services("console"), OPERATOR),
        readers=_services("delivery", "views", "audit"),
        records=("intervention",),
        retention_ms=5 * YEAR_MS,
    ),
)


def topics(sources: Sequence[str], bodies: Sequence[str]) -> tuple[Topic, ...]:
    """Return every topic of a bus with these sources and executing bodies, changelogs included."""
    return (
        *(_inbox_topic(source, writers=(source, *_services("gateway"))) for source in sources),
        *(_inbox_topic(body, writers=(body, *_services("gateway", "delivery"))) for body in bodies),
        *(_directives_topic(body) for body in bodies),
        *FIXED,
        *(_changelog_topic(service) for service in ("listing", "dispatch", "delivery", "exposure")),
    )


def that_may_wait(names: Iterable[str]) -> frozenset[str]:
    """Return those of the topics that are parked alone when they cannot be read."""
    parties = [party_of_inbox(name) for name in names]
    return frozenset(topic.name for topic in topics(parties, ()) if topic.may_wait)


def records_of(service: str) -> frozenset[str]:
    """Return the records that a service reads or writes, by the table."""
    principal = OPERATOR if service == OPERATOR else service_principal(service)
    return frozenset(
        record
        for topic in topics(["any"], ["any"])
        if principal in (*topic.writers, *topic.readers)
        for record in topic.records
    )


def application(service: str) -> str:
    """Return a service's application id: its consumer group, and its changelog's prefix."""
    return f"creditbus-{service}"


def _inbox_topic(party: str, *, writers: tuple[str, ...]) -> Topic:
    return Topic(
        name=inbox(party),
        key="record id",
        # A person may put a dead letter back, in the party's own bytes and on record.
        writers=(*writers, *_services("console"), OPERATOR),
        readers=_services("intake", "console", "audit"),
        records=(*STATEMENTS, "acknowledgement"),
        partitions=1,
        retention_ms=30 * DAY_MS,
        max_bytes=INBOX_MAX_BYTES,
        log_append_time=True,
        may_wait=True,
    )


def _directives_topic(body: str) -> Topic:
    return Topic(
        name=directives(body),
        key="obligation",
        writers=_services("dispatch"),
        readers=(body, *_services("audit")),
        records=("directive",),
        partitions=1,
        compact=True,
    )


def _changelog_topic(service: str) -> Topic:
    return Topic(
        name=changelog(application(service)),
        key="table key",
        writers=_services(service),
        readers=_services(service),
        records=(),
        compact=True,
        is_changelog=True,
    )
