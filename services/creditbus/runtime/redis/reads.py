"""Reads: what Redis says of standings, exposures, directives and refusals, or that it cannot say.

Everything here is derived from the topics by views. Each reader asks for the marker and the view in
one transaction, so that an answer is never made from a Redis that is being built: the reader raises
then, and HTTP says 503.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any, Final, Self, TypeVar

import msgspec
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError, ResponseError
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import TimeoutError as RedisSilent

from creditbus.domain.acts.letters import UnreadNotice
from creditbus.domain.acts.refusals import Reason, Refusal
from creditbus.domain.calendar import instant_of
from creditbus.domain.effects.directives import Action
from creditbus.domain.effects.exposures import Exposure
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.entries.entry import Stage
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import BodyId, EntryId, ListId, ObligationId, SourceId, SubjectId
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.redis import served
from creditbus.runtime.redis.announcements import Announcements
from creditbus.runtime.redis.errands import Errands
from creditbus.runtime.redis.inventories import Inventories
from creditbus.runtime.redis.repeats import Repeats
from creditbus.runtime.redis.served import (
    Cursor,
    ExposureChange,
    ExposureLog,
    Lease,
    Overview,
    OwedCounts,
    SourceCounts,
)
from creditbus.runtime.redis.writes import Storing
from creditbus.runtime.settings import Settings
from creditbus.runtime.tls import redis_options

T = TypeVar("T", bound=msgspec.Struct)
REDIS: Final = "redis"
VIEWS: Final = "views"
ANSWER_BOUND_S: Final = 2.0
TURN_BOUND_S: Final = 10.0
"""How long a question may wait for its turn before it is told that Redis does not keep up."""

CONNECTIONS: Final = 8
_AT_ONCE: Final = 500
_NOT_SERVING: Final = ("LOADING", "BUSY", "MASTERDOWN", "READONLY")
"""How Redis begins its answer while it cannot serve, though it answers."""

Part = Callable[[Pipeline], object]
"""One question of a transaction."""


class Rebuilding(Unavailable):
    """Redis answers, but does not hold everything yet."""

    def __init__(self) -> None:
        super().__init__(
            VIEWS,
            "Redis does not hold all that Kafka does, or nobody has said so of late; ask again in"
            " a moment, and look at the service views if that does not help",
            how="are not complete",
        )


class _Held(msgspec.Struct, frozen=True, kw_only=True):
    """What Redis says of all that it holds: whether it is recent, and as of when it is whole."""

    is_current: bool
    as_of: datetime | None


class CursorUnknown(Exception):
    """The cursor is of an earlier build of Redis: read everything again and go on from there."""


@contextmanager
def redis_reached() -> Iterator[None]:
    """Turn whatever says that Redis is away into ``Unavailable``."""
    try:
        yield
    except (AuthenticationError, NoPermissionError) as refusal:
        raise Unavailable(
            REDIS,
            f"{refusal}; check the user and password in CREDITBUS_REDIS",
            how="refuses the login",
        ) from refusal
    except (RedisAway, RedisSilent, OSError) as away:
        raise Unavailable(REDIS, str(away)) from away
    except ResponseError as refusal:
        if str(refusal).startswith(_NOT_SERVING):
            raise Unavailable(REDIS, str(refusal)) from refusal
        raise


class Serving:
    """The readers of one Redis; ``url`` holds its password, ``tls`` is for ``rediss://`` alone."""

    def __init__(
        self, url: str, tls: Mapping[str, Any] | None = None, connections: int = CONNECTIONS
    ) -> None:
        # Whoever finds every connection taken waits for one: a crowd is no outage.
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=connections,
            timeout=TURN_BOUND_S,
            **(tls or {}),
            socket_timeout=ANSWER_BOUND_S,
            socket_connect_timeout=ANSWER_BOUND_S,
            # One more try, for a connection that died while it lay idle.
            retry=Retry(NoBackoff(), 1),
        )
        self._client = Redis.from_pool(pool)
        self.storing = Storing(self._client)
        self.repeats = Repeats(self._client)
        self.inventories = Inventories(self._client)
        self.announcements = Announcements(self._client)
        self.errands = Errands(self._client)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the readers of the Redis that the settings name, over TLS if they say so."""
        return cls(settings.redis, redis_options(settings), settings.redis_connections)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def standing(self, subject: SubjectId) -> Standing | None:
        """Return a subject's standing, None for a subject that was never named."""
        asked = content_at(served.standing_key(subject))
        (content,) = await self.ask_current(Lease.STANDINGS, asked)
        return msgspec.json.decode(content, type=Standing) if content is not None else None

    async def exposures(self) -> tuple[list[Exposure], Cursor]:
        """Return everything the public may see, and the cursor from which to follow.

        What changes while this is read may be in both; following repeats it and loses nothing.
        """
        number, entries, build = await self.ask_current(
            Lease.EXPOSURES,
            lambda ask: ask.get(served.EXPOSURE_NUMBER),
            lambda ask: ask.smembers(served.EXPOSED),
            lambda ask: ask.get(served.BUILD),
        )
        is_current, found = await self._exposures_held([each.decode() for each in sorted(entries)])
        if not is_current:
            raise Rebuilding
        cursor = Cursor((build or b"").decode(), int(number or 0))
        return [each for each in found if each is not None], cursor

    async def exposures_after(self, cursor: Cursor, limit: int) -> list[ExposureChange]:
        """Return what changed after a cursor; raises ``CursorUnknown`` for one of another build."""
        log = await self.exposure_log(cursor, limit)
        if not log.follows(cursor):
            raise CursorUnknown("the cursor is of an earlier build; read everything again")
        if not log.is_current:
            raise Rebuilding
        return log.changes

    async def exposure_log(self, cursor: Cursor | None, limit: int) -> ExposureLog:
        """Return what changed after a cursor, though a withdrawal may be missing by now.

        Without a cursor, or with one of another build, it has no changes and tells where they end.
        Raises ``Rebuilding`` while what Redis holds is not whole.
        """
        number = cursor.number if cursor is not None else 0
        held, (build, last, found) = await self.ask_held(
            Lease.EXPOSURES,
            lambda ask: ask.get(served.BUILD),
            lambda ask: ask.get(served.EXPOSURE_NUMBER),
            lambda ask: ask.zrangebyscore(
                served.EXPOSURE_LOG, f"({number}", "+inf", 0, limit, withscores=True
            ),
        )
        named = (build or b"").decode()
        taken = found if cursor is not None and cursor.build == named else []
        entries = [entry.decode() for entry, _ in taken]
        reached, exposures = await self._exposures_held(entries)
        changes = [
            ExposureChange(
                cursor=Cursor(named, int(score)), entry_id=EntryId(entry), exposure=exposure
            )
            for (_, score), entry, exposure in zip(taken, entries, exposures, strict=True)
        ]
        return ExposureLog(
            changes=changes,
            end=changes[-1].cursor if changes else Cursor(named, int(last or 0)),
            is_current=held.is_current and reached,
            as_of=held.as_of,
        )

    async def refusals_after(
        self, source: SourceId, cursor: str, limit: int
    ) -> list[tuple[str, Refusal]]:
        """Return a source's refusals after a cursor, each with its own; empty is the beginning.

        Raises ``CursorUnknown`` for a text that is no cursor.
        """
        return await self._told(served.refusals_key(source), Refusal, cursor, limit)

    async def unread_after(
        self, source: SourceId, cursor: str, limit: int
    ) -> list[tuple[str, UnreadNotice]]:
        """Return the notices of a source's unreadable records, as ``refusals_after`` does."""
        return await self._told(served.unread_key(source), UnreadNotice, cursor, limit)

    async def _told(self, key: str, kind: type[T], cursor: str, limit: int) -> list[tuple[str, T]]:
        if not served.is_number(cursor or "0"):
            raise CursorUnknown(f"{cursor!r} is no cursor; begin with an empty one")
        start = f"({cursor}-0" if cursor else "-"
        (found,) = await self.ask_current(
            Lease.REFUSALS, lambda ask: ask.xrange(key, min=start, count=limit)
        )
        return [
            (number.decode().partition("-")[0], _decode(kind, fields[b"content"]))
            for number, fields in found
        ]

    async def owed(self, body: BodyId | None = None) -> list[Obligation]:
        """Return what one body or every body owes: lifts first, then the oldest first."""
        bodies = [body] if body is not None else await self.bodies()
        asked = [served.owed_key(each, action) for action in served.WAYS for each in bodies]
        if not asked:
            return []
        found = await self.ask_current(
            Lease.ALL, *((lambda ask, key=key: ask.zrange(key, 0, -1)) for key in asked)
        )
        owed = await self._obligations([each.decode() for group in found for each in group])
        return [each for each in owed if each is not None and each.is_owed]

    async def bodies(self) -> list[BodyId]:
        """Return the bodies that ever owed anything."""
        return _body_ids(*await self.ask_current(Lease.ALL, _bodies))

    async def obligation(self, obligation: ObligationId) -> Obligation | None:
        """Return an obligation as delivery last knew it, settled or not."""
        (found,) = await self._obligations([obligation])
        return found

    async def obligations_of(self, names: Sequence[ObligationId]) -> list[Obligation]:
        """Return those of these obligations that were ever stated, as delivery last knew them."""
        found = await self._obligations(names)
        return [each for each in found if each is not None]

    async def overview(self) -> Overview:
        """Return the bus at a glance, be it as of some time ago: it says of when it is."""
        _, (named_bodies,) = await self.ask_held(Lease.ALL, _bodies)
        bodies = _body_ids(named_bodies)
        held, (counts, exposures, said, *owed) = await self.ask_held(
            Lease.ALL,
            lambda ask: ask.hgetall(served.COUNTS),
            lambda ask: ask.scard(served.EXPOSED),
            lambda ask: ask.hgetall(served.SAID),
            *(part for body in bodies for part in _owed_parts(body)),
        )
        named = {field.decode(): int(count) for field, count in counts.items()}
        triples = zip(owed[0::3], owed[1::3], owed[2::3], strict=True)
        return Overview(
            subjects=named.get("subjects", 0),
            exposures=exposures,
            topics=_counted(named, "topic"),
            entries=_entries(named),
            sources=_sources(named),
            reasons={Reason(reason): n for reason, n in _counted(named, "reason").items()},
            owed={
                body: OwedCounts(
                    applies=applies,
                    lifts=lifts,
                    oldest_lift_at=instant_of(oldest[0][1]) if oldest else None,
                    said=said.get(body.encode(), b"").decode(),
                )
                for body, (applies, lifts, oldest) in zip(bodies, triples, strict=True)
            },
            as_of=held.as_of,
            is_current=held.is_current,
        )

    @asynccontextmanager
    async def reached(self) -> AsyncIterator[None]:
        """Turn whatever says that Redis is away into ``Unavailable``."""
        with redis_reached():
            yield

    async def ask_current(self, lease: Lease, *parts: Part) -> list[Any]:
        """Return the answers of a Redis that holds everything but the last few seconds."""
        held, answers = await self.ask_held(lease, *parts)
        if not held.is_current:
            raise Rebuilding
        return answers

    async def ask_held(self, lease: Lease, *parts: Part) -> tuple[_Held, list[Any]]:
        """Return the answers of a Redis that holds everything up to some instant, and which."""
        async with self.reached(), self._client.pipeline(transaction=True) as ask:
            for part in (_marker(lease), _as_of(lease), *parts):
                part(ask)
            is_complete, as_of, *answers = await ask.execute()
        if not is_complete and as_of is None:
            raise Rebuilding
        at = instant_of(float(as_of)) if as_of is not None else None
        return _Held(is_current=bool(is_complete), as_of=at), answers

    async def _exposures_held(self, entries: Sequence[str]) -> tuple[bool, list[Exposure | None]]:
        """Return what entries show, and whether Redis was current throughout."""
        is_current, found = True, list[Exposure | None]()
        for start in range(0, len(entries), _AT_ONCE):
            part = entries[start : start + _AT_ONCE]
            keys = (content_at(served.exposure_key(entry)) for entry in part)
            held, contents = await self.ask_held(Lease.EXPOSURES, *keys)
            is_current = is_current and held.is_current
            found += [_decode(Exposure, each) if each is not None else None for each in contents]
        return is_current, found

    async def _obligations(self, names: Sequence[str]) -> list[Obligation | None]:
        found: list[Obligation | None] = []
        for start in range(0, len(names), _AT_ONCE):
            part = names[start : start + _AT_ONCE]
            keys = (content_at(served.obligation_key(name)) for name in part)
            contents = await self.ask_current(Lease.ALL, *keys)
            found += [_decode(Obligation, each) if each is not None else None for each in contents]
        return found


def _marker(lease: Lease) -> Part:
    return lambda ask: ask.exists(served.marker_key(lease))


def _as_of(lease: Lease) -> Part:
    return lambda ask: ask.hget(served.AS_OF, lease)


def _bodies(ask: Pipeline) -> object:
    return ask.smembers(served.BODIES)


def _body_ids(members: Iterable[bytes]) -> list[BodyId]:
    return sorted(BodyId(body.decode()) for body in members)


def content_at(key: str) -> Part:
    """Return the question of what lies at a key."""
    return lambda ask: ask.hget(key, "content")


def _owed_parts(body: BodyId) -> Sequence[Part]:
    applies, lifts = served.owed_key(body, Action.APPLY), served.owed_key(body, Action.LIFT)
    return (
        lambda ask: ask.zcard(applies),
        lambda ask: ask.zcard(lifts),
        lambda ask: ask.zrange(lifts, 0, 0, withscores=True),
    )


def _counted(named: dict[str, int], kind: str) -> dict[str, int]:
    return {
        field.removeprefix(f"{kind} "): count
        for field, count in sorted(named.items())
        if field.startswith(f"{kind} ")
    }


def _entries(named: dict[str, int]) -> dict[ListId, dict[Stage, int]]:
    found: dict[ListId, dict[Stage, int]] = {}
    for place, count in _counted(named, "entries").items():
        list_id, _, stage = place.rpartition(" ")
        found.setdefault(ListId(list_id), {})[Stage(stage)] = count
    return found


def _sources(named: dict[str, int]) -> dict[SourceId, SourceCounts]:
    kinds = {field: _counted(named, field) for field in SourceCounts.__struct_fields__}
    # What was received is counted by partition of the inbox: ``received_field``.
    found: dict[SourceId, Counter[str]] = {}
    for kind, counts in kinds.items():
        for name, count in counts.items():
            source = SourceId(name.partition("/")[0])
            found.setdefault(source, Counter())[kind] += count
    return {source: SourceCounts(**found[source]) for source in sorted(found)}


def _decode(kind: type[Any], content: bytes) -> Any:
    return msgspec.json.decode(content, type=kind)
