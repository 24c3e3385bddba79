"""Routes of the statements: what is asked about whole days, and how it is answered."""

from collections.abc import Awaitable, Callable
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response

from creditbus.domain.ids import SourceId
from creditbus.gateway.totals import TOTALS_MAX_BYTES, NumbersAnswer, StatementDesk
from creditbus.runtime.http.bodies import value_of
from creditbus.runtime.http.credentials import Caller
from creditbus.runtime.http.server import documented, json_answer
from creditbus.wire.statements import JOSE, KEYS_PATH, ControlTotals, PublishedKeys

SPOKEN = (ControlTotals, PublishedKeys, NumbersAnswer)


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


def _signed(compact: bytes) -> Response:
    return Response(compact, HTTPStatus.OK.value, {"Cache-Control": "no-store"}, JOSE)


def _documented(*, takes: Any = None) -> dict[str, Any]:
    """Return what a route's decorator is told that answers with a signed text."""
    told = documented(takes=takes)
    told["responses"][HTTPStatus.OK.value]["content"] = {JOSE: {"schema": {"type": "string"}}}
    return told
