"""Connect the feed: exposures from Redis, as a snapshot, as changes, and as a stream of them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Annotated, Final

from fastapi import Depends, FastAPI, Header, Query, Request, Response
from sse_starlette import EventSourceResponse

from creditbus.domain.ids import SubjectId
from creditbus.feed.decide import (
    Change,
    Changes,
    Reset,
    Snapshot,
    change_of,
    may_read,
    tellable,
    visible,
)
from creditbus.feed.streams import Stream
from creditbus.runtime.http.credentials import Caller, CallerRole, Credentials
from creditbus.runtime.http.problems import Forbidden, Gone
from creditbus.runtime.http.server import (
    Site,
    documented,
    http_app,
    is_known_still,
    json_answer,
    known_caller,
    run_http,
)
from creditbus.runtime.http.streams import PING_S
from creditbus.runtime.process import Process
from creditbus.runtime.redis.reads import Serving
from creditbus.runtime.redis.served import Cursor, ExposureLog
from creditbus.runtime.redis.tail import Tail

PAGE: Final = 500
WAIT_MAX_MS: Final = 20_000
SNAPSHOTS_AT_ONCE: Final = 4
_EVENTS: Final = (
    "Events named exposed and withdrawn, each with a Change, and reset with a Reset: what was told "
    "before it counts no more."
)
_NOBODY: Final = SubjectId("")


def run(process: Process) -> None:
    """Run the feed until it is stopped."""
    run_http(process, partial(build, process), process.settings.feed_port)


def build(process: Process) -> Site:
    """Return the feed's site."""
    feed = _Feed(process)
    app = http_app(
        process,
        "Credit bus feed of exposures",
        summary="What the public may see of the court list, and what it may see no longer.",
        lifespan=feed.open,
        speaks=(Snapshot, Changes, Change, Reset),
    )
    _route(app, process, feed)
    return Site(app, feed.check)


class _Feed:
    """What the feed holds while it is open, and its three ways of reading."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._serving = Serving.of(process.settings)
        self._tail = Tail(self._serving)
        self._snapshots = asyncio.Semaphore(SNAPSHOTS_AT_ONCE)

    @asynccontextmanager
    async def open(self, _app: FastAPI) -> AsyncIterator[None]:
        """Hold Redis and follow it for as long as the site is served."""
        try:
            async with self._tail.followed():
                yield
        finally:
            await self._serving.close()

    async def check(self) -> None:
        """Raise while exposures cannot be read."""
        await self._serving.standing(_NOBODY)

    async def snapshot(self) -> Response:
        """Answer all that may be seen now."""
        # Each answer is as large as all that stands: many at once would not fit into memory.
        async with self._snapshots:
            exposures, cursor = await self._tail.snapshot()
            at = self._process.clock.now()
            as_of = self._tail.as_of
            seen = Snapshot(exposures=visible(exposures, at), cursor=str(cursor), as_of=as_of)
            return _aged(seen, as_of, at)

    async def changes(self, after: str, *, limit: int, wait_ms: int) -> Response:
        """Answer what changed after a cursor; waits a while for the first change."""
        cursor = Cursor.of(after)
        if cursor is None:
            raise Gone(f"{after[:100]!r} is no cursor: read everything again, without after")
        log = await self._first(cursor, limit, wait_ms)
        at = self._process.clock.now()
        steps, is_all = tellable(log.changes, is_current=log.is_current)
        told = Changes(
            changes=[change_of(step.entry_id, step.exposure, at) for step in steps],
            cursor=str(log.changes[-1].cursor if is_all and log.changes else cursor),
            as_of=log.as_of,
            is_current=log.is_current,
        )
        return _aged(told, log.as_of, at)

    def stream(self, last: str, is_welcome: Callable[[], bool]) -> Stream:
        """Return the events for a reader that has heard one with this id last, or none."""
        return Stream(self._tail, self._process.clock, last, is_welcome)

    async def _first(self, cursor: Cursor, limit: int, wait_ms: int) -> ExposureLog:
        clock = asyncio.get_running_loop().time
        until = clock() + wait_ms / 1000
        while True:
            log = await self._serving.exposure_log(cursor, limit)
            if not log.follows(cursor):
                raise Gone("the cursor is of an earlier build: read everything again")
            left = until - clock()
            if log.changes or left <= 0:
                return log
            await self._tail.turned(left)


def _aged(told: Snapshot | Changes, as_of: datetime | None, at: datetime) -> Response:
    """Answer with the age of what is told in the header that caches use for it."""
    answer = json_answer(told)
    if as_of is not None:
        answer.headers["Age"] = str(max(0, int((at - as_of).total_seconds())))
    return answer


def _route(app: FastAPI, process: Process, feed: _Feed) -> None:
    credentials = Credentials.load(process.settings.tokens)
    known = known_caller(process, credentials, CallerRole.SUBSCRIBER)

    async def reader(caller: Annotated[Caller, Depends(known)]) -> Caller:
        if not may_read(process.catalogue.subscribers.get(caller.party)):
            raise Forbidden("EXPOSURES", f"{caller.party} does not read exposures")
        return caller

    @app.get(
        "/v1/exposures", dependencies=[Depends(reader)], **documented(gives=Snapshot | Changes)
    )
    async def exposures(
        after: Annotated[str | None, Query(description="A cursor; none for a snapshot.")] = None,
        limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE,
        wait_ms: Annotated[int, Query(ge=0, le=WAIT_MAX_MS)] = 0,
    ) -> Response:
        """Read all that may be seen now, or what changed after a cursor."""
        if after is None:
            return await feed.snapshot()
        return await feed.changes(after, limit=limit, wait_ms=wait_ms)

    @app.get(
        "/v1/exposures/stream",
        dependencies=[Depends(reader)],
        response_class=EventSourceResponse,
        responses={200: {"description": _EVENTS}},
    )
    async def stream(
        asked: Request,
        after: Annotated[str, Query(description="A cursor; none begins with what stands.")] = "",
        last_event_id: Annotated[str, Header(description="Where the last stream ended.")] = "",
    ) -> Response:
        """Follow the exposures for as long as you stay."""
        welcome = partial(is_known_still, process, credentials, asked)
        events = feed.stream(last_event_id or after, welcome).events()
        return EventSourceResponse(events, ping=PING_S)
