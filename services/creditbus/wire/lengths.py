"""Lengths: how many bytes Avro's shortest form of many records takes, from their Arrow arrays.

pyruhvro does not say how many bytes it used. No form of the same values is shorter than the
shortest, so if a slice is exactly as long, every record of it used all of its bytes. If it is
longer, some record has bytes left over, or numbers written at more length than they need.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from creditbus.wire.avro import AvroTypes, SchemaUnsupported, kind_of_avro

Length = Callable[[pa.Array], int]
"""Returns the bytes that the values of an array take together."""


def record_length(types: AvroTypes) -> Length:
    """Return how long records of this schema are; raises ``SchemaUnsupported``."""
    return _length(types.whole, types)


def _length(schema: Any, types: AvroTypes) -> Length:
    schema = types.resolved(schema)
    inner = types.optional(schema)
    if inner is not None:
        return _optional(_length(inner, types))
    if isinstance(schema, list):
        raise SchemaUnsupported(f"the union {schema}")
    kind = kind_of_avro(schema)
    if kind == "record":
        return _record({each["name"]: each["type"] for each in schema["fields"]}, types)
    if kind == "array":
        return _array(_length(schema["items"], types))
    if kind == "enum" and len(schema["symbols"]) <= 64:
        return len
    if kind not in _PLAIN:
        raise SchemaUnsupported(kind)
    return _PLAIN[kind]


def _record(fields: dict[str, Any], types: AvroTypes) -> Length:
    lengths = [(name, _length(schema, types)) for name, schema in fields.items()]
    return lambda array: sum(of(array.field(name)) for name, of in lengths)


def _optional(length: Length) -> Length:
    def with_gaps(array: pa.Array) -> int:
        if array.null_count == len(array):
            return len(array)
        present = array.drop_null() if array.null_count else array
        return len(array) + length(present)

    return with_gaps


def _array(length: Length) -> Length:
    def of_items(array: pa.ListArray) -> int:
        counts = pc.list_value_length(array)
        filled = counts.filter(pc.greater(counts, 0))
        # Its items in one block with their number before them, and a zero behind them all.
        return len(array) + _numbers(filled) + length(array.flatten())

    return of_items


def _text(array: pa.Array) -> int:
    lengths = pc.binary_length(array)
    return _numbers(lengths) + (pc.sum(lengths).as_py() or 0)


def _numbers(array: pa.Array) -> int:
    """Return how long these numbers are: seven bits to a byte, with the sign as the last bit."""
    if not len(array):
        return 0
    ends = pc.min_max(array)
    low, high = ends["min"].as_py(), ends["max"].as_py()
    length = len(array)
    for bits in range(6, array.type.bit_width - 1, 7):
        limit = 1 << bits
        if -limit <= low and high < limit:
            break
        if low >= limit or high < -limit:
            length += len(array)
        else:
            larger = pc.or_(pc.greater_equal(array, limit), pc.less(array, -limit))
            length += pc.sum(larger).as_py()
    return length


_PLAIN: Final[dict[str, Length]] = {
    "string": _text,
    "boolean": len,
    "int": _numbers,
    "long": _numbers,
    "date": lambda array: _numbers(array.view(pa.int32())),
    "timestamp-micros": lambda array: _numbers(array.view(pa.int64())),
}
