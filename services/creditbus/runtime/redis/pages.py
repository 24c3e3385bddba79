"""Pages: long views a page at a time.

The names of 100,000 rows are six megabytes and are read in a fraction of a second; what they hold
is read only of those that are wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypeVar

import msgspec

from creditbus.domain.acts.interventions import Intervention
from creditbus.domain.acts.letters import UnreadNotice
from creditbus.domain.acts.proposals import GOOD_FOR, Proposal, open_proposals
from creditbus.domain.acts.refusals import Refusal
from creditbus.domain.calendar import millis_of
from creditbus.domain.effects.exposures import Exposure
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.ids import BodyId, SourceId
from creditbus.runtime.redis import served
from creditbus.runtime.redis.reads import Part, Serving, content_at
from creditbus.runtime.redis.served import Lease

T = TypeVar("T", bound=msgspec.Struct)

AT_ONCE: Final = 1000
"""How many rows one question is about: more would keep Redis from everybody else."""

Names = tuple[Sequence[str], int]
"""Some names in their order, and how many there are in all."""

SEARCH: Final = """
local found = {}
for _, key in ipairs(KEYS) do
  local content = redis.call('HGET', key, 'content')
  local text = content and string.lower(content) or ''
  for _, wanted in ipairs(ARGV) do
    if string.find(text, wanted, 1, true) then
      found[#found + 1] = content
      break
    end
  end
end
return found
"""
"""Looked through where it lies: to bring 100,000 rows here takes ten times as long."""


class Pages:
    """Reads names first, and then what some of them hold; everything raises ``Unavailable``."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    async def owed(self, body: BodyId | None = None, least: int | None = None) -> Names:
        """Return what one body or every body owes: lifts first, then the oldest first.

        Of each lane at least so many are named, or all of them.
        """
        bodies = [body] if body is not None else await self._serving.bodies()
        names: list[str] = []
        total = 0
        for way in served.WAYS:
            keys = [served.owed_key(each, way) for each in bodies]
            if not keys:
                break
            pairs = [pair for key in keys for pair in await self._ranged(key, least)]
            ordered = sorted(pairs, key=lambda pair: pair[1])[:least]
            names += [name.decode() for name, _ in ordered]
            total += sum(await self._serving.ask_current(Lease.ALL, *map(_count, keys)))
        return names, total

    async def exposed(self) -> Names:
        """Return the entries that the public may see, in an order that stays."""
        (found,) = await self._serving.ask_current(
            Lease.EXPOSURES, lambda ask: ask.smembers(served.EXPOSED)
        )
        return sorted(name.decode() for name in found), len(found)

    async def obligations(
        self, names: Sequence[str], needles: Sequence[str] = ()
    ) -> list[Obligation]:
        """Return those of these obligations that are owed and hold one of the texts, if any."""
        keys = [served.obligation_key(name) for name in names]
        found = await self._contents(Lease.ALL, keys, Obligation, needles)
        return [each for each in found if each.is_owed]

    async def exposures(self, names: Sequence[str], needles: Sequence[str] = ()) -> list[Exposure]:
        """Return what the public may see of these entries, as far as it holds one of the texts."""
        keys = [served.exposure_key(name) for name in names]
        return await self._contents(Lease.EXPOSURES, keys, Exposure, needles)

    async def interventions(self, start: int, count: int | None) -> tuple[list[Intervention], int]:
        """Return what persons have done to the bus, the newest first, and how often they did.

        It is what lies from a place on, so much of it at most; without a count, all of it.
        """
        last = -1 if count is None else start + count - 1
        found, total = await self._serving.ask_current(
            Lease.ALL,
            lambda ask: ask.zrevrange(served.INTERVENTIONS, start, last),
            _count(served.INTERVENTIONS),
        )
        return [msgspec.json.decode(each, type=Intervention) for each in found], total

    async def proposals(self, now: datetime) -> tuple[Proposal, ...]:
        """Return what waits for a second person at this time, the oldest first."""
        since = millis_of(now - GOOD_FOR)
        (found,) = await self._serving.ask_current(
            Lease.ALL, lambda ask: ask.zrangebyscore(served.INTERVENTIONS, since, "+inf")
        )
        done = (msgspec.json.decode(each, type=Intervention) for each in found)
        return open_proposals(done, now)

    async def refusals(
        self, source: SourceId, start: int, count: int | None
    ) -> tuple[list[Refusal], int]:
        """Return what was refused of a source, as ``interventions`` does."""
        return await self._newest(served.refusals_key(source), Refusal, start, count)

    async def unread(
        self, source: SourceId, start: int, count: int | None
    ) -> tuple[list[UnreadNotice], int]:
        """Return the notices of a source's unreadable records, as ``interventions`` does."""
        return await self._newest(served.unread_key(source), UnreadNotice, start, count)

    async def _newest(
        self, key: str, kind: type[T], start: int, count: int | None
    ) -> tuple[list[T], int]:
        # A stream has no ranks: what lies before the place is read and passed over.
        least = None if count is None else start + count
        found, total = await self._serving.ask_current(
            Lease.REFUSALS,
            lambda ask: ask.xrevrange(key, count=least),
            lambda ask: ask.xlen(key),
        )
        told = [fields[b"content"] for _, fields in found[start:]]
        return [msgspec.json.decode(each, type=kind) for each in told], total

    async def _ranged(self, key: str, least: int | None) -> list[tuple[bytes, float]]:
        """Return the first names of a key with their instants, in pieces that Redis answers."""
        found: list[tuple[bytes, float]] = []
        while least is None or len(found) < least:
            count = AT_ONCE if least is None else min(AT_ONCE, least - len(found))
            (piece,) = await self._serving.ask_current(Lease.ALL, _piece(key, len(found), count))
            found += [(name, float(at)) for name, at in piece]
            if len(piece) < count:
                break
        return found

    async def _contents(
        self, lease: Lease, keys: Sequence[str], kind: type[T], needles: Sequence[str]
    ) -> list[T]:
        """Return what lies at the keys, or of it what holds one of the texts in small letters."""
        wanted = [each.lower() for each in needles]
        found: list[T] = []
        for start in range(0, len(keys), AT_ONCE):
            part = keys[start : start + AT_ONCE]
            if wanted:
                (contents,) = await self._serving.ask_current(lease, _search(part, wanted))
            else:
                contents = await self._serving.ask_current(lease, *map(content_at, part))
            found += [msgspec.json.decode(each, type=kind) for each in contents if each is not None]
        return found


def _piece(key: str, start: int, count: int) -> Part:
    return lambda ask: ask.zrange(key, start, start + count - 1, withscores=True)


def _count(key: str) -> Part:
    return lambda ask: ask.zcard(key)


def _search(keys: Sequence[str], wanted: Sequence[str]) -> Part:
    return lambda ask: ask.eval(SEARCH, len(keys), *keys, *wanted)
