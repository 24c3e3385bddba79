"""Totals: the desk where a source announces a day's records, and is given a signed statement."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Final

import msgspec

from creditbus.domain.calendar import day_of
from creditbus.domain.ids import SourceId
from creditbus.gateway.statements import day_bounds, statement_of
from creditbus.runtime.http.problems import Invalid, Unknown
from creditbus.runtime.kafka.clients import since
from creditbus.runtime.process import Process
from creditbus.runtime.redis.fates import ArrivalFate, Fates
from creditbus.runtime.redis.numbers import Numbers, numbers_of
from creditbus.runtime.redis.reads import Serving
from creditbus.runtime.redis.served import FATES_KEPT, place_in_inbox
from creditbus.wire.statements import ControlTotals, DayStatement, PublishedKeys
from creditbus.wire.topics import inbox

if TYPE_CHECKING:
    from creditbus.wire.signatures import StatementSigner

TOTALS_MAX_BYTES: Final = 8 * 1024 * 1024
"""Room for the ids of the largest day."""

DAY_MOST: Final = 100_000
"""How many records of a day a statement may be about: each is named in it."""

_AT_ONCE: Final = 500
_TOLD_GAPS: Final = 1000
_STATEMENTS_AT_ONCE: Final = 2


class NumberGap(msgspec.Struct, frozen=True, kw_only=True):
    """Running numbers that never came: the first and the last of them."""

    first: int
    last: int


class NumbersAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a source's running numbers come to: the last, those that never came, steps backward.

    ``missing`` has the latest gaps, ``missing_count`` how many numbers all gaps have.
    """

    last: int
    missing_count: int
    missing: tuple[NumberGap, ...]
    backward_steps: int


class StatementDesk:
    """Answers sources about whole days, two of them at once."""

    def __init__(self, process: Process, serving: Serving) -> None:
        self._process, self._serving = process, serving
        self._fates = Fates(serving)
        self._room = asyncio.Semaphore(_STATEMENTS_AT_ONCE)

    async def keys(self) -> PublishedKeys:
        """Return the public keys of statements, none where none are signed."""
        if not self._process.settings.statement_key:
            return PublishedKeys()
        return (await asyncio.to_thread(lambda: self._signer)).published

    async def announced(self, source: SourceId, totals: ControlTotals) -> bytes:
        """Keep what a source announces of a day, and return the signed statement of that day.

        Raises ``Invalid``, ``Unknown`` and ``Unavailable``.
        """
        self._refuse_unsigned()
        async with self._room:
            statement = await self._statement(source, totals)
            async with self._serving.reached():
                await self._serving.announcements.keep(source, totals)
            return await self._signed(statement)

    async def of_day(self, source: SourceId, day: date) -> bytes:
        """Return the signed statement of a day, with what was announced of it last.

        Raises as ``announced`` does.
        """
        self._refuse_unsigned()
        async with self._room:
            async with self._serving.reached():
                announced = await self._serving.announcements.of(source, day)
            totals = announced or ControlTotals(day=day)
            return await self._signed(await self._statement(source, totals))

    async def numbers(self, source: SourceId) -> NumbersAnswer:
        """Return what a source's running numbers come to; raises ``Rebuilding``."""
        found = await numbers_of(self._serving, source)
        gaps = [] if not found.runs else list(found.gaps(found.runs[0][0], found.last))
        return NumbersAnswer(
            last=found.last,
            missing_count=found.missing,
            missing=tuple(NumberGap(first=first, last=last) for first, last in gaps[-_TOLD_GAPS:]),
            backward_steps=found.backward,
        )

    @cached_property
    def _signer(self) -> StatementSigner:
        from creditbus.wire.signatures import StatementSigner  # noqa: PLC0415 - see there

        return StatementSigner(self._process.settings.statement_key)

    def _refuse_unsigned(self) -> None:
        """Refuse before anything is read or kept for a statement that nobody can sign."""
        if not self._process.settings.statement_key:
            raise Unknown(
                "STATEMENTS_NOT_SIGNED",
                "this bus signs no statements: its operator sets CREDITBUS_STATEMENT_KEY",
            )

    async def _signed(self, statement: DayStatement) -> bytes:
        return (await asyncio.to_thread(lambda: self._signer.sign(statement))).encode()

    async def _statement(self, source: SourceId, totals: ControlTotals) -> DayStatement:
        now = self._process.clock.now()
        today = day_of(now)
        if totals.day > today:
            raise Invalid("DAY_NOT_BEGUN", "day", f"{totals.day} has not begun: it is {today}")
        if totals.day <= today - FATES_KEPT:
            raise Unknown(
                "DAY_UNKNOWN",
                f"{totals.day} is over {FATES_KEPT.days} days ago: what became of its records is"
                " not kept any more",
            )
        stretches = await asyncio.to_thread(self._stretches, source, totals.day)
        if (count := sum(map(len, stretches))) > DAY_MOST:
            raise Invalid(
                "DAY_TOO_LARGE",
                "day",
                f"{count} records came in that day, and a statement names {DAY_MOST}:"
                " ask for what became of them at /v1/receipts",
            )
        places = list(chain.from_iterable(stretches))
        arrivals = await self._ended(source, await self._arrivals(source, places))
        numbers = await self._numbers(source)
        return await asyncio.to_thread(statement_of, source, totals, arrivals, places, numbers, now)

    def _stretches(self, source: SourceId, day: date) -> list[range]:
        """Return which places in the source's inbox the broker gave on a civil day."""
        bounds = since(self._process, inbox(source), *day_bounds(day))
        if not bounds[0]:
            raise Unknown("INBOX_UNKNOWN", "you have no inbox: ask the operator of the bus for one")
        begins, ends = bounds
        return [
            range(place_in_inbox(place[1], begin), place_in_inbox(place[1], ends[place]))
            for place, begin in sorted(begins.items())
        ]

    async def _arrivals(self, source: SourceId, places: Sequence[int]) -> list[ArrivalFate]:
        found: list[ArrivalFate] = []
        for start in range(0, len(places), _AT_ONCE):
            found += await self._fates.between(source, places[start : start + _AT_ONCE])
        return found

    async def _ended(self, source: SourceId, arrivals: Sequence[ArrivalFate]) -> list[ArrivalFate]:
        """Return the arrivals, and of those put in once more what came of them there."""
        places = [each.again for each in arrivals if each.again is not None]
        states = {each.place: each.state for each in await self._arrivals(source, places)}
        return [
            each
            if each.again is None
            else msgspec.structs.replace(each, ended=states.get(each.again))
            for each in arrivals
        ]

    async def _numbers(self, source: SourceId) -> Numbers:
        # Asked last: what this says never came was not in Redis when the records were asked for.
        return await numbers_of(self._serving, source)
