"""Writers: a value of the domain becomes Avro, by an expression compiled from its schema once.

fastavro wants a dictionary of each value first, and then looks at every field's type again for
every record. Here the schema is looked at once. The bytes are the same; a test holds them equal for
every record. What the schemas of the bus do not use yet is ``SchemaUnsupported``, and fastavro's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from creditbus.wire.avro import AvroTypes, SchemaUnsupported, kind_of_avro

Write = Callable[[Any], bytes]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_MICROSECOND: Final = timedelta(microseconds=1)
_LONG: Final = 1 << 63
_KEPT: Final = 32_768
_KEPT_BYTES: Final = 256


class _Numbers(dict[int, bytes]):
    """The bytes of each number: lengths, days and small counters, which repeat."""

    def __missing__(self, number: int) -> bytes:
        if not -_LONG <= number < _LONG:
            raise OverflowError(f"{number} does not fit into 64 bits")
        rest = number << 1 if number >= 0 else ~(number << 1)
        encoded = bytearray()
        while rest > 0x7F:
            encoded.append(rest & 0x7F | 0x80)
            rest >>= 7
        encoded.append(rest)
        return _kept(self, number, bytes(encoded))


class _Days(dict[date, bytes]):
    """The bytes of each day."""

    def __missing__(self, day: date) -> bytes:
        return _kept(self, day, _NUMBERS[day.toordinal() - _EPOCH_DAY])


class _Instants(dict[datetime, bytes]):
    """The bytes of each instant: ends of terms repeat; what does not is only written once."""

    def __missing__(self, instant: datetime) -> bytes:
        return _kept(self, instant, _NUMBERS[(instant - _EPOCH) // _MICROSECOND])


class _Texts(dict[tuple[str, ...], bytes]):
    """The bytes of each array of texts: most are ids of the catalogue."""

    def __missing__(self, texts: tuple[str, ...]) -> bytes:
        raw = [text.encode() for text in texts]
        items = b"".join([part for each in raw for part in (_NUMBERS[len(each)], each)])
        return _kept(self, texts, _NUMBERS[len(texts)] + items + _END if texts else _END)


def _kept(known: dict[Any, bytes], value: object, encoded: bytes) -> bytes:
    """Keep the bytes of a value for the next time, if they are few."""
    if len(known) >= _KEPT:
        known.clear()
    if len(encoded) <= _KEPT_BYTES:
        known[value] = encoded
    return encoded


_NUMBERS: Final = _Numbers()
_DAYS: Final = _Days()
_INSTANTS: Final = _Instants()
_TEXTS: Final = _Texts()
_PLAIN: Final = {
    "string": "numbers[len(b := {}.encode())] + b",
    "long": "numbers[{}]",
    "int": "numbers[{}]",
    "boolean": "truth[{}]",
    "date": "days[{}]",
    "timestamp-micros": "instants[{}]",
}
"""The expression for the bytes of a value, in place of the braces."""

_PRESENT: Final = _NUMBERS[1]
_END: Final = _NUMBERS[0]


def writer_of(types: AvroTypes) -> Write:
    """Return what writes values of this schema's record; raises ``SchemaUnsupported``."""
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
            "days": _DAYS,
            "instants": _INSTANTS,
            "texts": _TEXTS,
        }

    def within(self, schema: Any, value: str) -> str:
        """Return expressions, with commas, for the bytes of a record's field."""
        if kind_of_avro(self.types.resolved(schema)) == "string":
            return f"numbers[len(b := {value}.encode())], b"
        return self.of(schema, value)

    def of(self, schema: Any, value: str) -> str:
        """Return an expression for the bytes of an expression's value."""
        schema = self.types.resolved(schema)
        inner = self.types.optional(schema)
        if inner is not None:
            return f"(absent if (x := {value}) is None else present + {self.of(inner, 'x')})"
        if isinstance(schema, list):
            raise SchemaUnsupported(f"the union {schema}")
        kind = kind_of_avro(schema)
        if kind == "enum":
            words = {word: _NUMBERS[place] for place, word in enumerate(schema["symbols"])}
            return f"{self._named(words)}[{value}._value_]"
        if kind == "array" and self.types.resolved(schema["items"]) == "string":
            return f"texts[{value}]"
        if kind in _NESTED:
            return f"{self._named(_NESTED[kind](schema, self.types))}({value})"
        if kind not in _PLAIN:
            raise SchemaUnsupported(kind)
        return _PLAIN[kind].format(value)

    def _named(self, thing: object) -> str:
        name = f"of{len(self.names)}"
        self.names[name] = thing
        return name


def _record(schema: Any, types: AvroTypes) -> Write:
    parts = _Parts(types)
    fields = [parts.within(field["type"], f"value.{field['name']}") for field in schema["fields"]]
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
