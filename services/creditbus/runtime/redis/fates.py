"""Fates: what became of a source's records, as far as views has heard, for as long as it is kept.

What is told once stays true, so it is told even while views is behind; only that nothing is known
of a record says little then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from creditbus.domain.acts.refusals import TRIED, Fault, SilentEffect
from creditbus.domain.calendar import instant_of
from creditbus.domain.entries.entry import Entry
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import SourceId, SubjectId
from creditbus.runtime.redis import served
from creditbus.runtime.redis.reads import Rebuilding, Serving, content_at
from creditbus.runtime.redis.served import Lease, split_place
from creditbus.wire.answers import EntryFate, FateState, RecordFate

LISTING: Final = "listing"
INTAKE: Final = "intake"
ITS_ENTRY: Final = "entry"
"""What a record waits for: to be read, to be decided, or that somebody lists its entry."""

_NOT_YET: Final = datetime.max.replace(tzinfo=UTC)


class ArrivalFate(msgspec.Struct, frozen=True, kw_only=True):
    """One record as it came into the inbox, and what became of it.

    ``effect`` is of an applied one that changed nothing to see; ``reasons`` are of a refused one,
    ``cause`` and ``detail`` of a dead one, which names no revision. ``redriven`` is of one that a
    person put in once more: the place at which its source had sent it. ``again`` is the place to
    which it was put then, and ``ended`` what came of it there, as far as somebody has asked.
    """

    place: int
    record_id: str
    record_revision: int
    event_id: str
    state: FateState
    sequence: int = 0
    subject_id: SubjectId = SubjectId("")
    waits_for: str = ""
    effect: str = ""
    reasons: tuple[Fault, ...] = ()
    cause: str = ""
    detail: str = ""
    decided_at: datetime | None = None
    redriven: int | None = None
    again: int | None = None
    ended: FateState | None = None

    @property
    def partition(self) -> int:
        """The partition of the inbox in which it lies."""
        return split_place(self.place)[0]

    @property
    def offset(self) -> int:
        """Its offset in that partition."""
        return split_place(self.place)[1]

    @property
    def is_decided(self) -> bool:
        """Return whether nothing more will be told of it for now."""
        return self.state is not FateState.WAITING or self.waits_for == ITS_ENTRY


class Fates:
    """The records of all sources in one Redis."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    async def of_record(self, source: SourceId, record_id: str) -> list[ArrivalFate]:
        """Return each time that a record came in, the newest first, none when nothing is known.

        Raises ``Rebuilding`` when nothing is known, and what is known is not recent.
        """
        held, (found,) = await self._serving.ask_held(
            Lease.ALL, lambda ask: ask.zrevrange(served.record_key(source, record_id), 0, -1)
        )
        arrivals = await self._arrivals(source, [int(each) for each in found])
        if not arrivals and not held.is_current:
            raise Rebuilding
        # Where the inbox was widened between them, what was decided earlier came in earlier.
        is_wide = len({each.partition for each in arrivals}) > 1
        decided = [(each.decided_at or _NOT_YET) if is_wide else _NOT_YET for each in arrivals]
        pairs = zip(decided, arrivals, strict=True)
        ordered = sorted(pairs, key=lambda pair: (pair[0], pair[1].place), reverse=True)
        return [each for _, each in ordered]

    async def at(self, source: SourceId, place: int) -> ArrivalFate | None:
        """Return what became of what lies at a place in a source's inbox.

        None for what was never heard of: it lies beyond the end, or was forgotten. What intake has
        not read yet waits for it.
        """
        arrivals = await self._arrivals(source, [place])
        return arrivals[0] if arrivals else None

    async def between(self, source: SourceId, places: Sequence[int]) -> list[ArrivalFate]:
        """Return what became of what lies at some places, as far as it is known."""
        return await self._arrivals(source, places)

    async def received(self, source: SourceId, partition: int) -> int:
        """Return up to which offset anything was heard of a partition of a source's inbox."""
        field = served.received_field(source, partition)
        _, (count,) = await self._serving.ask_held(
            Lease.ALL, lambda ask: ask.hget(served.COUNTS, field)
        )
        return int(count or 0)

    async def entries(self, source: SourceId, arrival: ArrivalFate) -> tuple[Entry, ...]:
        """Return the entries that a source's record is about, as its subject stands now."""
        if not arrival.subject_id:
            return ()
        asked = content_at(served.standing_key(arrival.subject_id))
        _, (content,) = await self._serving.ask_held(Lease.STANDINGS, asked)
        if content is None:
            return ()
        standing = msgspec.json.decode(content, type=Standing)
        named = (source, arrival.record_id)
        return tuple(each for each in standing.entries if (each.source, each.record_id) == named)

    async def _arrivals(self, source: SourceId, places: Sequence[int]) -> list[ArrivalFate]:
        if not places:
            return []
        keys = [served.arrival_key(source, place) for place in places]
        _, found = await self._serving.ask_held(
            Lease.ALL, *((lambda ask, key=key: ask.hgetall(key)) for key in keys)
        )
        return [
            _arrival(place, {name.decode(): value.decode() for name, value in each.items()})
            for place, each in zip(places, found, strict=True)
            if each
        ]


def told_plainly(arrival: ArrivalFate) -> bytes:
    """Return the JSON of a fate without where its entries stand now, as a page tells it."""
    return msgspec.json.encode(record_fate(arrival, ()))


def record_fate(arrival: ArrivalFate, entries: Sequence[Entry]) -> RecordFate:
    """Return a fate as its source is told it, with where its entries stand now."""
    is_waiting = arrival.state is FateState.WAITING
    # What waited for its entry is applied once somebody has listed it.
    has_come = is_waiting and arrival.is_decided and bool(entries)
    is_try = TRIED.reason in {each.reason for each in arrival.reasons}
    reasons = tuple(each for each in arrival.reasons if each.reason is not TRIED.reason)
    would_count = is_try and not reasons
    return RecordFate(
        offset=arrival.offset,
        partition=arrival.partition,
        redriven=None if arrival.redriven is None else split_place(arrival.redriven)[1],
        record_id=arrival.record_id,
        record_revision=arrival.record_revision,
        event_id=arrival.event_id,
        state=FateState.APPLIED if has_come or would_count else arrival.state,
        waits_for="" if has_come else arrival.waits_for,
        effect=arrival.effect,
        entries=tuple(_entry(each) for each in entries),
        reasons=reasons,
        cause=arrival.cause,
        detail=arrival.detail,
        decided_at=arrival.decided_at,
        sandbox=is_try,
    )


def _entry(entry: Entry) -> EntryFate:
    return EntryFate(
        list_id=entry.list_id,
        stage=entry.stage,
        record_revision=entry.record_revision,
        ends_at=entry.ends_at,
        removal_cause=entry.removal_cause,
    )


def _arrival(place: int, told: Mapping[str, str]) -> ArrivalFate:
    state = FateState(told.get("state", FateState.WAITING))
    content, fields = told.get("content", ""), dict[str, Any]()
    if state is FateState.WAITING:
        fields["waits_for"] = LISTING
    elif state is FateState.REFUSED:
        fields["reasons"] = msgspec.json.decode(content, type=tuple[Fault, ...])
    elif state is FateState.DEAD:
        fields["cause"], fields["detail"] = msgspec.json.decode(content, type=tuple[str, str])
    elif content == SilentEffect.WAITING:
        state, fields["waits_for"] = FateState.WAITING, ITS_ENTRY
    elif state is FateState.APPLIED:
        fields["effect"] = content
    return ArrivalFate(
        place=place,
        record_id=told.get("record", ""),
        record_revision=int(told.get("revision", 0)),
        event_id=told.get("event", ""),
        state=state,
        sequence=int(told.get("sequence", 0)),
        subject_id=SubjectId(told.get("subject", "")),
        decided_at=instant_of(int(told["at"])) if "at" in told else None,
        redriven=int(told["redriven"]) if "redriven" in told else None,
        again=int(told["again"]) if "again" in told else None,
        **fields,
    )
