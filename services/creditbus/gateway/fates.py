"""Fates: what a source is told of its own record, now or as soon as it is decided.

What the bus has heard of a record lies in Redis, by its id and by its place in the inbox. A caller
that waits is asked for again a few times a second; so many may wait at once, the others are told
what is known now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from creditbus.domain.entries.entry import Entry
from creditbus.domain.ids import SourceId
from creditbus.runtime.http.problems import Unknown
from creditbus.runtime.redis.fates import INTAKE, ArrivalFate, Fates, record_fate
from creditbus.runtime.redis.reads import Serving
from creditbus.runtime.redis.served import FATES_KEPT, split_place
from creditbus.wire.answers import FateState, ReceiptPage, RecordFate, RecordFates

WAIT_MOST_S: Final = 60
_ASK_S: Final = 0.2
_WAITING_AT_ONCE: Final = 500


class FateDesk:
    """Answers sources about their records, at most so many of them waiting."""

    def __init__(self, serving: Serving) -> None:
        self._fates = Fates(serving)
        self._room = asyncio.Semaphore(_WAITING_AT_ONCE)

    async def of_record(self, source: SourceId, record_id: str, wait_s: float) -> RecordFates:
        """Return what became of a record, once its newest arrival is decided or the wait is over.

        Raises ``Unknown``.
        """

        async def ask() -> list[ArrivalFate]:
            return await self._fates.of_record(source, record_id)

        found = await self._waited(ask, wait_s)
        if not found:
            raise Unknown(
                "RECORD_UNKNOWN",
                f"nothing is known of a record {record_id} of {source}: it has not come in, intake "
                f"has not read it yet, or it is older than {FATES_KEPT.days} days",
            )
        entries: dict[str, Sequence[Entry]] = {}
        for each in found:
            if each.subject_id not in entries:
                entries[each.subject_id] = await self._fates.entries(source, each)
        arrivals = [record_fate(each, entries[each.subject_id]) for each in found]
        counted = (each for each in found if each.state is FateState.APPLIED)
        return RecordFates(
            record_id=record_id,
            state=arrivals[0].state,
            arrivals=tuple(arrivals),
            is_reused=len({each.subject_id for each in counted if each.subject_id}) > 1,
        )

    async def at(self, source: SourceId, place: int, wait_s: float) -> RecordFate:
        """Return what became of what a receipt says lies at a place in the source's inbox.

        Raises ``Unknown``.
        """

        async def ask() -> list[ArrivalFate]:
            found = await self._fates.at(source, place)
            return [found] if found is not None else []

        found = await self._waited(ask, wait_s)
        if found:
            return record_fate(found[0], await self._fates.entries(source, found[0]))
        partition, offset = split_place(place)
        if offset < await self._fates.received(source, partition):
            raise Unknown(
                "RECEIPT_UNKNOWN",
                f"what lay at {offset} in the inbox is older than {FATES_KEPT.days} days",
            )
        return RecordFate(
            offset=offset,
            partition=partition,
            record_id="",
            record_revision=0,
            event_id="",
            state=FateState.WAITING,
            waits_for=INTAKE,
        )

    async def between(self, source: SourceId, start: int, limit: int) -> ReceiptPage:
        """Return what became of what lies in a partition from a place on.

        Where it stands now is not told: that is asked for each record.
        """
        partition, offset = split_place(start)
        count = max(0, min(limit, await self._fates.received(source, partition) - offset))
        found = await self._fates.between(source, range(start, start + count))
        return ReceiptPage(
            fates=tuple(record_fate(each, ()) for each in found), next=offset + count
        )

    async def _waited(
        self, ask: Callable[[], Awaitable[list[ArrivalFate]]], wait_s: float
    ) -> list[ArrivalFate]:
        found = await ask()
        if wait_s <= 0 or _is_decided(found) or self._room.locked():
            return found
        deadline = asyncio.get_running_loop().time() + wait_s
        async with self._room:
            while not _is_decided(found) and asyncio.get_running_loop().time() < deadline:
                await asyncio.sleep(_ASK_S)
                found = await ask()
        return found


def _is_decided(found: list[ArrivalFate]) -> bool:
    return bool(found) and found[0].is_decided
