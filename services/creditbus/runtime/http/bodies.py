"""Bodies: the JSON that a caller sends, read within bounds, and taken for what it plainly says.

A body may be too large, too slow, nested without end, or say two things at once. Each of these is
the caller's mistake and becomes a problem; none costs more memory or time than a good body may.
"""

from __future__ import annotations

import asyncio
import codecs
import json
import re
from collections.abc import Sequence
from contextlib import suppress
from email.message import Message
from functools import lru_cache
from json import JSONDecodeError
from types import UnionType
from typing import Any, Final, TypeVar

import msgspec
from fastapi import Request

from creditbus.domain.acts.mistakes import Mistake
from creditbus.runtime.http.misfits import misfit, misfits, misread
from creditbus.runtime.http.problems import (
    BodyTooLarge,
    BodyTooSlow,
    Malformed,
    Refused,
    Unsupported,
)

BODY_MAX_BYTES: Final = 256 * 1024
BODY_BOUND_S: Final = 20.0
"""How long a body may take to arrive: 13 KB a second for the largest one."""

T = TypeVar("T")

_SPACED: Final = re.compile(rb'"[ \t\n\r]+:')
_NESTED: Final = (dict, list)
# An even number of backslashes before it are themselves escaped, so that this one counts.
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


async def body_of(
    asked: Request, limit: int = BODY_MAX_BYTES, bound_s: float | None = None
) -> bytes:
    """Return the body; raises ``BodyTooLarge`` before more than the limit is held.

    Raises ``BodyTooSlow`` when it is not there in time.
    """
    declared = asked.headers.get("Content-Length", "")
    if declared.isdecimal() and (len(declared) > 18 or int(declared) > limit):
        raise _too_large(limit)
    parts, size = [], 0
    bound_s = BODY_BOUND_S if bound_s is None else bound_s
    try:
        async with asyncio.timeout(bound_s):
            async for part in asked.stream():
                size += len(part)
                if size > limit:
                    raise _too_large(limit)
                parts.append(part)
    except TimeoutError as late:
        raise BodyTooSlow(
            f"the body was not there within {bound_s:.0f} s: send it at once"
        ) from late
    return b"".join(parts)


async def value_of(asked: Request, kind: type[T] | UnionType, limit: int = BODY_MAX_BYTES) -> T:
    """Return the value that the JSON body states; what is wrong with it becomes a problem."""
    _check_kind(asked)
    value: T = read_json(await body_of(asked, limit), kind)
    return value


def read_json(body: bytes, kind: Any) -> Any:
    """Return the value of this kind that a JSON text states.

    Raises ``Malformed`` for a text that readers of JSON would take for different things or that no
    reader should take at all: a key that stands twice, the character NUL, nesting without end.

    >>> read_json(b'{"a": 1, "a": 2}', dict)
    Traceback (most recent call last):
        ...
    creditbus.runtime.http.problems.Malformed: the key a stands twice in one object: send it once
    """
    # Editors of Windows begin a text in UTF-8 with a mark, and RFC 8259 lets a reader pass it by.
    body = body.removeprefix(codecs.BOM_UTF8)
    try:
        try:
            value = _decoder(kind).decode(body)
        except msgspec.ValidationError as first:
            # Of a key that stands twice the other value may be the one that was meant.
            with suppress(msgspec.DecodeError, UnicodeDecodeError, JSONDecodeError, RecursionError):
                _check_keys(body)
            raise Refused(_misfits(body, kind) or [misfit(*misread(first))]) from first
        if b"u0000" in body and _NUL.search(body):
            raise Malformed("NUL", "a text holds the character NUL (\\u0000): leave it out")
        _check_keys(body)
    except RecursionError as endless:
        raise Malformed("TOO_DEEP", "arrays or objects are nested too deep: flatten them") from (
            endless
        )
    return value


def _check_keys(body: bytes) -> None:
    if _may_hold_twice(body):
        json.loads(body, object_pairs_hook=_once, parse_int=len, parse_float=len)


@lru_cache(maxsize=64)
def _decoder(kind: Any) -> Any:
    # To make one takes longer than it takes to read a body.
    return msgspec.json.Decoder(kind)


def _may_hold_twice(body: bytes) -> bool:
    """Whether a key may stand twice in an object; no is certain, and what a good body gets.

    Each key ends with a quote before a colon. Where none has a space there, and there are no more
    of them than keys were read, no key was dropped for a later one.

    >>> _may_hold_twice(b'{"a": {"b": 1}, "c": [{"a": 2}]}'), _may_hold_twice(b'{"a": 1, "a": 2}')
    (False, True)
    """
    if _SPACED.search(body):
        return True
    try:
        return body.count(b'":') != _keys(msgspec.json.decode(body))
    except msgspec.DecodeError:
        return True


def _keys(value: Any) -> int:
    """Return how many keys the objects in a value have, itself included."""
    found, values = 0, value
    if isinstance(value, dict):
        found, values = len(value), value.values()
    elif not isinstance(value, list):
        return 0
    for each in values:
        if type(each) in _NESTED:
            found += _keys(each)
    return found


def _misfits(body: bytes, kind: Any) -> Sequence[Mistake]:
    """Return every misfit of a text whose first the decoder has told, none where it is no JSON."""
    try:
        return misfits(msgspec.json.decode(body), kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()


def _once(pairs: Sequence[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) == len(pairs):
        return
    keys = [key for key, _ in pairs]
    twice = next(key for key in keys if keys.count(key) > 1)
    raise Malformed("KEY_TWICE", f"the key {twice[:100]} stands twice in one object: send it once")


def _check_kind(asked: Request) -> None:
    """Raise ``Unsupported`` for a body that says of itself that it is no plain JSON."""
    stated = Message()
    stated["Content-Type"] = asked.headers.get("Content-Type") or "application/json"
    kind = stated.get_content_type()
    if kind != "application/json" and not kind.endswith("+json"):
        raise Unsupported(
            f"the body is said to be {kind[:100]}: send Content-Type: application/json"
        )
    charset = str(stated.get_param("charset", "utf-8")).lower()
    if charset not in {"utf-8", "utf8", "us-ascii"}:
        raise Unsupported(f"the body is said to be in {charset[:100]}: send UTF-8")
    coding = asked.headers.get("Content-Encoding", "identity").lower()
    if coding != "identity":
        raise Unsupported(f"the body is said to be packed by {coding[:100]}: send it unpacked")


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"the body has more than the {limit} bytes allowed: send less at once")
