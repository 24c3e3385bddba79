"""Bounds of a body: what it says of its size, what it unpacks to, and what is no text in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import Request

from creditbus.query.questions import Question
from creditbus.runtime.http import unpacked
from creditbus.runtime.http.bodies import BODY_MAX_BYTES, body_of, read_json
from creditbus.runtime.http.misfits import MOST, misfits
from creditbus.runtime.http.problems import BodyTooLarge, Refused
from creditbus.runtime.http.unpacked import BodyBroken, lines_of


def asked(length: str, body: bytes = b"{}") -> Request:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-length", length.encode())]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)


@pytest.mark.parametrize("length", [str(BODY_MAX_BYTES + 1), "9" * 19, "9" * 5000])
def test_a_body_that_says_it_is_too_large_is_not_waited_for(length: str) -> None:
    with pytest.raises(BodyTooLarge):
        asyncio.run(body_of(asked(length)))


@pytest.mark.parametrize("length", ["", "x", "-5", str(BODY_MAX_BYTES)])
def test_a_body_that_says_nothing_of_its_size_is_read(length: str) -> None:
    assert asyncio.run(body_of(asked(length))) == b"{}"


def test_what_is_no_text_behind_a_mistake_is_the_callers_mistake_too() -> None:
    with pytest.raises(Refused):
        read_json(b'{"subject": 1, "z" : "\xff"}', Question)


def test_a_body_unpacks_to_so_much_and_the_lines_before_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unpacked, "UNPACKED_BYTES", 10)

    async def arriving() -> AsyncIterator[bytes]:
        for _ in range(6):
            yield b"a\n"

    found: list[object] = []

    async def whole() -> None:
        async for line in lines_of(arriving(), "identity"):
            found.append(line)  # noqa: PERF401 - what was read before it broke counts

    with pytest.raises(BodyBroken, match="unpacks to more"):
        asyncio.run(whole())
    assert found == [b"a"] * 5


def test_of_many_mistakes_some_are_told_and_of_a_long_name_its_beginning() -> None:
    told = misfits({f"{number}{'x' * 500}": 1 for number in range(2 * MOST)}, Question)
    assert len(told) == MOST
    assert max(len(each.detail) for each in told) < 300
