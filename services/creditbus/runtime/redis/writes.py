"""Writes: what views writes to Redis, once for each record and never back to a lower revision.

All writes of one partition go in one script, which also moves the partition's position: so a record
counts once however often it is read, and writes that Redis has lost are noticed before others hide
the gap.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, cast

import msgspec
from redis.asyncio import Redis

from creditbus.domain.acts.events import Envelope
from creditbus.domain.acts.interventions import Intervention
from creditbus.domain.acts.letters import notice_of
from creditbus.domain.acts.records import ID_CHARACTERS
from creditbus.domain.acts.refusals import DeadLetter, Duplicate, Refusal
from creditbus.domain.calendar import instant_of, millis_of
from creditbus.domain.effects.exposures import Exposure
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import EntryId
from creditbus.runtime.redis.served import (
    AS_OF,
    BUILD,
    CAUGHT_UP,
    COMPLETE,
    FATES_KEPT,
    LAYOUTS,
    LEASE_S,
    MARKERS,
    POSITIONS,
    PREFIX,
    TOLD_KEPT,
    Lease,
    marker_key,
    place_in_inbox,
    received_field,
    split_place,
)
from creditbus.wire.answers import FateState
from creditbus.wire.topics import INBOX_PREFIX, party_of_inbox

SCRIPT: Final = (
    Path(__file__)
    .with_suffix(".lua")
    .read_text(encoding="utf-8")
    .replace("TOLD_KEPT", str(TOLD_KEPT))
)
NUMBERS: Final = Path(__file__).with_name("numbers.lua").read_text(encoding="utf-8")
LEASE: Final = """
local build, now = redis.call('GET', KEYS[1]), redis.call('TIME')
if not build or tonumber(ARGV[1]) <= now[1] * 1000 + now[2] / 1000 then
  return 0
end
redis.call('SET', KEYS[2], build, 'PXAT', ARGV[1])
redis.call('HSET', KEYS[3], ARGV[3], ARGV[2])
return 1
"""
"""One step, so that a Redis flushed meanwhile, and so without a build, gets no marker."""
NUMBERS_END: Final = 2**53
"""From here on a running number is not followed."""

NumberRow = tuple[int, int, int, str]
"""A running number: its place, itself, until when it is known, and where it was first sent."""

_CLEARED_AT_ONCE: Final = 1000
_BEHIND: Final = -1


class FateOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a record: its state, what is told beside it, and which record it is.

    Where the fact does not name its record, that is known by its place in the inbox.
    """

    state: FateState
    content: str = ""
    record_id: str = ""
    record_revision: int = 0
    event_id: str = ""
    sequence: int = 0


class Behind(Exception):
    """Redis has lost writes that it had confirmed: read the topics again from its positions."""


class Writes:
    """The writes of one partition, collected in the order of its records.

    ``known`` is how far the partition was written when it was last heard of.
    """

    def __init__(self, topic: str, partition: int, known: int) -> None:
        self.topic = topic
        self.partition = partition
        self.known = known
        self.following = known
        self.collected: list[tuple[Any, ...]] = []
        self.fates: list[tuple[Any, ...]] = []
        self.received: dict[str, int] = {}
        self.numbers: dict[str, list[NumberRow]] = {}

    def pass_by(self, offset: int, origin: str = "") -> None:
        """Note that a record was read, and from which place of which inbox the fact in it came."""
        self.following = max(self.following, offset + 1)
        found = _in_inbox(origin)
        if found is not None:
            source, place = found
            number, offset = split_place(place)
            field = received_field(source, number)
            self.received[field] = max(self.received.get(field, 0), offset + 1)

    def put_standing(self, offset: int, standing: Standing) -> None:
        """Put a subject's standing in place of a lower revision."""
        places = [f"{entry.list_id} {entry.stage}" for entry in standing.entries]
        content = _json(standing)
        self._add(offset, "standing", standing.subject_id, standing.revision, content, places)

    def put_exposure(self, offset: int, exposure: Exposure) -> None:
        """Put an entry's exposure in place of a lower revision."""
        self._add(offset, "exposure", exposure.entry_id, exposure.revision, _json(exposure))

    def withdraw_exposure(self, offset: int, entry: EntryId) -> None:
        """Take an exposure away; that it was withdrawn is all that is left of it."""
        self._add(offset, "withdrawal", entry)

    def put_obligation(self, offset: int, obligation: Obligation) -> None:
        """Put an obligation as it stands now in place of what was known of it."""
        self._add(
            offset,
            "obligation",
            obligation.obligation_id,
            obligation.revision,
            obligation.body,
            obligation.action,
            millis_of(obligation.stated_at),
            int(obligation.is_owed),
            _last_said(obligation),
            _json(obligation),
        )

    def pass_counted(self, offset: int) -> None:
        """Count a record of which nothing is kept."""
        self._add(offset, "counted")

    def put_refusal(self, offset: int, refusal: Refusal) -> None:
        """Add a refusal to those that its source may read; what was only tried counts apart."""
        if refusal.is_tried:
            self._add(offset, "tried", refusal.source, _json(refusal))
            return
        self._add(offset, "refusal", refusal.source, refusal.reason, _json(refusal))

    def put_duplicate(self, offset: int, duplicate: Duplicate) -> None:
        """Count a duplicate."""
        self._add(offset, "duplicate", duplicate.source)

    def put_dead_letter(self, offset: int, letter: DeadLetter) -> None:
        """Add what the sender of a dead letter is told of it."""
        self._add(offset, "dead_letter", letter.source, _json(notice_of(letter)))

    def put_intervention(self, offset: int, intervention: Intervention) -> None:
        """Add what a person has done to the bus to those acts that are shown."""
        self._add(offset, "intervention", millis_of(intervention.at), _json(intervention))

    def note_admitted(
        self, offset: int, origin: str, envelope: Envelope, told_at: datetime, first_sent: str = ""
    ) -> None:
        """Note that a record of an inbox is in the log, about which subject.

        ``first_sent`` is where its sender put it, if a person has put it in once more since.
        """
        found = _in_inbox(origin)
        if found is not None:
            redriven = _redriven(first_sent)
            told = (*found, *_identity(envelope), redriven, envelope.subject_id)
            self.fates.append((offset, "admitted", _until(told_at), *told))
            self._number(*found, envelope.sequence, _until(told_at), redriven)

    def note_outcome(
        self,
        offset: int,
        origin: str,
        outcome: FateOutcome,
        told_at: datetime,
        first_sent: str = "",
    ) -> None:
        """Note what became of a record of an inbox; the first that is told of it counts."""
        found = _in_inbox(origin)
        if found is not None:
            redriven = _redriven(first_sent)
            said = (outcome.state, outcome.content, millis_of(told_at))
            told = (*found, *_identity(outcome), redriven, *said)
            self.fates.append((offset, "outcome", _until(told_at), *told))
            self._number(*found, outcome.sequence, _until(told_at), redriven)

    def _number(self, source: str, place: int, sequence: int, until_ms: int, redriven: str) -> None:
        """Note the source's own running number of a record; 0 is none."""
        # The server counts in floating point: a number that is not exact there is not followed.
        if 0 < sequence < NUMBERS_END:
            row = (place, sequence, until_ms, redriven)
            self.numbers.setdefault(source, []).append(row)

    def _add(self, offset: int, kind: str, *content: object) -> None:
        self.pass_by(offset)
        self.collected.append((offset, kind, *content))


class Storing:
    """The writing side of Redis, for views alone."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._script = client.register_script(SCRIPT)
        self._numbers = client.register_script(NUMBERS)
        self._lease = client.register_script(LEASE)

    async def write(self, *writes: Writes) -> list[int]:
        """Write what was collected of each partition and return how far each is written.

        All go to the server in one message, and each partition's in one step. Raises ``Behind``
        when Redis has lost what it held of one of them; the others are written then.
        """
        if not writes:
            return []
        numbers = _numbers(writes)
        async with self._client.pipeline(transaction=False) as pipeline:
            if numbers:
                packed = msgspec.msgpack.encode(numbers)
                await self._numbers(args=[PREFIX, packed], client=pipeline)
            for each in writes:
                await self._script(args=_arguments(each), client=pipeline)
            answers = await pipeline.execute()
        found = [int(following) for following in answers[-len(writes) :]]
        for each, following in zip(writes, found, strict=True):
            if following == _BEHIND:
                raise Behind(f"Redis is behind {each.known} in {each.topic}/{each.partition}")
        return found

    async def positions(self) -> dict[tuple[str, int], int]:
        """Return how far each partition is written."""
        held = await cast(Awaitable[dict[bytes, bytes]], self._client.hgetall(POSITIONS))
        return {_place(field.decode()): int(offset) for field, offset in held.items()}

    async def begin(self) -> None:
        """Say that Redis is incomplete, and name the build unless one has begun."""
        await self._client.delete(*MARKERS)
        seconds, micros = await self._client.time()
        await self._client.set(BUILD, f"{seconds}{micros:06d}", nx=True)

    async def now(self) -> int:
        """Return the instant by the server's clock, in milliseconds: a lease runs from one."""
        seconds, micros = await self._client.time()
        return int(seconds) * 1000 + int(micros) // 1000

    async def complete(self, since: int | None = None) -> bool:
        """Say that Redis holds all that lay in the topics at an instant of the server's clock.

        The lease runs from that instant, by default the present one. Returns whether it was said:
        not of an instant that is too long ago, and not of a Redis that never began.
        """
        if since is None:
            since = await self.now()
        return Lease.ALL in await self.renew(dict.fromkeys(Lease, since))

    async def renew(self, reached: Mapping[Lease, int]) -> set[Lease]:
        """Let each lease run from the instant up to which all that it is about is handled.

        Returns those that run.
        """
        running = set()
        for lease, since in reached.items():
            keys = [BUILD, marker_key(lease), AS_OF]
            until = since + int(LEASE_S * 1000)
            if await self._lease(keys=keys, args=[until, since, lease]):
                running.add(lease)
        return running

    async def is_complete(self) -> bool:
        """Return whether the marker is there."""
        return bool(await self._client.exists(COMPLETE))

    async def is_begun(self) -> bool:
        """Return whether Redis has a build, complete or not; a flushed one has none."""
        return bool(await self._client.exists(BUILD))

    async def caught_up_at(self) -> datetime | None:
        """Return when Redis was last said to miss nothing, None when that is not known."""
        held = await self._client.get(CAUGHT_UP)
        return instant_of(int(held)) if held is not None else None

    async def note_caught_up(self, at: datetime) -> None:
        """Note that Redis misses nothing that was ever said up to an instant."""
        await self._client.set(CAUGHT_UP, millis_of(at))

    async def clear(self) -> None:
        """Remove all that was ever stored, the markers first, in whatever layout."""
        await self._client.delete(*MARKERS, AS_OF)
        found = self._client.scan_iter(match=LAYOUTS, count=_CLEARED_AT_ONCE)
        held = [key async for key in found]
        for start in range(0, len(held), _CLEARED_AT_ONCE):
            await self._client.unlink(*held[start : start + _CLEARED_AT_ONCE])


def _numbers(writes: Sequence[Writes]) -> dict[str, list[NumberRow]]:
    """Return the running numbers of each source, by their places in its inbox."""
    found: dict[str, list[NumberRow]] = {}
    for each in writes:
        for source, rows in each.numbers.items():
            found.setdefault(source, []).extend(rows)
    return {source: sorted(rows) for source, rows in found.items()}


def _arguments(writes: Writes) -> list[Any]:
    return [
        PREFIX,
        writes.topic,
        writes.partition,
        writes.known,
        writes.following,
        msgspec.msgpack.encode(writes.collected),
        msgspec.msgpack.encode(writes.received),
        msgspec.msgpack.encode(writes.fates),
    ]


def _in_inbox(origin: str) -> tuple[str, int] | None:
    """Return whose inbox an origin is in, and its place there; None for any other topic."""
    inbox, _, place = origin.partition("/")
    if not inbox.startswith(INBOX_PREFIX):
        return None
    partition, _, offset = place.partition("/")
    return party_of_inbox(inbox), place_in_inbox(int(partition), int(offset))


def _redriven(first_sent: str) -> str:
    """Return at which place of its inbox a redriven record was first sent; nothing of others."""
    found = _in_inbox(first_sent)
    return "" if found is None else str(found[1])


def _identity(named: Envelope | FateOutcome) -> tuple[str, int, str]:
    # An id that is too long is refused, and found again by its beginning.
    record_id, event_id = named.record_id[:ID_CHARACTERS], named.event_id[:ID_CHARACTERS]
    return record_id, named.record_revision, event_id


def _until(told_at: datetime) -> int:
    return millis_of(told_at + FATES_KEPT)


def _last_said(obligation: Obligation) -> str:
    """Return what the last attempt brought, nothing before the first."""
    if not obligation.tries:
        return ""
    parts = (obligation.outcome, obligation.status and f"HTTP {obligation.status}")
    said = " ".join(str(part) for part in parts if part)
    return ": ".join(dict.fromkeys(part for part in (said, obligation.detail) if part))


def _json(value: msgspec.Struct) -> str:
    # Text: the server's own msgpack knows no bytes.
    return msgspec.json.encode(value).decode()


def _place(field: str) -> tuple[str, int]:
    topic, _, partition = field.rpartition("/")
    return topic, int(partition)
