"""Misfits: every field of a JSON text that is not what a record has there, told at once.

The decoder stops at the first one. A text that it does not take is read once more as plain values,
and each field is asked for itself; that costs time for a wrong text only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args

import msgspec

from creditbus.domain.acts.mistakes import Mistake, meant_by, pointer_of

MISTYPED: Final = "FIELD_INVALID"
MISSING: Final = "FIELD_MISSING"
UNKNOWN: Final = "FIELD_UNKNOWN"
MOST: Final = 50
"""How many are told of one text."""

_SPOKEN: Final = re.compile(r"(?P<what>.*?)(?: - at `\$(?P<path>[^`]*)`)?", re.DOTALL)
_NAMED: Final = re.compile(
    r"Object (?P<how>missing required|contains unknown) field `(?P<field>[^`]*)`"
)
_HOW: Final = {"missing required": MISSING, "contains unknown": UNKNOWN}
_MOMENTS: Final = re.compile(r"\b(date|datetime)\b")
_AS: Final = {"date": "2026-07-09", "datetime": "2026-07-09T09:30:00+08:00"}
"""How a day and an instant are written."""

_ZH: Final = {
    MISTYPED: "该字段的值不合格式要求（{what}），请对照 /openapi.json 更正",
    MISSING: "缺少必填字段 {field}，请补充",
    UNKNOWN: "没有名为 {field} 的字段，请核对拼写或者删去",
}


def misread(error: msgspec.ValidationError) -> tuple[str, str]:
    """Return the field that a validation error is about, as a dotted path, and what is wrong there.

    >>> misread(msgspec.ValidationError("Expected `str`, got `int` - at `$.envelope.record_id`"))
    ('envelope.record_id', 'Expected `str`, got `int`')
    >>> misread(msgspec.ValidationError("Object missing required field `list_id`"))
    ('list_id', 'Object missing required field `list_id`')
    """
    found = _SPOKEN.fullmatch(str(error))
    assert found is not None
    what, path = found["what"], (found["path"] or "").lstrip(".")
    named = _NAMED.match(what)
    parts = [part for part in (path, named["field"] if named else "") if part]
    return ".".join(parts), what


def misfit(path: str, what: str, known: frozenset[str] = frozenset()) -> Mistake:
    """Return the mistake at a dotted path, in the decoder's words; ``known`` may be meant there."""
    named = _NAMED.match(what)
    reason = _HOW[named["how"]] if named else MISTYPED
    field = path.rpartition(".")[2]
    meant = meant_by(field, known) if reason == UNKNOWN else ""
    hint = f"; did you mean {meant}?" if meant else "; /openapi.json describes what belongs there"
    told = _ZH[reason].format(field=field, what=what)
    if reason == MISTYPED and (moment := _MOMENTS.search(what)) is not None:
        hint, told = f"; write it as {_AS[moment[0]]}", f"{told}，写法如 {_AS[moment[0]]}"
    return Mistake(
        reason=reason,
        field=path,
        pointer=pointer_of(path),
        detail=what + hint,
        detail_zh=told,
        suggestion=meant,
    )


def misfits(value: Any, kind: Any) -> tuple[Mistake, ...]:
    """Return every field of plain values that a kind of struct does not have, lacks or mistypes."""
    found = []
    for each in _found(value, kind, ""):
        found.append(each)
        if len(found) == MOST:
            break
    return tuple(found)


def _found(value: Any, kind: Any, path: str) -> Iterator[Mistake]:
    struct = _struct(value, kind)
    if struct is None:
        try:
            msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            field, what = misread(error)
            told = misfit(".".join(filter(None, (path, field))), what)
            yield _of_kinds(told, value, kind)
        return
    config = struct.__struct_config__
    fields = {each.encode_name: each for each in msgspec.structs.fields(struct)}
    left = frozenset(fields) - value.keys()
    for name, about in fields.items():
        if name in value:
            yield from _found(value[name], about.type, _joined(path, name))
        elif about.required:
            yield misfit(_joined(path, name), f"Object missing required field `{name}`")
    for name in value:
        if name not in fields and name != config.tag_field and config.forbid_unknown_fields:
            what = f"Object contains unknown field `{name[:100]}`"
            yield misfit(_joined(path, name), what, left)


def _of_kinds(told: Mistake, value: Any, kind: Any) -> Mistake:
    """Return a mistake about a record's tag with every tag there is, and the one that is meant."""
    configs = (getattr(each, "__struct_config__", None) for each in get_args(kind))
    tags = sorted(str(each.tag) for each in configs if each and each.tag_field == told.field)
    if not tags:
        return told
    stated = value.get(told.field) if isinstance(value, Mapping) else None
    return msgspec.structs.replace(
        told,
        detail=f"{told.detail.partition(';')[0]}; there are: {', '.join(tags)}",
        suggestion=meant_by(stated, tags) if isinstance(stated, str) else "",
    )


def _struct(value: Any, kind: Any) -> Any:
    """Return the struct whose fields a mapping has, None where the value must be asked whole."""
    if not isinstance(value, Mapping):
        return None
    structs = [
        each
        for each in get_args(kind) or (kind,)
        if isinstance(each, type) and issubclass(each, msgspec.Struct)
    ]
    if len(structs) == 1 and structs[0].__struct_config__.tag is None:
        return structs[0]
    for each in structs:
        config = each.__struct_config__
        if config.tag is not None and value.get(config.tag_field) == config.tag:
            return each
    return None


def _joined(path: str, name: str) -> str:
    return f"{path}.{name[:100]}" if path else name[:100]
