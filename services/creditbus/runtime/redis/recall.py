"""Recall: what views knows of whom records have named, heard within a bound or not at all.

Both doors ask it for help and stop for nothing: while Redis is away or slow, one answer is waited
for, then nobody asks for some seconds. The gateway asks in its event loop, intake from the thread
of its worker; both ask Redis the same question.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

import msgspec
import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from creditbus.domain.aliases.namesakes import NOTHING_KNOWN, NamedBefore, RecordName
from creditbus.domain.ids import SubjectId
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.redis import served
from creditbus.runtime.redis.reads import REDIS, Serving, redis_reached
from creditbus.runtime.redis.served import Lease, split_place
from creditbus.runtime.settings import Settings
from creditbus.runtime.tls import redis_options

ANSWER_BOUND_S: Final = 0.25
"""How long a door waits to hear whom records have named before."""

REST_S: Final = 5.0
"""For how long nobody is asked after an answer that did not come."""

SCRIPT: Final = Path(__file__).with_suffix(".lua").read_text(encoding="utf-8")

_TURNED_AWAY: Final = frozenset({b"REFUSED", b"DEAD"})
_NAMES_ITS_SUBJECT: Final = frozenset({b"APPLIED", b""})
"""Of what counted, and of what nobody has decided yet."""

Known = dict[RecordName, NamedBefore]


class Respite:
    """The seconds for which nobody is asked after an answer that did not come."""

    def __init__(
        self, logger: structlog.stdlib.BoundLogger, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._logger = logger
        self._clock = clock
        self._until = float("-inf")
        self._is_away = False

    @property
    def lasts(self) -> bool:
        """Whether nobody is asked for now."""
        return self._clock() < self._until

    def begin(self, why: str) -> None:
        """Ask nobody for a while."""
        self._until = self._clock() + REST_S
        if not self._is_away:
            self._logger.info("nobody knows whom records have named", why=why)
        self._is_away = True

    def end(self) -> None:
        """Note that an answer came."""
        if self._is_away:
            self._logger.info("it is known again whom records have named")
        self._is_away = False


class Recall:
    """Asks in an event loop."""

    def __init__(
        self,
        named: Callable[[Sequence[RecordName]], Awaitable[Sequence[NamedBefore]]],
        respite: Respite,
    ) -> None:
        self._named = named
        self._respite = respite

    @classmethod
    def of(cls, serving: Serving, respite: Respite) -> Self:
        """Return what asks a Redis that others ask too."""
        return cls(partial(whom_named, serving), respite)

    @property
    def rests(self) -> bool:
        """Whether nobody is asked for now."""
        return self._respite.lasts

    async def named(self, records: Sequence[RecordName]) -> Sequence[NamedBefore]:
        """Return what is known of each record: nothing where no answer came in time."""
        if not self.rests:
            try:
                async with asyncio.timeout(ANSWER_BOUND_S):
                    found = await self._named(records)
            except (Unavailable, TimeoutError) as away:
                self._respite.begin(str(away) or f"no answer within {ANSWER_BOUND_S} s")
            else:
                self._respite.end()
                return found
        return [NOTHING_KNOWN] * len(records)


class ThreadRecall:
    """Asks from a thread that waits, over one connection.

    It is asked on a thread beside it, because looking up a server's address knows no bound.
    """

    def __init__(self, named: Callable[[Sequence[RecordName]], Known], respite: Respite) -> None:
        self._named = named
        self._respite = respite
        self._beside = ThreadPoolExecutor(1, "recall")
        self._asked: Future[Known] | None = None

    @classmethod
    def of(cls, settings: Settings, respite: Respite) -> Self:
        """Return what asks the Redis that the settings name, over TLS if they say so."""
        client = Redis.from_url(
            settings.redis,
            **redis_options(settings),
            socket_timeout=ANSWER_BOUND_S,
            socket_connect_timeout=ANSWER_BOUND_S,
            # One more try, for a connection that died while it lay idle.
            retry=Retry(NoBackoff(), 1),
        )

        def named(records: Sequence[RecordName]) -> Known:
            try:
                with redis_reached():
                    told: Any = client.eval(*_question(records))
            except RedisError as answer:
                # Whatever it is, it stops no worker: this is a help and no more.
                raise Unavailable(REDIS, str(answer), how="has no answer") from answer
            return _answer(records, told)

        return cls(named, respite)

    def named(self, records: Sequence[RecordName]) -> Known:
        """Return what is known of records: nothing of those that are new, and nothing too late."""
        if self._respite.lasts or (self._asked is not None and not self._asked.done()):
            return {}
        self._asked = self._beside.submit(self._named, records)
        try:
            found = self._asked.result(ANSWER_BOUND_S)
        except (Unavailable, NotInTime) as away:
            self._respite.begin(str(away) or f"no answer within {ANSWER_BOUND_S} s")
            return {}
        self._respite.end()
        return found


async def whom_named(serving: Serving, records: Sequence[RecordName]) -> list[NamedBefore]:
    """Return whom some records have named, as far as it is known.

    What was refused, or waits for its entry, names nobody. All are asked for by one command:
    a door asks before it lets anything in, and most records are new.
    """
    if not records:
        return []
    asked = _question(records)
    _, (told,) = await serving.ask_held(Lease.ALL, lambda ask: ask.eval(*asked))
    found = _answer(records, told)
    return [found.get(record, NOTHING_KNOWN) for record in records]


def _question(records: Sequence[RecordName]) -> tuple[str, int, str, bytes]:
    """Return what the command EVAL is given to be told whom records have named."""
    return SCRIPT, 0, served.PREFIX, msgspec.msgpack.encode(records)


def _answer(
    records: Sequence[RecordName], told: Iterable[tuple[int, bytes, bytes, bytes]]
) -> Known:
    """Return whom those of the records have named of which Redis has told anything."""
    arrivals: dict[int, list[tuple[bytes, bytes, bytes]]] = {}
    for number, *arrival in told:
        arrivals.setdefault(number, []).append((arrival[0], arrival[1], arrival[2]))
    return {records[number]: _named(each) for number, each in arrivals.items()}


def _named(arrivals: Iterable[tuple[bytes, bytes, bytes]]) -> NamedBefore:
    subjects, refused = set[SubjectId](), set[tuple[int, int]]()
    for place, state, subject in arrivals:
        if state in _TURNED_AWAY:
            refused.add(split_place(int(place)))
        elif state in _NAMES_ITS_SUBJECT and subject:
            subjects.add(SubjectId(subject.decode()))
    return NamedBefore(frozenset(subjects), frozenset(refused))
