"""Placement: which topics Redis is made from, and which write a record of them becomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from creditbus.domain.acts.refusals import DeadLetter, Duplicate, Refusal
from creditbus.domain.effects.exposures import Exposure
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import EntryId
from creditbus.runtime.kafka.clients import Record
from creditbus.runtime.redis.writes import Writes
from creditbus.wire.records import Codec, Undecodable
from creditbus.wire.topics import (
    ACKNOWLEDGEMENTS,
    DEAD_LETTERS,
    DIRECTIVES,
    DUPLICATES,
    EXPOSURES,
    OBLIGATIONS,
    REFUSALS,
    STANDINGS,
)

FOLLOWED: Final = (
    STANDINGS,
    OBLIGATIONS,
    DIRECTIVES,
    ACKNOWLEDGEMENTS,
    EXPOSURES,
    REFUSALS,
    DUPLICATES,
    DEAD_LETTERS,
)
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
    if record.topic in COUNTED:
        writes.pass_counted(record.offset)
    elif value is None:
        writes.withdraw_exposure(record.offset, EntryId(record.key.decode()))
    else:
        _PUT[type(value)](writes, record.offset, value)


_PUT: Final[dict[type, Callable[[Writes, int, Any], None]]] = {
    Standing: Writes.put_standing,
    Exposure: Writes.put_exposure,
    Obligation: Writes.put_obligation,
    Refusal: Writes.put_refusal,
    Duplicate: Writes.put_duplicate,
    DeadLetter: Writes.put_dead_letter,
}
