"""Statements: what a source states becomes a record, or is told what is wrong with it and where.

A statement is checked as strictly as the bus does, before it is anywhere: an id that is a number, a
text where a list of texts belongs, an instant without a zone. A text for an enumeration will do.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import msgspec

from creditbus.domain.effects.directives import Statement
from creditbus.sdk.receipts import Outgoing, Unsendable
from creditbus.wire.headers import event_headers
from creditbus.wire.records import RECORD_OF, Codec
from creditbus.wire.topics import INBOX_MAX_BYTES

_FRAME_BYTES: Final = 128
"""What the broker adds to a record, and a batch to its first."""
_LONG: Final = 1 << 63
_PATH: Final = re.compile(r" - at `(?:key in )?\$(?P<path>.*)`$")
_ENCODER: Final = msgspec.msgpack.Encoder()
_UNWRITABLE: Final = (
    TypeError,
    AttributeError,
    KeyError,
    ValueError,
    OverflowError,
    RecursionError,
)
"""What encoders raise for a value that is no value of its field."""


def outgoing(codec: Codec, event: Statement) -> Outgoing:
    """Return the record of a statement; raises ``Unsendable`` with the field and what to do."""
    whole = checked(event)
    try:
        value = codec.encode(whole)
    except _UNWRITABLE as fault:
        raise _unsendable(event, fault) from fault
    envelope = whole.envelope
    headers = event_headers(RECORD_OF[type(whole)], envelope)
    made = Outgoing(envelope.event_id, envelope.record_id.encode(), value, headers)
    if len(value) + len(made.key) > INBOX_MAX_BYTES // 2:
        bound(made, _longest(whole))
    return made


def checked(event: Statement) -> Statement:
    """Return a statement with each value of its field's type; raises ``Unsendable``."""
    kind: Any = type(event)
    if kind not in RECORD_OF:
        raise Unsendable("", f"{kind.__name__} is no statement: give an event, or an answer")
    try:
        whole: Statement = _decoder(kind).decode(_ENCODER.encode(event))
    except _UNWRITABLE as fault:
        raise _unsendable(event, fault) from fault
    return whole


def bound(made: Outgoing, field: str = "") -> None:
    """Raise ``Unsendable`` for what no inbox takes; ``field`` is the one to shorten."""
    size = made.size() + _FRAME_BYTES
    if size > INBOX_MAX_BYTES:
        raise Unsendable(
            field, f"the record has {size:,} bytes, over 256 KiB: keep documents elsewhere"
        )


@lru_cache(maxsize=128)
def _decoder(kind: Any) -> Any:
    return msgspec.msgpack.Decoder(kind)


def _unsendable(event: msgspec.Struct, fault: Exception) -> Unsendable:
    told = str(fault)
    found = _PATH.search(told) if isinstance(fault, msgspec.ValidationError) else None
    if found is not None:
        pointer = found["path"].replace("[", "/").replace("]", "").replace(".", "/")
        sentence = told[: found.start()].replace("`ext`", "an instant")
        # msgspec says so of a date, and of an instant given as one.
        day = "it is no date: give datetime.date, or text such as 2026-05-11"
        return Unsendable(pointer, sentence.replace("Invalid RFC3339 encoded date", day))
    pointer, value = _culprit(event)
    if isinstance(fault, UnicodeEncodeError):
        return Unsendable(pointer, f"{value!r} cannot be written as UTF-8: mend the text")
    if isinstance(value, datetime):
        return Unsendable(pointer, f"{value} has no time zone: say tzinfo=UTC, or which it is")
    return Unsendable(pointer, f"{value!r} is no value for it: {told}")


def _culprit(struct: msgspec.Struct, path: str = "") -> tuple[str, object]:
    """Return the pointer and the value of the first field that cannot be written."""
    for name in struct.__struct_fields__:
        value = getattr(struct, name)
        if isinstance(value, msgspec.Struct):
            inner = _culprit(value, f"{path}/{name}")
            if inner[0]:
                return inner
        elif not _is_writable(value):
            return f"{path}/{name}", value
    return "", struct


def _is_writable(value: object) -> bool:
    if isinstance(value, datetime) and value.tzinfo is None:
        return False
    if isinstance(value, int) and not -_LONG <= value < _LONG:
        return False
    try:
        _ENCODER.encode(value)
    except _UNWRITABLE:
        return False
    return True


def _longest(struct: msgspec.Struct, path: str = "") -> str:
    """Return the pointer to the field that takes the most room."""
    sizes = {name: len(_ENCODER.encode(getattr(struct, name))) for name in struct.__struct_fields__}
    name = max(sizes, key=lambda each: sizes[each])
    value = getattr(struct, name)
    inside = isinstance(value, msgspec.Struct)
    return _longest(value, f"{path}/{name}") if inside else f"{path}/{name}"
