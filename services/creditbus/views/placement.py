"""Placement: which topics Redis is made from, and which write a record of them becomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from creditbus.domain.acts.refusals import DeadLetter, Duplicate, Refusal
from creditbus.domain.effects.directives import Acknowledgement, Attempt, Directive
from creditbus.domain.effects.exposures import Exposure
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import EntryId
from creditbus.runtime.kafka.clients import Record
from creditbus.runtime.redis.writes import Writes
from creditbus.wire.records import Codec
from creditbus.wire.topics import (
    ACKNOWLEDGEMENTS,
    ATTEMPTS,
    DEAD_LETTERS,
    DUPLICATES,
    EXPOSURES,
    REFUSALS,
    STANDINGS,
)

FOLLOWED: Final = (
    STANDINGS,
    ACKNOWLEDGEMENTS,
    ATTEMPTS,
    EXPOSURES,
    REFUSALS,
    DUPLICATES,
    DEAD_LETTERS,
)
"""Beside these, the directives of every executing body."""


def put(writes: Writes, record: Record, codec: Codec) -> None:
    """Add what a record says to the writes of its partition."""
    if record.value is None:
        # Only exposures are taken back; elsewhere an empty value is a fault, and decoding says so.
        assert record.topic == EXPOSURES, f"empty value in {record.topic} at {record.offset}"
        writes.withdraw_exposure(record.offset, EntryId(record.key.decode()))
        return
    value = codec.decode(record.value)
    if isinstance(value, Directive):
        writes.put_directive(record.offset, value, record.written_at)
    else:
        _PUT[type(value)](writes, record.offset, value)


_PUT: Final[dict[type, Callable[[Writes, int, Any], None]]] = {
    Standing: Writes.put_standing,
    Exposure: Writes.put_exposure,
    Acknowledgement: Writes.put_acknowledgement,
    Attempt: Writes.put_attempt,
    Refusal: Writes.put_refusal,
    Duplicate: Writes.put_duplicate,
    DeadLetter: Writes.put_dead_letter,
}
