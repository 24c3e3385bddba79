"""Routes of the statements and of the stream: what is told of whole days, and of each moment."""

from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Depends, FastAPI, Header, Query, Request, Response
from sse_starlette import EventSourceResponse

from creditbus.domain.ids import SourceId
from creditbus.gateway.streams import FateStream
from creditbus.gateway.totals import TOTALS_MAX_BYTES, NumbersAnswer, StatementDesk
from creditbus.runtime.http.bodies import value_of
from creditbus.runtime.http.credentials import Caller, CallerRole, Credentials, TokenScope
from creditbus.runtime.http.server import documented, is_known_still, json_answer, known_caller
from creditbus.runtime.http.streams import PING_S
from creditbus.runtime.process import Process
from creditbus.runtime.redis.told import ToldFates
from creditbus.wire.answers import FateReset
from creditbus.wire.statements import JOSE, KEYS_PATH, ControlTotals, PublishedKeys

SPOKEN = (ControlTotals, PublishedKeys, NumbersAnswer, FateReset)
_EVENTS: Final = (
    "Events named fate, each with a RecordFate; begin, whose id is where the stream begins; and"
    " reset with a FateReset: something may have been left out, and the pages have it."
)

KnownCaller = Callable[..., Awaitable[Caller]]


def route_statements(
    app: FastAPI, desk: StatementDesk, asks: KnownCaller, announces: KnownCaller
) -> None:
    """Give the app the routes of the statements; the last two know a source that may do that.

    To announce is to state and to ask at once: the answer is what came of the day.
    """

    @app.get(KEYS_PATH, **documented(gives=PublishedKeys))
    async def statement_keys() -> Response:
        """Get the public keys with which statements are verified; anybody may."""
        return json_answer(await desk.keys())

    @app.post("/v1/control-totals", **_documented(takes=ControlTotals))
    async def control_totals(
        asked: Request, caller: Annotated[Caller, Depends(announces)]
    ) -> Response:
        """Announce what you have sent on a day, and get a signed statement of what came of it."""
        totals: ControlTotals = await value_of(asked, ControlTotals, TOTALS_MAX_BYTES)
        return _signed(await desk.announced(SourceId(caller.party), totals))

    @app.get("/v1/statements/{day}", **_documented())
    async def statement(day: date, caller: Annotated[Caller, Depends(asks)]) -> Response:
        """Get a signed statement of all that you have sent on a day, and what came of it."""
        return _signed(await desk.of_day(SourceId(caller.party), day))

    @app.get("/v1/numbers", **documented(gives=NumbersAnswer))
    async def numbers(caller: Annotated[Caller, Depends(asks)]) -> Response:
        """Learn which of your running numbers never came, and how often one went backward."""
        return json_answer(await desk.numbers(SourceId(caller.party)))


def route_stream(app: FastAPI, process: Process, fates: ToldFates) -> None:
    """Give the app the stream of fates."""
    credentials = Credentials.load(process.settings.tokens)
    asks = known_caller(process, credentials, CallerRole.SOURCE, CallerRole.BODY, to=TokenScope.ASK)

    @app.get(
        "/v1/fates/stream",
        response_class=EventSourceResponse,
        responses={HTTPStatus.OK.value: {"description": _EVENTS}},
    )
    async def stream(
        asked: Request,
        caller: Annotated[Caller, Depends(asks)],
        after: Annotated[str, Query(description="An event's id; none tells from now on.")] = "",
        last_event_id: Annotated[str, Header(description="Where the last stream ended.")] = "",
    ) -> Response:
        """Be told what becomes of your records, as soon as it is decided, for as long as you stay.

        Where something may have been left out, an event ``reset`` says so: the pages have it.
        """
        welcome = partial(is_known_still, process, credentials, asked)
        told = FateStream(fates, SourceId(caller.party), last_event_id or after, welcome)
        return EventSourceResponse(told.events(), ping=PING_S)


def _signed(compact: bytes) -> Response:
    return Response(compact, HTTPStatus.OK.value, {"Cache-Control": "no-store"}, JOSE)


def _documented(*, takes: Any = None) -> dict[str, Any]:
    """Return what a route's decorator is told that answers with a signed text."""
    told = documented(takes=takes)
    told["responses"][HTTPStatus.OK.value]["content"] = {JOSE: {"schema": {"type": "string"}}}
    return told
