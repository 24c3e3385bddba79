"""Placement: which topics Redis is made from, and which write a record of them becomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from creditbus.domain.acts.refusals import DeadLetter, Duplicate, Refusal
from creditbus.domain.effects.directives import Acknowledgement, Directive
from creditbus.domain.effects.exposures import Exposure
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import EntryId
from creditbus.runtime.kafka.clients import Record
from creditbus.runtime.redis.writes import Writes
from creditbus.wire.records import Codec
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
"""Of directives and acknowledgements views only counts how many: what they come to is reckoned
once, by delivery, and lies among the obligations."""


def put(writes: Writes, record: Record, codec: Codec) -> None:
    """Add what a record says to the writes of its partition."""
    if record.value is None:
        # Only exposures are taken back; elsewhere an empty value is a fault, and decoding says so.
        assert record.topic == EXPOSURES, f"empty value in {record.topic} at {record.offset}"
        writes.withdraw_exposure(record.offset, EntryId(record.key.decode()))
        return
    value = codec.decode(record.value)
    if isinstance(value, Directive | Acknowledgement):
        writes.pass_counted(record.offset)
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
