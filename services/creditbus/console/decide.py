"""The board: what an operations engineer sees at a glance, from counts and the catalogue alone.

What needs a person comes first: lifts that are still owed before applications, the oldest before
the newest, the source with most refusals and dead letters before the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

import msgspec

from creditbus.domain.acts.refusals import Reason
from creditbus.domain.entries.entry import Stage
from creditbus.domain.ids import BodyId, ListId, SourceId
from creditbus.domain.law.catalogue import Catalogue, Polarity, Row

OVERDUE_LIFT_S: Final = 60.0
"""From when on a lift that is owed is overdue: its lane never waits longer between two tries."""

Stream = Literal[
    "received", "standings", "directives", "acknowledgements", "exposures", "duplicates"
]
STREAMS: Final[tuple[Stream, ...]] = (
    "received",
    "standings",
    "directives",
    "acknowledgements",
    "exposures",
    "duplicates",
)


class Name(msgspec.Struct, frozen=True):
    """A row's name in both languages, and the id that agencies use."""

    id: str
    zh: str
    en: str


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """One stream of records: how many so far, and how many a second lately."""

    stream: Stream
    count: int
    per_second: float = 0.0


class ListLine(msgspec.Struct, frozen=True, kw_only=True):
    """One list and its entries by stage."""

    name: Name
    polarity: Polarity
    active: int
    waiting: int
    suspended: int
    removed: int


class SourceLine(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one source's records."""

    name: Name
    received: int
    duplicate: int
    refused: int
    dead: int


class BodyLine(msgspec.Struct, frozen=True, kw_only=True):
    """What one executing body owes; ``lift_age_s`` is the age of its oldest lift, if any.

    ``said`` is what the body said last where that settled nothing.
    """

    name: Name
    lifts: int
    applies: int
    lift_age_s: float | None
    said: str = ""

    @property
    def is_overdue(self) -> bool:
        """Return whether a release from a measure is overdue."""
        return self.lift_age_s is not None and self.lift_age_s >= OVERDUE_LIFT_S


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the page shows of one instant, and as of when the views know it."""

    at: datetime
    as_of: datetime | None = None
    is_current: bool = True
    subjects: int
    exposures: int
    dead: int
    flows: tuple[Flow, ...]
    lists: tuple[ListLine, ...]
    sources: tuple[SourceLine, ...]
    reasons: tuple[tuple[Reason, int], ...]
    bodies: tuple[BodyLine, ...]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What the views know at one instant, as the board needs it."""

    at: datetime
    as_of: datetime | None = None
    is_current: bool = True
    subjects: int
    exposures: int
    streams: Mapping[Stream, int]
    entries: Mapping[ListId, Mapping[Stage, int]]
    sources: Mapping[SourceId, tuple[int, int, int, int]]
    reasons: Mapping[Reason, int]
    owed: Mapping[BodyId, tuple[int, int, datetime | None]]
    said: Mapping[BodyId, str] = {}


def board_of(counts: Counts, before: Counts | None, catalogue: Catalogue) -> Board:
    """Return the board for these counts; rates are taken against earlier ones."""
    sources = _sources(counts.sources, catalogue)
    reasons = sorted(counts.reasons.items(), key=lambda row: (-row[1], row[0]))
    return Board(
        at=counts.at,
        as_of=counts.as_of,
        is_current=counts.is_current,
        subjects=counts.subjects,
        exposures=counts.exposures,
        dead=sum(line.dead for line in sources),
        flows=tuple(_flow(stream, counts, before) for stream in STREAMS),
        lists=_lists(counts.entries, catalogue),
        sources=sources,
        reasons=tuple((reason, count) for reason, count in reasons if count),
        bodies=_bodies(counts, catalogue),
    )


def _flow(stream: Stream, counts: Counts, before: Counts | None) -> Flow:
    count = counts.streams.get(stream, 0)
    if before is None or counts.at <= before.at:
        return Flow(stream=stream, count=count)
    seconds = (counts.at - before.at).total_seconds()
    # After a rebuild the counts begin anew; that is no flow backwards.
    more = max(0, count - before.streams.get(stream, 0))
    return Flow(stream=stream, count=count, per_second=more / seconds)


def _lists(
    entries: Mapping[ListId, Mapping[Stage, int]], catalogue: Catalogue
) -> tuple[ListLine, ...]:
    lines = []
    for definition in catalogue.lists.values():
        held = entries.get(ListId(definition.id), {})
        line = ListLine(
            name=name_of(definition.id, definition),
            polarity=definition.polarity,
            active=held.get(Stage.ACTIVE, 0),
            waiting=held.get(Stage.NOTICED, 0) + held.get(Stage.GRACE, 0),
            suspended=held.get(Stage.SUSPENDED, 0),
            removed=sum(held.get(stage, 0) for stage in (Stage.REMOVED, Stage.CLOSED)),
        )
        lines.append(line)
    return tuple(sorted(lines, key=lambda line: (-line.active, line.name.id)))


def _sources(
    sources: Mapping[SourceId, tuple[int, int, int, int]], catalogue: Catalogue
) -> tuple[SourceLine, ...]:
    lines = [
        SourceLine(
            name=name_of(source, catalogue.sources.get(source) or _body(source, catalogue)),
            received=received,
            duplicate=duplicate,
            refused=refused,
            dead=dead,
        )
        for source, (received, duplicate, refused, dead) in sources.items()
    ]
    return tuple(sorted(lines, key=lambda line: (-line.dead, -line.refused, -line.received)))


def _bodies(counts: Counts, catalogue: Catalogue) -> tuple[BodyLine, ...]:
    lines = []
    for body in sorted({*counts.owed, *catalogue.bodies}):
        lifts, applies, oldest = counts.owed.get(body, (0, 0, None))
        age = max(0.0, (counts.at - oldest).total_seconds()) if oldest and lifts else None
        said = counts.said.get(body, "") if lifts or applies else ""
        name = name_of(body, catalogue.bodies.get(body))
        lines.append(BodyLine(name=name, lifts=lifts, applies=applies, lift_age_s=age, said=said))
    return tuple(sorted(lines, key=lambda line: (-(line.lift_age_s or -1.0), -line.applies)))


def _body(source: SourceId, catalogue: Catalogue) -> Row | None:
    return catalogue.bodies.get(BodyId(source))


def name_of(row_id: str, row: Row | None) -> Name:
    """Return the names of a row; of one that the catalogue does not hold, its id alone."""
    return Name(row_id, row.name_zh, row.name_en) if row is not None else Name(row_id, "", "")
