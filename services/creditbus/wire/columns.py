"""Columns: how the Arrow arrays of many decoded records become values of the domain.

Compiled once for each schema, so that a slice costs a few calls a field and not a few a record.
What is not known to come out as the twin (``Codec.decode``) reads it is ``SchemaUnsupported``,
and left to the twin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from itertools import pairwise
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin

import msgspec
import pyarrow as pa

from creditbus.wire.avro import AvroTypes, SchemaUnsupported, kind_of_avro

Values = Callable[[pa.Array], list[Any]]
"""Turns an array into as many values of one type of the domain."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = _EPOCH.toordinal()
_MICROS: Final = 1_000_000
_KEPT_DAYS: Final = 100_000


def record_values(kind: type[msgspec.Struct], writer: AvroTypes, reader: AvroTypes) -> Values:
    """Return how records of the writer's schema are read as the reader's, into this type."""
    return _record(kind, (writer.whole, writer), (reader.whole, reader))


_Typed = tuple[Any, AvroTypes]


def _record(kind: Any, writer: _Typed, reader: _Typed) -> Values:
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        raise SchemaUnsupported(f"a record for {kind}")
    written = {field["name"]: field for field in writer[0]["fields"]}
    columns: list[tuple[str, Values]] = []
    types = {field.name: field for field in msgspec.structs.fields(kind)}
    for field in reader[0]["fields"]:
        name = field["name"]
        if "aliases" in field or name not in types:
            raise SchemaUnsupported(f"the field {name}")
        if name in written:
            place = ((written[name]["type"], writer[1]), (field["type"], reader[1]))
            columns.append((name, _values(types[name].type, *place)))
        elif "default" not in field or not _is_default(types[name], field["default"]):
            raise SchemaUnsupported(f"no default for {name}")
    if not columns:
        raise SchemaUnsupported("a record without fields")
    make = constructor(kind, [name for name, _ in columns])

    def values(array: pa.StructArray) -> list[Any]:
        return list(map(make, *(of(array.field(name)) for name, of in columns)))

    return values


def _is_default(field: msgspec.structs.FieldInfo, stated: Any) -> bool:
    """Return whether the schema's default is the type's own, so that it may be left out."""
    try:
        return bool(msgspec.convert(stated, field.type) == field.default)
    except msgspec.ValidationError:
        return False


def _values(kind: Any, writer: _Typed, reader: _Typed) -> Values:
    written, asked = writer[1].resolved(writer[0]), reader[1].resolved(reader[0])
    inner = writer[1].optional(written)
    if inner is not None:
        asked_inner, present = reader[1].optional(asked), _present(kind)
        if asked_inner is None or present is None:
            raise SchemaUnsupported(f"{written} for {kind}")
        return _optional(_values(present, (inner, writer[1]), (asked_inner, reader[1])))
    if isinstance(written, list) or kind_of_avro(written) != kind_of_avro(asked):
        raise SchemaUnsupported(f"{written} read as {asked}")
    name, kind = kind_of_avro(written), _present(kind) or kind
    if name == "record":
        return _record(kind, (written, writer[1]), (asked, reader[1]))
    if name == "array":
        items = ((written["items"], writer[1]), (asked["items"], reader[1]))
        return _rows(_values(_item(kind), *items))
    return _plain(name, kind)


def _present(kind: Any) -> Any | None:
    """Return what an optional type holds when it holds something, None for any other type."""
    if get_origin(kind) in (Union, UnionType):
        kinds = [each for each in get_args(kind) if each is not NoneType]
        return kinds[0] if len(kinds) == 1 else None
    return None


def _item(kind: Any) -> Any:
    arguments = get_args(kind)
    if get_origin(kind) is not tuple or len(arguments) != 2 or arguments[1] is not ...:
        raise SchemaUnsupported(f"an array for {kind}")
    return arguments[0]


def _plain(name: str, kind: Any) -> Values:
    while hasattr(kind, "__supertype__"):
        kind = kind.__supertype__
    if name in {"string", "enum"} and isinstance(kind, type) and issubclass(kind, Enum):
        return _words(kind)
    if (name, kind) not in _PLAIN:
        raise SchemaUnsupported(f"{name} for {kind}")
    return _PLAIN[name, kind]


def _listed(array: pa.Array) -> list[Any]:
    found: list[Any] = array.to_pylist()
    return found


def _words(kind: type[Enum]) -> Values:
    members = {member.value: member for member in kind}
    return lambda array: list(map(members.__getitem__, array.to_pylist()))


class _Days(dict[int, date]):
    """Each day by its number since 1970; there are not many, and they repeat."""

    def __missing__(self, number: int) -> date:
        if len(self) >= _KEPT_DAYS:
            self.clear()
        self[number] = day = date.fromordinal(_EPOCH_DAY + number)
        return day


_DAYS: Final = _Days()


def _days(array: pa.Array) -> list[date]:
    return list(map(_DAYS.__getitem__, array.view(pa.int32()).to_pylist()))


def _instants(array: pa.Array) -> list[datetime]:
    return list(map(_instant, array.view(pa.int64()).to_pylist()))


def _instant(micros: int) -> datetime:
    seconds, rest = divmod(micros, _MICROS)
    if rest or seconds < 0:
        return _EPOCH + timedelta(microseconds=micros)
    return datetime.fromtimestamp(seconds, UTC)


def _optional(values: Values) -> Values:
    """Return how an array with gaps is read: what is there, and none in the gaps."""

    def with_gaps(array: pa.Array) -> list[Any]:
        if not array.null_count:
            return values(array)
        if array.null_count == len(array):
            return [None] * len(array)
        present = iter(values(array.drop_null()))
        return [next(present) if there else None for there in array.is_valid().to_pylist()]

    return with_gaps


def _rows(values: Values) -> Values:
    """Return how an array of arrays is read: all items at once, then cut into tuples."""

    def cut(array: pa.ListArray) -> list[tuple[Any, ...]]:
        items = values(array.flatten())
        ends = array.offsets.to_pylist()
        first = ends[0]
        return [tuple(items[start - first : end - first]) for start, end in pairwise(ends)]

    return cut


def constructor(kind: type, names: Iterable[str]) -> Callable[..., Any]:
    """Return a function that makes the type of its fields' values, given in this order.

    The call is written out because a dictionary of arguments for each value costs five times as
    much; the names are those of our own types.
    """
    listed = ", ".join(names)
    stated = ", ".join(f"{name}={name}" for name in listed.split(", "))
    made: Callable[..., Any] = eval(f"lambda {listed}: _kind({stated})", {"_kind": kind})  # noqa: S307
    return made


_PLAIN: Final[dict[tuple[str, type], Values]] = {
    ("string", str): _listed,
    ("long", int): _listed,
    ("int", int): _listed,
    ("boolean", bool): _listed,
    ("date", date): _days,
    ("timestamp-micros", datetime): _instants,
}
"""What an Avro type is read as, where it is one value."""
