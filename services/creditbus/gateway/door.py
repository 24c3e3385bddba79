"""The door: what the gateway holds while it is open, and the way of a statement to the broker."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

import msgspec
from starlette.responses import Response

from creditbus.domain.acts.events import Act
from creditbus.domain.acts.mistakes import Mistake
from creditbus.domain.effects.directives import Statement
from creditbus.domain.ids import SourceId
from creditbus.gateway.decide import event_of, mistakes_in
from creditbus.gateway.fates import FateDesk
from creditbus.gateway.keys import REPLAYED, IdempotencyKeys
from creditbus.gateway.mistakes import TurnedAway, mistakes_of
from creditbus.gateway.namesakes import Namesakes
from creditbus.gateway.submissions import Receipt
from creditbus.runtime.attestations import Attestation
from creditbus.runtime.http.credentials import Caller
from creditbus.runtime.http.persons import Persons
from creditbus.runtime.http.problems import Refused
from creditbus.runtime.kafka.producer import AwaitedProducer
from creditbus.runtime.process import Process
from creditbus.runtime.redis.fates import told_plainly
from creditbus.runtime.redis.reads import Serving
from creditbus.runtime.redis.recall import Recall, Respite
from creditbus.runtime.redis.told import ToldFates
from creditbus.runtime.settings import SettingMissing
from creditbus.wire.headers import ATTESTATION, SANDBOX, SHEET, event_headers, first_step
from creditbus.wire.records import RECORD_OF
from creditbus.wire.topics import inbox

_TRY: Final = ((SANDBOX, b"true"),)
_ROW: Final = ((SHEET, b"true"),)


class NoAttestationKey(SettingMissing):
    """The key with which the gateway vouches for a record is not set."""


class Door:
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
        self._attestation = Attestation.of(settings.attestation_key)
        self.editions = process.editions
        self.keys = IdempotencyKeys(self.serving, self._attestation.keys[0], process.logger)
        self.fates = FateDesk(self.serving)
        self._namesakes = Namesakes(Recall.of(self.serving, Respite(process.logger)))
        self.told = ToldFates(self.serving, told_plainly)
        self._producer: AwaitedProducer | None = None

    @asynccontextmanager
    async def open(self, _app: object) -> AsyncIterator[None]:
        """Hold a producer and Redis for as long as the site is served."""
        async with AwaitedProducer.of(self._process) as self._producer, self.told.followed():
            try:
                yield
            finally:
                await self._namesakes.close()
                await self.serving.close()

    async def check(self) -> None:
        """Raise while records cannot be taken."""
        assert self._producer is not None
        self._producer.check()

    def is_trying(self, party: str) -> bool:
        """Return whether what a party states now is only tried: a source in the sandbox."""
        source = self._process.catalogue.sources.get(SourceId(party))
        return source is not None and source.is_trying(self._process.clock.now())

    def event_of(self, submission: msgspec.Struct, caller: Caller) -> Act | TurnedAway:
        """Return the event that a source submits now, or every mistake in it."""
        at, persons, editions = self._process.clock.now(), self.persons, self.editions
        return event_of(submission, caller.party, at=at, persons=persons, editions=editions)

    def mistakes_in(self, act: Act) -> tuple[Mistake, ...]:
        """Return every mistake in an act that was read from a sheet."""
        return mistakes_in(act, self.editions)

    async def take(
        self, statement: Statement | TurnedAway, submission: msgspec.Struct, key: str
    ) -> Response:
        """Put a statement into its speaker's inbox and return the receipt.

        Under an idempotency key the same submission is put there once. Raises ``Refused`` with
        every mistake.
        """
        if isinstance(statement, TurnedAway):
            raise Refused(statement.mistakes)
        content = msgspec.json.encode(submission)

        async def put() -> bytes:
            return msgspec.json.encode(await self.admit(statement))

        party: str = statement.envelope.source
        # The receipt of a try is no answer to the same request once it is meant.
        caller = f"sandbox {party}" if self.is_trying(party) else party
        receipt, is_repeated = await self.keys.once(caller, key, content, put)
        headers = {REPLAYED: "true"} if is_repeated else None
        return Response(receipt, HTTPStatus.ACCEPTED.value, headers, "application/json")

    async def admit(self, statement: Statement) -> Receipt:
        """Put a statement into its speaker's inbox, unless its record has named another subject.

        Raises ``Refused``. A file's rows are not asked: their ids are made of what the sheet has.
        """
        if isinstance(statement, Act):
            fault = await self._namesakes.fault_in(statement)
            if fault is not None:
                raise Refused(mistakes_of(statement, [fault]))
        return await self.put(statement)

    async def put(self, statement: Statement, *, is_row: bool = False) -> Receipt:
        """Put a statement into its speaker's inbox; the broker has acknowledged it then.

        A row of an official sheet says that it is one.
        """
        assert self._producer is not None
        envelope = statement.envelope
        value = self._codec.encode(statement)
        vouched = (ATTESTATION, self._attestation.sign(value))
        step, trail = first_step(envelope.event_id), self._process.trail
        began_ns = trail.now_ns() if trail is not None else 0
        is_try = self.is_trying(envelope.source)
        place = await self._producer.send(
            inbox(envelope.source),
            key=envelope.record_id.encode(),
            value=value,
            headers=(*event_headers(RECORD_OF[type(statement)], envelope), vouched)
            + (_TRY if is_try else ())
            + (_ROW if is_row else ()),
        )
        if not is_try:
            self._process.meters.add("receipts", source=envelope.source)
        if trail is not None and step is not None and trail.follows(step):
            facts = {"source": envelope.source, "record": RECORD_OF[type(statement)]}
            trail.tell("gateway takes", step, began_ns, facts)
        return Receipt(
            event_id=envelope.event_id,
            inbox=place.topic,
            partition=place.partition,
            offset=place.offset,
            sandbox=is_try,
        )
