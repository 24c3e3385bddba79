"""Writing: a value of the domain becomes Avro, by an expression compiled from its schema once.

fastavro wants a dictionary of each value first, and then looks at every field's type again for
every record. Here the schema is looked at once. The bytes are the same; a test holds them equal for
every record. What the schemas of the bus do not use yet is ``Unsupported``, and fastavro's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from creditbus.wire.avro import AvroTypes, Unsupported, kind_of_avro

Write = Callable[[Any], bytes]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_MICROSECOND: Final = timedelta(microseconds=1)
_KEPT_NUMBERS: Final = 65_536


class _Numbers(dict[int, bytes]):
    """The bytes of each number: lengths, days and small counters, which repeat."""

    def __missing__(self, number: int) -> bytes:
        rest = number << 1 if number >= 0 else ~(number << 1)
        encoded = bytearray()
        while rest > 0x7F:
            encoded.append(rest & 0x7F | 0x80)
            rest >>= 7
        encoded.append(rest)
        if len(self) < _KEPT_NUMBERS:
            self[number] = bytes(encoded)
        return bytes(encoded)


_NUMBERS: Final = _Numbers()
_PLAIN: Final = {
    "string": "numbers[len(b := {}.encode())] + b",
    "long": "numbers[{}]",
    "int": "numbers[{}]",
    "boolean": "truth[{}]",
    "date": "numbers[{}.toordinal() - epoch_day]",
    "timestamp-micros": "numbers[micros({})]",
}
"""The expression for the bytes of a value, in place of the braces."""

_PRESENT: Final = _NUMBERS[1]
_END: Final = _NUMBERS[0]


def writer_of(types: AvroTypes) -> Write:
    """Return what writes values of this schema's record; raises ``Unsupported``."""
    return _record(types.whole, types)


class _Parts:
    """The expressions of one record, and the objects that they name."""

    def __init__(self, types: AvroTypes) -> None:
        self.types = types
        self.names: dict[str, Any] = {
            "join": b"".join,
            "numbers": _NUMBERS,
            "present": _PRESENT,
            "absent": _END,
            "truth": (b"\x00", b"\x01"),
            "epoch_day": _EPOCH_DAY,
            "micros": _micros,
        }

    def of(self, schema: Any, value: str) -> str:
        """Return an expression for the bytes of an expression's value."""
        schema = self.types.resolved(schema)
        inner = self.types.optional(schema)
        if inner is not None:
            return f"(absent if (x := {value}) is None else present + {self.of(inner, 'x')})"
        if isinstance(schema, list):
            raise Unsupported(f"the union {schema}")
        kind = kind_of_avro(schema)
        if kind == "enum":
            words = {word: _NUMBERS[place] for place, word in enumerate(schema["symbols"])}
            return f"{self._named(words)}[{value}._value_]"
        if kind in _NESTED:
            return f"{self._named(_NESTED[kind](schema, self.types))}({value})"
        if kind not in _PLAIN:
            raise Unsupported(kind)
        return _PLAIN[kind].format(value)

    def _named(self, thing: object) -> str:
        name = f"of{len(self.names)}"
        self.names[name] = thing
        return name


def _record(schema: Any, types: AvroTypes) -> Write:
    parts = _Parts(types)
    fields = [parts.of(field["type"], f"value.{field['name']}") for field in schema["fields"]]
    return _compiled(f"join(({', '.join(fields)},))", parts)


def _array(schema: Any, types: AvroTypes) -> Write:
    parts = _Parts(types)
    item = parts.of(schema["items"], "each")
    items = f"join([{item} for each in value])"
    return _compiled(f"numbers[len(value)] + {items} + absent if value else absent", parts)


_NESTED: Final = {"record": _record, "array": _array}


def _compiled(expression: str, parts: _Parts) -> Write:
    write: Write = eval(f"lambda value: {expression}", parts.names)  # noqa: S307 - schema names are words
    return write


def _micros(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND
