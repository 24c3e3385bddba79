"""Connect the gateway: HTTP in, the caller's own inbox out, a receipt back."""

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Annotated, Final

import msgspec
from fastapi import Depends, FastAPI, Query, Request, Response

from creditbus.domain.acts.refusals import Fault, Refusal
from creditbus.domain.effects.directives import Statement
from creditbus.domain.ids import SourceId
from creditbus.engine.connection import Connection
from creditbus.gateway.decide import acknowledgement_of, event_of
from creditbus.gateway.submissions import AcknowledgementSubmission, EventSubmission, Receipt
from creditbus.runtime.http.bodies import value_of
from creditbus.runtime.http.credentials import Caller, CallerRole, Credentials
from creditbus.runtime.http.persons import Persons
from creditbus.runtime.http.problems import Invalid, Refused
from creditbus.runtime.http.server import (
    Site,
    documented,
    http_app,
    json_answer,
    known_caller,
    run_http,
)
from creditbus.runtime.kafka.producer import AwaitedProducer
from creditbus.runtime.process import Process
from creditbus.runtime.redis.reads import CursorUnknown, Serving
from creditbus.wire.headers import ATTESTATION, event_headers
from creditbus.wire.records import RECORD_OF
from creditbus.wire.topics import inbox

PAGE: Final = 500


class RefusalPage(msgspec.Struct, frozen=True):
    """Refusals in their order; ``next`` is what to ask ``after`` for the following page."""

    refusals: list[Refusal]
    next: str


class NoAttestationKey(ValueError):
    """The key with which the gateway vouches for a record is not set."""


def run(process: Process) -> None:
    """Run the gateway until it is stopped."""
    run_http(process, partial(build, process), process.settings.gateway_port)


def build(process: Process) -> Site:
    """Return the gateway's site; waits for the registry, whose ids it frames records with."""
    door = _Door(process)
    app = http_app(
        process,
        "Credit bus gateway",
        summary="File credit events and acknowledgements; learn what was refused.",
        lifespan=door.open,
        speaks=(EventSubmission, AcknowledgementSubmission, Receipt, RefusalPage),
    )
    _route(app, process, door)
    return Site(app, door.check)


class _Door:
    """What the gateway holds while it is open, and the way of a statement to the broker."""

    def __init__(self, process: Process) -> None:
        settings = process.settings
        if not settings.attestation_key:
            raise NoAttestationKey(
                "set CREDITBUS_ATTESTATION_KEY, the same for the gateway and for intake"
            )
        self.persons = Persons(settings.person_key, allow_synthetic=settings.allow_synthetic)
        self.serving = Serving.of(settings)
        self._process = process
        self._codec = process.codec
        self._key = settings.attestation_key.encode()
        self._producer: AwaitedProducer | None = None

    @asynccontextmanager
    async def open(self, _app: FastAPI) -> AsyncIterator[None]:
        """Hold a producer and Redis for as long as the site is served."""
        connection = Connection(self._process.settings.kafka, self._process.security)
        self._producer = AwaitedProducer(connection, self._process.logger)
        try:
            yield
        finally:
            await self._producer.close()
            await self.serving.close()

    async def check(self) -> None:
        """Raise while records cannot be taken."""
        assert self._producer is not None
        self._producer.check()

    async def take(self, statement: Statement | Fault) -> Response:
        """Put a statement into its speaker's inbox and return the receipt."""
        if isinstance(statement, Fault):
            raise Refused(statement)
        assert self._producer is not None
        envelope = statement.envelope
        value = self._codec.encode(statement)
        vouched = (ATTESTATION, hmac.digest(self._key, value, "sha256"))
        place = await self._producer.send(
            inbox(envelope.source),
            key=envelope.record_id.encode(),
            value=value,
            headers=(*event_headers(RECORD_OF[type(statement)], envelope), vouched),
        )
        self._process.meters.add("receipts", source=envelope.source)
        receipt = Receipt(
            event_id=envelope.event_id,
            inbox=place.topic,
            partition=place.partition,
            offset=place.offset,
        )
        return json_answer(receipt, HTTPStatus.ACCEPTED)


def _route(app: FastAPI, process: Process, door: _Door) -> None:
    credentials = Credentials.load(process.settings.tokens)
    source = known_caller(process, credentials, CallerRole.SOURCE)
    body = known_caller(process, credentials, CallerRole.BODY)
    party = known_caller(process, credentials, CallerRole.SOURCE, CallerRole.BODY)

    @app.post(
        "/v1/events",
        **documented(takes=EventSubmission, gives=Receipt, status=HTTPStatus.ACCEPTED),
    )
    async def file_event(asked: Request, caller: Annotated[Caller, Depends(source)]) -> Response:
        """File one event; the receipt says that the broker holds it, not that it is admitted."""
        submission: msgspec.Struct = await value_of(asked, EventSubmission)
        at, persons = process.clock.now(), door.persons
        return await door.take(event_of(submission, caller.party, at=at, persons=persons))

    @app.post(
        "/v1/acknowledgements",
        **documented(takes=AcknowledgementSubmission, gives=Receipt, status=HTTPStatus.ACCEPTED),
    )
    async def acknowledge(asked: Request, caller: Annotated[Caller, Depends(body)]) -> Response:
        """Answer a directive after its delivery: what became of it."""
        submission = await value_of(asked, AcknowledgementSubmission)
        return await door.take(acknowledgement_of(submission, caller.party, at=process.clock.now()))

    @app.get("/v1/refusals", **documented(gives=RefusalPage))
    async def refusals(
        caller: Annotated[Caller, Depends(party)],
        after: Annotated[str, Query(description="The last page's next; empty at first.")] = "",
        limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE,
    ) -> Response:
        """Learn which of your records were refused, and why."""
        return json_answer(await _refusals(door.serving, SourceId(caller.party), after, limit))


async def _refusals(serving: Serving, party: SourceId, after: str, limit: int) -> RefusalPage:
    try:
        found = await serving.refusals_after(party, after, limit)
    except CursorUnknown as unknown:
        raise Invalid("CURSOR_UNKNOWN", "after", str(unknown)) from unknown
    following = found[-1][0] if found else after
    return RefusalPage([refusal for _, refusal in found], following)
