"""Batches: events line by line, each answered in a line while the next ones arrive.

Lines are read no faster than the broker takes them, and answers come in the order of the lines: so
the last one that was answered says from where a broken batch goes on. Answers wait here for a
caller that sends everything before it reads.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import aclosing
from typing import Final

import msgspec
from starlette.requests import ClientDisconnect

from creditbus.domain.acts.mistakes import Mistake
from creditbus.gateway.door import Door
from creditbus.gateway.mistakes import TurnedAway
from creditbus.gateway.submissions import EventSubmission, Receipt
from creditbus.runtime import tasks
from creditbus.runtime.http.bodies import read_json
from creditbus.runtime.http.credentials import Caller
from creditbus.runtime.http.languages import Language
from creditbus.runtime.http.problems import Malformed, Refused, told_mistakes
from creditbus.runtime.http.unpacked import LINE_BYTES, BodyBroken, TooLong
from creditbus.runtime.kafka.producer import RecordTooLarge
from creditbus.runtime.outages import Unavailable
from creditbus.wire.answers import BatchAnswer, LineAnswer, RowState

LINES: Final = 100_000
"""How many lines a batch may have: as many answers may have to wait for their reader."""

_UNDER_WAY: Final = 1000
"""How many records may be on their way to the broker at once."""

_TOGETHER: Final = 200
_AS: Final = "send one JSON object a line, in UTF-8"
_UNREAD: Final = {
    "NOT_JSON": "该行不是 JSON 对象，请以 UTF-8 编码，一行一个",
    "TOO_LARGE": "该行超过 256 KB，附件请另行保存",
    "TOO_DEEP": "该行嵌套过深，请减少层级",
    "KEY_TWICE": "该行有重复的键，请只保留一个",
    "NUL": "该行含有 NUL 字符，请删去",
}

Pending = tuple[int, str, LineAnswer | Awaitable[Receipt]]
"""A line's number, its record, and its answer, or the receipt that it waits for."""


class Batch:
    """One batch of one caller, from its lines to their answers."""

    def __init__(self, door: Door, caller: Caller, language: Language, after: int) -> None:
        self._door, self._caller, self._language = door, caller, language
        self._after = after
        self._last = after
        self._states: Counter[RowState] = Counter()
        self._broken = ""
        self._unanswered: list[Pending] = []
        self._pending: asyncio.Queue[Pending | None] = asyncio.Queue()
        self._room = asyncio.Semaphore(_UNDER_WAY)

    async def answers(self, lines: AsyncIterator[bytes | TooLong]) -> AsyncIterator[bytes]:
        """Yield the answers to the lines after the first ``after``, then what the batch was."""
        reading = asyncio.create_task(self._read(lines))
        try:
            while some := await self._some():
                told = []
                for place, each in enumerate(some):
                    if (answer := await self._answer(each)) is None:
                        self._unanswered = some[place:]
                        break
                    told.append(msgspec.json.encode(answer))
                    self._states[answer.state] += 1
                    self._last = answer.line
                if told:
                    yield b"\n".join((*told, b""))
                if self._unanswered:
                    break
            yield msgspec.json.encode(self._sum()) + b"\n"
        finally:
            await tasks.end(reading)
            self._forget()

    async def _read(self, lines: AsyncIterator[bytes | TooLong]) -> None:
        """Judge each line, and put what is right on its way to the broker."""
        number = 0
        try:
            async with aclosing(lines) as arriving:  # type: ignore[type-var]
                async for line in arriving:
                    number += 1
                    self._bound(number)
                    if number > self._after and (isinstance(line, TooLong) or line.strip()):
                        await self._room.acquire()
                        self._pending.put_nowait(self._judged(number, line))
        except BodyBroken as broken:
            self._broken = str(broken)
        except ClientDisconnect:
            self._broken = "the caller hung up"
        finally:
            self._pending.put_nowait(None)

    def _bound(self, number: int) -> None:
        if number > self._after + LINES:
            raise BodyBroken(f"a batch has at most {LINES} lines: send the rest with after=LAST")

    def _judged(self, number: int, line: bytes | TooLong) -> Pending:
        if isinstance(line, TooLong):
            return number, "", self._unread(number, "TOO_LARGE", f"over {LINE_BYTES} bytes")
        try:
            submission: msgspec.Struct = read_json(line, EventSubmission)
        except Refused as refused:
            return number, "", self._refused(number, "", refused.mistakes)
        except Malformed as malformed:
            return number, "", self._unread(number, malformed.reason, str(malformed))
        except (msgspec.DecodeError, UnicodeDecodeError) as fault:
            return (
                number,
                "",
                self._unread(number, "NOT_JSON", f"the line is no JSON: {fault}; {_AS}"),
            )
        record_id: str = submission.envelope.record_id  # type: ignore[attr-defined]
        event = self._door.event_of(submission, self._caller)
        if isinstance(event, TurnedAway):
            return number, record_id, self._refused(number, record_id, event.mistakes)
        return number, record_id, asyncio.ensure_future(self._door.admit(event))

    async def _some(self) -> list[Pending]:
        """Return the next lines that are known, at least one, none after the last."""
        first = await self._pending.get()
        if first is None:
            return []
        some = [first]
        while len(some) < _TOGETHER and not self._pending.empty():
            following = self._pending.get_nowait()
            if following is None:
                self._pending.put_nowait(None)
                break
            some.append(following)
        return some

    async def _answer(self, pending: Pending) -> LineAnswer | None:
        """Return the answer to a line, None when the broker has not taken it: there it breaks."""
        number, record_id, answer = pending
        self._room.release()
        if isinstance(answer, LineAnswer):
            return answer
        try:
            receipt = await answer
        except Refused as refused:
            return self._refused(number, record_id, refused.mistakes)
        except RecordTooLarge as large:
            return self._unread(number, "TOO_LARGE", str(large))
        except Unavailable as outage:
            if not self._states:
                raise
            self._broken = f"{outage}; send the batch again with after={self._last}"
            return None
        return LineAnswer(
            line=number,
            state=RowState.TAKEN,
            record_id=record_id,
            event_id=receipt.event_id,
            offset=receipt.offset,
            partition=receipt.partition,
        )

    def _refused(self, number: int, record_id: str, mistakes: Sequence[Mistake]) -> LineAnswer:
        told = told_mistakes(mistakes, self._language)
        return LineAnswer(line=number, state=RowState.REFUSED, record_id=record_id, mistakes=told)

    def _unread(self, number: int, reason: str, detail: str) -> LineAnswer:
        mistake = Mistake(
            reason=reason,
            field="",
            pointer="",
            detail=detail,
            detail_zh=f"{_UNREAD[reason]}（{detail}）",
        )
        told = told_mistakes([mistake], self._language)
        return LineAnswer(line=number, state=RowState.UNREAD, mistakes=told)

    def _sum(self) -> BatchAnswer:
        return BatchAnswer(
            last=self._last,
            taken=self._states[RowState.TAKEN],
            refused=self._states[RowState.REFUSED],
            unread=self._states[RowState.UNREAD],
            broken=self._broken,
            sandbox=self._door.is_trying(self._caller.party),
        )

    def _forget(self) -> None:
        """Let nobody wait for what is still on its way: it is sent again with the rest."""
        left = list(self._unanswered)
        while not self._pending.empty():
            pending = self._pending.get_nowait()
            left += [pending] if pending is not None else []
        for _, _, answer in left:
            if isinstance(answer, asyncio.Future) and not answer.cancel() and answer.done():
                answer.exception()
