"""Connect the feed: exposures from Redis, as a snapshot, as changes, and as a stream of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated, Final

import msgspec
from fastapi import Depends, FastAPI, Header, Query, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from creditbus.domain.ids import SubjectId
from creditbus.feed.decide import Change, Changes, Snapshot, change_of, may_read, visible
from creditbus.runtime.http.credentials import Caller, CallerRole, Credentials
from creditbus.runtime.http.problems import Forbidden, Gone
from creditbus.runtime.http.server import (
    Site,
    documented,
    http_app,
    json_answer,
    known_caller,
    run_http,
)
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.runtime.redis.reads import CursorUnknown, Serving
from creditbus.runtime.redis.served import ExposureChange

PAGE: Final = 500
WAIT_MAX_MS: Final = 20_000
PING_S: Final = 15
_WAIT_MS: Final = 1_000
_AGAIN_MS: Final = 2_000
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
        speaks=(Snapshot, Changes, Change),
    )
    _route(app, process, feed)
    return Site(app, feed.check)


class _Feed:
    """What the feed holds while it is open, and its three ways of reading."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._serving = Serving.of(process.settings)

    @asynccontextmanager
    async def open(self, _app: FastAPI) -> AsyncIterator[None]:
        """Hold Redis for as long as the site is served."""
        try:
            yield
        finally:
            await self._serving.close()

    async def check(self) -> None:
        """Raise while exposures cannot be read."""
        await self._serving.standing(_NOBODY)

    async def snapshot(self) -> Snapshot:
        """Return all that may be seen now."""
        exposures, cursor = await self._serving.exposures()
        return Snapshot(exposures=visible(exposures, self._process.clock.now()), cursor=cursor)

    async def changes(self, cursor: str, *, limit: int, wait_ms: int) -> Changes:
        """Return what changed after a cursor; waits a while for the first change."""
        found = await self._after(cursor, limit, wait_ms)
        at = self._process.clock.now()
        return Changes(
            changes=[change_of(step.entry_id, step.exposure, at) for step in found],
            cursor=found[-1].cursor if found else cursor,
        )

    async def stream(self, cursor: str) -> AsyncIterator[ServerSentEvent]:
        """Yield every change after a cursor; without one, all that stands and then every change."""
        if not cursor:
            standing = await self.snapshot()
            for number, exposure in enumerate(standing.exposures, start=1):
                # Only the last one carries the cursor: a reader that broke off before begins anew.
                is_last = number == len(standing.exposures)
                exposed = change_of(exposure.entry_id, exposure, self._process.clock.now())
                yield _event(exposed, standing.cursor if is_last else None)
            cursor = standing.cursor
        while True:
            for step in await self._after(cursor, PAGE, _WAIT_MS):
                at = self._process.clock.now()
                yield _event(change_of(step.entry_id, step.exposure, at), step.cursor)
                cursor = step.cursor

    async def _after(self, cursor: str, limit: int, wait_ms: int) -> list[ExposureChange]:
        try:
            return await self._serving.exposures_after(cursor, limit, wait_ms)
        except CursorUnknown as unknown:
            raise Gone(str(unknown)) from unknown


def _event(change: Change, cursor: str | None) -> ServerSentEvent:
    return ServerSentEvent(
        msgspec.json.encode(change).decode(), event=change.change, id=cursor, retry=_AGAIN_MS
    )


async def _until_away(events: AsyncIterator[ServerSentEvent]) -> AsyncIterator[ServerSentEvent]:
    # A stream that has begun cannot say 503 or 410 any more: it ends, and the reader, coming back
    # with its last id, is told so then.
    try:
        async for event in events:
            yield event
    except (Unavailable, Gone):
        return


async def _begun(events: AsyncIterator[ServerSentEvent]) -> AsyncIterator[ServerSentEvent]:
    """Return the events after asking for the first one, whose failure is still told as a status."""
    first: asyncio.Future[ServerSentEvent] = asyncio.ensure_future(anext(events))
    await asyncio.wait([first], timeout=_WAIT_MS / 1000)
    if first.done():
        first.result()

    async def all_of_them() -> AsyncIterator[ServerSentEvent]:
        yield await first
        async for event in events:
            yield event

    return _until_away(all_of_them())


def _route(app: FastAPI, process: Process, feed: _Feed) -> None:
    known = known_caller(process, Credentials.load(process.settings.tokens), CallerRole.SUBSCRIBER)

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
            return json_answer(await feed.snapshot())
        return json_answer(await feed.changes(after, limit=limit, wait_ms=wait_ms))

    @app.get(
        "/v1/exposures/stream",
        dependencies=[Depends(reader)],
        response_class=EventSourceResponse,
        responses={200: {"description": "Events named exposed and withdrawn; each is a Change."}},
    )
    async def stream(
        after: Annotated[str, Query(description="A cursor; none begins with what stands.")] = "",
        last_event_id: Annotated[str, Header(description="Where the last stream ended.")] = "",
    ) -> Response:
        """Follow the exposures for as long as you stay."""
        events = await _begun(feed.stream(last_event_id or after))
        return EventSourceResponse(events, ping=PING_S)
