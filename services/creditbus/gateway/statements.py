"""Statements: from a day's records and what their source announced to what it is told, signed.

The broker says which offsets of the inbox are of the day, Redis what became of each: so every
record that came in is told once, one that nobody has heard of yet as waiting. What never came is
found in three ways, by what the source says of itself: the ids that it announced, its running
numbers, or the plain count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

import msgspec

from creditbus.domain.calendar import end_of_day
from creditbus.domain.ids import SourceId
from creditbus.runtime.redis.fates import ArrivalFate
from creditbus.runtime.redis.numbers import Numbers
from creditbus.runtime.redis.served import split_place
from creditbus.wire.answers import FateState
from creditbus.wire.statements import (
    ControlTotals,
    DayStatement,
    MissingRecords,
    Run,
    StatedRecord,
    StatementSums,
    digest_of,
    id_of,
)

_PARTS = {
    FateState.APPLIED: "accepted",
    FateState.DUPLICATE: "duplicate",
    FateState.REFUSED: "refused",
    FateState.DEAD: "dead",
}


def statement_of(
    source: SourceId,
    totals: ControlTotals,
    arrivals: Sequence[ArrivalFate],
    places: Collection[int],
    numbers: Numbers,
    made_at: datetime,
) -> DayStatement:
    """Return what a source is told of a day; ``places`` are all of its inbox that are of it.

    Totals that announce nothing but the day are told as none.
    """
    parts = _parts(arrivals, places)
    # What a person put in once more was sent on another day, unless that is this one.
    of_day = frozenset(places)
    sent = [each for each in arrivals if each.redriven is None or each.redriven in of_day]
    ids, unread = _ids(sent), _unread(sent)
    sequences = [each.sequence for each in sent if each.sequence]
    missing = MissingRecords(
        ids=tuple(sorted(set(totals.ids) - _ids(arrivals) - _named(totals, unread))),
        sequences=tuple(_missing(sequences, numbers, totals)),
        count=max(0, (totals.count or 0) - len(ids) - len(unread)),
    )
    announces = totals != ControlTotals(day=totals.day)
    statement = DayStatement(
        source=source,
        day=totals.day,
        made_at=made_at,
        is_final=made_at >= end_of_day(totals.day) and not parts["waiting"],
        sums=StatementSums(
            received=len(places), **{part: len(told) for part, told in parts.items()}
        ),
        distinct=len(ids),
        digest=digest_of(ids),
        missing=missing,
        unannounced=tuple(sorted(ids - set(totals.ids))) if totals.ids else (),
        backward_steps=_backward(arrivals),
        announced=_without_ids(totals) if announces else None,
        agrees=_agrees(totals, missing, ids) if announces else None,
        accepted=tuple(parts["accepted"]),
        duplicate=tuple(parts["duplicate"]),
        refused=tuple(parts["refused"]),
        dead=tuple(parts["dead"]),
        waiting=tuple(parts["waiting"]),
    )
    assert statement.adds_up, "every record of the day is in one part"
    return statement


def _parts(
    arrivals: Sequence[ArrivalFate], places: Iterable[int]
) -> Mapping[str, list[StatedRecord]]:
    """Return what became of each place: each in one part."""
    parts: dict[str, list[StatedRecord]] = {part: [] for part in (*_PARTS.values(), "waiting")}
    known = {each.place: each for each in arrivals}
    for place in places:
        arrival = known.get(place)
        if arrival is None:
            partition, offset = split_place(place)
            parts["waiting"].append(StatedRecord(offset=offset, partition=partition))
        elif arrival.state is FateState.WAITING:
            # An act that waits for its entry is decided: it counts once somebody has listed it.
            part = "accepted" if arrival.is_decided else "waiting"
            parts[part].append(_stated(arrival))
        else:
            parts[_PARTS[arrival.state]].append(_stated(arrival))
    return parts


def _stated(arrival: ArrivalFate) -> StatedRecord:
    reasons = tuple(str(each.reason) for each in arrival.reasons) or (arrival.cause,)
    revision = arrival.record_revision
    return StatedRecord(
        offset=arrival.offset,
        partition=arrival.partition,
        id=id_of(arrival.record_id, revision) if revision else arrival.record_id,
        event_id=arrival.event_id,
        sequence=arrival.sequence,
        reasons=tuple(filter(None, reasons)),
        redriven=None if arrival.redriven is None else split_place(arrival.redriven)[1],
        again=None if arrival.again is None else split_place(arrival.again)[1],
        ended=arrival.ended or "",
    )


def _missing(sequences: Sequence[int], numbers: Numbers, totals: ControlTotals) -> Iterator[Run]:
    """Return the numbers that never came, from the first of the day to the last."""
    first, last = totals.first_sequence, max(sequences, default=0)
    last = max(last, totals.last_sequence or 0)
    if first is None:
        lowest = min(sequences, default=last)
        before = numbers.before(lowest)
        # A number between the day before and this one is of one of the two: both are told.
        first = lowest if before is None else before + 1
    return numbers.gaps(first, last) if last else iter(())


def _ids(arrivals: Iterable[ArrivalFate]) -> set[str]:
    return {
        id_of(each.record_id, each.record_revision) for each in arrivals if each.record_revision
    }


def _unread(sent: Sequence[ArrivalFate]) -> list[str]:
    """Return the keys of what has come, and nobody can tell under which id: it was not read.

    What was read once it was put in anew is none of it.
    """
    read = {each.redriven for each in sent if each.state is not FateState.DEAD}
    dead = (each for each in sent if each.state is FateState.DEAD and each.redriven is None)
    return [each.record_id for each in dead if each.place not in read]


def _named(totals: ControlTotals, keys: Sequence[str]) -> set[str]:
    """Return the announced ids whose record is among these keys."""
    known = set(keys)
    return {each for each in totals.ids if _record(each) in known}


def _without_ids(totals: ControlTotals) -> ControlTotals:
    """Return the totals as a statement repeats them: all their ids by count and digest."""
    if not totals.ids:
        return totals
    count = len(set(totals.ids)) if totals.count is None else totals.count
    digest = totals.digest or digest_of(totals.ids)
    return msgspec.structs.replace(totals, count=count, digest=digest, ids=())


def _agrees(totals: ControlTotals, missing: MissingRecords, ids: set[str]) -> bool:
    return (
        missing == MissingRecords()
        and totals.count in {None, len(ids)}
        and totals.digest in {"", digest_of(ids)}
        and (not totals.ids or not ids.difference(totals.ids))
    )


def _backward(arrivals: Sequence[ArrivalFate]) -> int:
    """Return how often a record has a lower number than the one just before it in the inbox."""
    numbered = {
        each.place: each.sequence for each in arrivals if each.sequence and each.redriven is None
    }
    return sum(1 for place, number in numbered.items() if numbered.get(place - 1, 0) > number)


def _record(named: str) -> str:
    return named.rpartition("@")[0]


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return the instants at which a civil day begins and is over."""
    return end_of_day(date.fromordinal(day.toordinal() - 1)), end_of_day(day)
