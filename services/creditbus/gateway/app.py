"""Connect the gateway: HTTP in, the caller's own inbox out, a receipt back."""

from functools import partial
from http import HTTPStatus
from typing import Annotated, Final

import msgspec
from fastapi import Depends, FastAPI, Header, Path, Query, Request, Response

from creditbus.domain.acts.records import ID_CHARACTERS
from creditbus.domain.ids import SourceId
from creditbus.gateway.batches import Batch
from creditbus.gateway.decide import acknowledgement_of
from creditbus.gateway.door import Door
from creditbus.gateway.fates import WAIT_MOST_S
from creditbus.gateway.files import FILE_BOUND_S, FILE_KINDS, FILE_MAX_BYTES, FileDesk
from creditbus.gateway.keys import HEADER
from creditbus.gateway.refusals import RefusalPage, page_after
from creditbus.gateway.routes import SPOKEN as STATEMENTS
from creditbus.gateway.routes import route_statements, route_stream
from creditbus.gateway.submissions import AcknowledgementSubmission, EventSubmission, Receipt
from creditbus.gateway.totals import StatementDesk
from creditbus.runtime.http.bodies import body_of, value_of
from creditbus.runtime.http.credentials import Caller, CallerRole, Credentials, TokenScope
from creditbus.runtime.http.languages import preferred
from creditbus.runtime.http.lines import NDJSON, documented_lines, streamed
from creditbus.runtime.http.server import (
    Site,
    documented,
    http_app,
    json_answer,
    known_caller,
    run_http,
)
from creditbus.runtime.http.unpacked import lines_of
from creditbus.runtime.process import Process
from creditbus.runtime.redis.served import OFFSETS, place_in_inbox
from creditbus.wire.answers import BatchLine, FileLine, ReceiptPage, RecordFate, RecordFates
from creditbus.wire.topics import INBOX_PARTITIONS

PAGE: Final = 500
PARTIES: Final = (CallerRole.SOURCE, CallerRole.BODY)

Partition = Annotated[
    int, Query(ge=0, lt=INBOX_PARTITIONS, description="Of your inbox, as the receipt has it.")
]
DryRun = Annotated[bool, Query(description="Only say what is wrong, and take nothing.")]
Wait = Annotated[
    int, Query(ge=0, le=WAIT_MOST_S, description="Seconds to wait until it is decided.")
]

Key = Annotated[
    str,
    Header(alias=HEADER, description="The same key with the same content has one receipt."),
]


SPOKEN: Final = (
    *(EventSubmission, AcknowledgementSubmission, Receipt, RefusalPage),
    *(RecordFate, RecordFates, ReceiptPage, FileLine, BatchLine, *STATEMENTS),
)


def run(process: Process) -> None:
    """Run the gateway until it is stopped."""
    run_http(process, partial(build, process), process.settings.gateway_port)


def build(process: Process) -> Site:
    """Return the gateway's site; waits for the registry, whose ids it frames records with."""
    door = Door(process)
    app = http_app(
        process,
        "Credit bus gateway",
        summary="File credit events and acknowledgements; learn what was refused.",
        lifespan=door.open,
        speaks=SPOKEN,
    )
    _route(app, process, door)
    _route_fates(app, process, door)
    _route_files(app, process, door)
    route_stream(app, process, door.told)
    credentials = Credentials.load(process.settings.tokens)
    asks = known_caller(process, credentials, CallerRole.SOURCE, to=TokenScope.ASK)
    announces = known_caller(process, credentials, CallerRole.SOURCE)
    route_statements(app, StatementDesk(process, door.serving), asks, announces)
    return Site(app, door.check)


def _route(app: FastAPI, process: Process, door: Door) -> None:
    credentials = Credentials.load(process.settings.tokens)
    source = known_caller(process, credentials, CallerRole.SOURCE, to=TokenScope.STATE)
    body = known_caller(process, credentials, CallerRole.BODY, to=TokenScope.STATE)
    party = known_caller(process, credentials, *PARTIES, to=TokenScope.ASK)

    @app.post(
        "/v1/events",
        **documented(takes=EventSubmission, gives=Receipt, status=HTTPStatus.ACCEPTED),
    )
    async def file_event(
        asked: Request, caller: Annotated[Caller, Depends(source)], key: Key = ""
    ) -> Response:
        """File one event, or learn every mistake in it that needs no knowledge of other records.

        The receipt says that the broker holds it; what became of it is asked by its record id.
        """
        submission: msgspec.Struct = await value_of(asked, EventSubmission)
        return await door.take(door.event_of(submission, caller), submission, key)

    @app.post(
        "/v1/acknowledgements",
        **documented(takes=AcknowledgementSubmission, gives=Receipt, status=HTTPStatus.ACCEPTED),
    )
    async def acknowledge(
        asked: Request, caller: Annotated[Caller, Depends(body)], key: Key = ""
    ) -> Response:
        """Answer a directive after its delivery: what became of it."""
        submission = await value_of(asked, AcknowledgementSubmission)
        answer = acknowledgement_of(submission, caller.party, at=process.clock.now())
        return await door.take(answer, submission, key)

    @app.get("/v1/refusals", **documented(gives=RefusalPage))
    async def refusals(
        caller: Annotated[Caller, Depends(party)],
        after: Annotated[str, Query(description="The last page's next; empty at first.")] = "",
        limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE,
    ) -> Response:
        """Learn which of your records were refused or could not be read, and why."""
        return json_answer(await page_after(door.serving, SourceId(caller.party), after, limit))


def _route_fates(app: FastAPI, process: Process, door: Door) -> None:
    credentials = Credentials.load(process.settings.tokens)
    party = known_caller(process, credentials, *PARTIES, to=TokenScope.ASK)

    # A record's own id may hold a stroke, so it is the rest of the path.
    @app.get("/v1/records/{record_id:path}", **documented(gives=RecordFates))
    async def record(
        caller: Annotated[Caller, Depends(party)],
        record_id: Annotated[str, Path(min_length=1, max_length=ID_CHARACTERS)],
        wait: Wait = 0,
    ) -> Response:
        """Learn what became of a record of yours, as soon as it is decided if you wait for it."""
        return json_answer(await door.fates.of_record(SourceId(caller.party), record_id, wait))

    @app.get("/v1/receipts/{offset}", **documented(gives=RecordFate))
    async def receipt(
        caller: Annotated[Caller, Depends(party)],
        offset: Annotated[int, Path(ge=0, lt=OFFSETS)],
        partition: Partition = 0,
        wait: Wait = 0,
    ) -> Response:
        """Learn what became of what a receipt of yours says lies at an offset of your inbox."""
        place = place_in_inbox(partition, offset)
        return json_answer(await door.fates.at(SourceId(caller.party), place, wait))


def _route_files(app: FastAPI, process: Process, door: Door) -> None:
    credentials = Credentials.load(process.settings.tokens)
    states = known_caller(process, credentials, CallerRole.SOURCE, to=TokenScope.STATE)
    asks = known_caller(process, credentials, CallerRole.SOURCE, to=TokenScope.ASK)
    files = FileDesk(process, door)

    @app.post("/v1/files", **documented_lines(takes=FILE_KINDS, gives=FileLine))
    async def file(
        asked: Request,
        caller: Annotated[Caller, Depends(states)],
        name: Annotated[str, Query(min_length=1, max_length=200, description="Its name.")],
        dry_run: DryRun = False,  # noqa: FBT002 - a question's parameter has its default
    ) -> Response:
        """Hand in an official sheet as it is; each row is answered in a line, then the file."""
        language = preferred(asked.headers.get("Accept-Language", ""))
        body = partial(body_of, asked, FILE_MAX_BYTES, FILE_BOUND_S)
        lines = files.answers(SourceId(caller.party), name, body, language, is_dry_run=dry_run)
        return await streamed(lines, language)

    @app.post("/v1/batches", **documented_lines(takes=(NDJSON,), gives=BatchLine))
    async def batch(
        asked: Request,
        caller: Annotated[Caller, Depends(states)],
        after: Annotated[int, Query(ge=0, le=2**53, description="The last line answered.")] = 0,
    ) -> Response:
        """File events, one a line; each is answered in a line, in their order, as they arrive."""
        coding = asked.headers.get("Content-Encoding", "identity").strip().lower()
        language = preferred(asked.headers.get("Accept-Language", ""))
        lines = Batch(door, caller, language, after).answers(lines_of(asked.stream(), coding))
        return await streamed(lines, language, is_duplex=True)

    @app.get("/v1/receipts", **documented(gives=ReceiptPage))
    async def receipts(
        caller: Annotated[Caller, Depends(asks)],
        start: Annotated[int, Query(ge=0, lt=OFFSETS, description="The first offset.")],
        limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE,
        partition: Partition = 0,
    ) -> Response:
        """Learn what became of what lies at some offsets of your inbox, as after a file."""
        place = place_in_inbox(partition, start)
        return json_answer(await door.fates.between(SourceId(caller.party), place, limit))
