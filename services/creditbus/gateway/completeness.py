"""Completeness: what the last file of a source held and this one does not; a notice, and no more.

A shorter file removes nobody (law 2). A table that is sent whole each time, as the court's list,
shows by what is missing that a removal was perhaps forgotten; one that only ever holds what is new
shares nothing with the last, and is compared with nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from creditbus.domain.ids import SourceId
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.redis.fates import Fates
from creditbus.runtime.redis.inventories import Inventory
from creditbus.runtime.redis.reads import Serving
from creditbus.sdk.sheets.sentences import Sentence

_NAMED: Final = 10
_LOOKED_AT: Final = 200


class Completeness:
    """Compares each file with the last one of its source and table."""

    def __init__(self, serving: Serving) -> None:
        self._serving, self._fates = serving, Fates(serving)

    async def notice(
        self, source: SourceId, table: str, held: Inventory, *, keeps: bool
    ) -> tuple[Sentence, ...]:
        """Return one notice when rows of the last file are missing; ``keeps`` what this one held.

        Without Redis there is nothing to compare with, and the file is none the worse for it.
        """
        try:
            async with self._serving.reached():
                last = await self._serving.inventories.last(source, table)
                if keeps and held.records:
                    await self._serving.inventories.keep(source, table, held)
            if last is None:
                return ()
            missing = await self._standing(source, missing_in(last.records, held.records))
        except Unavailable:
            return ()
        return (sentence(last.day, missing),) if missing else ()

    async def _standing(self, source: SourceId, missing: Sequence[str]) -> list[str]:
        """Return those of missing records whose entry was not ended meanwhile."""
        found = []
        for place, record in enumerate(missing):
            if place >= _LOOKED_AT or not await self._has_ended(source, record):
                found.append(record)
        return found

    async def _has_ended(self, source: SourceId, record: str) -> bool:
        arrivals = await self._fates.of_record(source, record)
        if not arrivals:
            return False
        entries = await self._fates.entries(source, arrivals[0])
        return bool(entries) and all(each.is_removed for each in entries)


def missing_in(last: Sequence[str], held: Sequence[str]) -> list[str]:
    """Return what the last file held and this one does not; nothing where they share nothing.

    >>> missing_in(["a", "b", "c"], ["a", "d"]), missing_in(["a", "b"], ["c"])
    (['b', 'c'], [])
    """
    known = set(held)
    return [each for each in last if each not in known] if known.intersection(last) else []


def sentence(day: date, missing: Sequence[str]) -> Sentence:
    """Return what is told of missing records."""
    more = " …" if len(missing) > _NAMED else ""
    return Sentence(
        f"{len(missing)} records of the file of {day} are not in this one: "
        f"{', '.join(missing[:_NAMED])}{more}. Nothing was removed for that: whoever is to be taken"
        " off needs a removal with its decision",
        f"{day} 报送的文件中有 {len(missing)} 条记录未见于本文件："
        f"{'、'.join(missing[:_NAMED])}{more}。未作任何移出；应当移出的，请报送移出决定",
    )
