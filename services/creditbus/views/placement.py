"""Placement: which topics Redis is made from, and which write a record of them becomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from creditbus.domain.acts.events import SourceStatement
from creditbus.domain.acts.interventions import Intervention
from creditbus.domain.acts.refusals import DeadLetter, Duplicate, Refusal, Taken
from creditbus.domain.effects.exposures import Exposure
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import EntryId
from creditbus.runtime.kafka.clients import Record
from creditbus.runtime.redis.writes import FateOutcome, Writes
from creditbus.wire.answers import FateState
from creditbus.wire.records import Codec, Undecodable
from creditbus.wire.topics import (
    ACKNOWLEDGEMENTS,
    DEAD_LETTERS,
    DIRECTIVES,
    DUPLICATES,
    EVENTS,
    EXPOSURES,
    INTERVENTIONS,
    OBLIGATIONS,
    REFUSALS,
    STANDINGS,
    TAKEN,
)

FOLLOWED: Final = (
    EVENTS,
    STANDINGS,
    OBLIGATIONS,
    DIRECTIVES,
    ACKNOWLEDGEMENTS,
    EXPOSURES,
    REFUSALS,
    DUPLICATES,
    TAKEN,
    DEAD_LETTERS,
    INTERVENTIONS,
)
"""Of the log only who stated which record is kept, and it is read no further back than that is."""

COUNTED: Final = frozenset({DIRECTIVES, ACKNOWLEDGEMENTS})
"""Of these views only counts how many: what they come to is reckoned once, by delivery, and lies
among the obligations."""

Value = msgspec.Struct | None


def values(records: Sequence[Record], codec: Codec) -> list[Value]:
    """Return what each record says, None for one that is only counted or takes something back.

    Raises ``Undecodable`` for one that cannot be read: the bus itself has written them all.
    """
    read = [place for place, each in enumerate(records) if is_read(each)]
    found: list[Value] = [None] * len(records)
    values = codec.decode_many([records[place].value for place in read])
    for place, value in zip(read, values, strict=True):
        if isinstance(value, Undecodable):
            raise value
        found[place] = value
    return found


def is_read(record: Record) -> bool:
    """Return whether a record has content that views needs."""
    # Only exposures are taken back; elsewhere an empty value is a fault, and decoding says so.
    is_withdrawal = record.value is None and record.topic == EXPOSURES
    return record.topic not in COUNTED and not is_withdrawal


def put(writes: Writes, record: Record, value: Value) -> None:
    """Add what a record says to the writes of its partition."""
    if record.topic in COUNTED or isinstance(value, Taken):
        writes.pass_counted(record.offset)
    elif record.topic == EVENTS:
        writes.pass_counted(record.offset)
        if isinstance(value, SourceStatement):
            envelope, at = value.envelope, record.written_at
            writes.note_admitted(record.offset, record.origin, envelope, at, record.first_sent)
    elif value is None:
        writes.withdraw_exposure(record.offset, EntryId(record.key.decode()))
    else:
        _PUT[type(value)](writes, record.offset, value)
    outcome = outcome_of(value)
    if outcome is not None:
        at = record.written_at
        writes.note_outcome(record.offset, record.origin, outcome, at, record.first_sent)


def outcome_of(value: Value) -> FateOutcome | None:
    """Return what a fact says became of the record that it came of, None where it says nothing.

    A standing names no record: it is known by its origin.
    """
    match value:
        case Standing():
            return FateOutcome(state=FateState.APPLIED)
        case Taken(effect=effect):
            return _of(FateState.APPLIED, value, effect)
        case Duplicate():
            return _of(FateState.DUPLICATE, value)
        case Refusal():
            faults = msgspec.json.encode(value.every_fault).decode()
            return _of(FateState.REFUSED, value, faults)
        case DeadLetter(key=key, reason=reason, detail=detail):
            content = msgspec.json.encode([reason, detail]).decode()
            named = (key or b"").decode(errors="replace")
            return FateOutcome(state=FateState.DEAD, content=content, record_id=named)
        case _:
            return None


def _of(state: FateState, named: Taken | Duplicate | Refusal, content: str = "") -> FateOutcome:
    return FateOutcome(
        state=state,
        content=content,
        record_id=named.record_id,
        record_revision=named.record_revision,
        event_id=named.event_id,
        # Of what intake has turned away the log says nothing.
        sequence=_counted(named) if isinstance(named, Refusal) else 0,
    )


def _counted(refusal: Refusal) -> int:
    """Return the running number of what was refused; in the sandbox a source counts for itself."""
    return 0 if refusal.is_tried else refusal.sequence


_PUT: Final[dict[type, Callable[[Writes, int, Any], None]]] = {
    Standing: Writes.put_standing,
    Exposure: Writes.put_exposure,
    Obligation: Writes.put_obligation,
    Refusal: Writes.put_refusal,
    Duplicate: Writes.put_duplicate,
    DeadLetter: Writes.put_dead_letter,
    Intervention: Writes.put_intervention,
}
