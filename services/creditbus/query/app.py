"""Connect query: a check in, the standing from Redis, the access kept, then the answer out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Final

from fastapi import Depends, FastAPI, Path, Request, Response

from creditbus.domain.acts.refusals import Fault, Reason
from creditbus.domain.calendar import day_of
from creditbus.domain.effects.checks import Access, Answer, Check
from creditbus.domain.ids import ItemId, SubjectId, derive
from creditbus.domain.subjects import PersonNumber, is_doubtful
from creditbus.query.decide import Obstacle, answer, why_not
from creditbus.query.questions import EndedMatter, Execution, Noted, Question
from creditbus.runtime.http.bodies import value_of
from creditbus.runtime.http.credentials import Caller, CallerRole, Credentials
from creditbus.runtime.http.persons import SYNTHETIC, Persons
from creditbus.runtime.http.problems import Forbidden, Invalid
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
from creditbus.runtime.redis.reads import Serving
from creditbus.wire.topics import ACCESS

_CHECK_ID: Final = "^[0-9a-f]{32}$"
_NOBODY: Final = SubjectId("")


def run(process: Process) -> None:
    """Run query until it is stopped."""
    run_http(process, partial(build, process), process.settings.query_port)


def build(process: Process) -> Site:
    """Return query's site; waits for the registry, whose ids it frames records with."""
    desk = _Desk(process)
    app = http_app(
        process,
        "Credit bus checks",
        summary="Ask whether a subject may do something, and tell what came of the answer.",
        lifespan=desk.open,
        speaks=(Question, Answer, Execution, EndedMatter, Noted),
    )
    _route(app, process, desk)
    return Site(app, desk.check)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One check, with who asks it and when."""

    check: Check
    asker: str
    at: datetime


class _Desk:
    """What query holds while it is open, and the order of its work: read, note, answer."""

    def __init__(self, process: Process) -> None:
        settings = process.settings
        self._process, self._editions, self._codec = process, process.editions, process.codec
        self._persons = Persons(settings.person_key, allow_synthetic=settings.allow_synthetic)
        self._serving = Serving.of(settings)
        self._producer: AwaitedProducer | None = None

    @asynccontextmanager
    async def open(self, _app: FastAPI) -> AsyncIterator[None]:
        """Hold a producer and Redis for as long as the site is served."""
        async with AwaitedProducer.of(self._process) as self._producer:
            try:
                yield
            finally:
                await self._serving.close()

    async def check(self) -> None:
        """Raise while no check can be answered."""
        assert self._producer is not None
        self._producer.check()
        await self._serving.standing(_NOBODY)

    async def answer(self, asked: _Asked) -> Answer:
        """Return the answer, once it is kept who asked for it."""
        await self._admit(asked)
        standing = await self._serving.standing(asked.check.subject)
        given = answer(asked.check, standing, self._editions, asked.at)
        await self._note(asked, given.check_id, given.verdict, as_of=given.as_of)
        self._process.meters.add("checks", matter=given.matter, verdict=given.verdict)
        return given

    async def close_chain(self, asked: _Asked, check_id: str, verdict: str) -> Noted:
        """Keep what was done with an answer, or what became of the matter."""
        await self._admit(asked)
        await self._note(asked, check_id, verdict)
        return Noted(check_id=check_id, verdict=verdict)

    def asked(self, question: Question | Execution | EndedMatter, caller: Caller) -> _Asked:
        """Return what is asked, a person's number already turned into a token."""
        subject, matter = self._subject(question.subject), ItemId(question.matter)
        check = Check(subject=subject, matter=matter, purpose=question.purpose)
        return _Asked(check, caller.party, self._process.clock.now())

    def _subject(self, named: str | PersonNumber) -> SubjectId:
        if isinstance(named, str):
            return SubjectId(named)
        kind = named.number_kind
        subject = self._persons.identify(kind, named.number, synthetic=kind == SYNTHETIC)
        if isinstance(subject, Fault):
            raise Invalid(subject.reason, subject.field.removeprefix("envelope."), subject.detail)
        return subject

    async def _admit(self, asked: _Asked) -> None:
        catalogue = self._editions.on(day_of(asked.at))
        asker, subject = catalogue.subscribers.get(asked.asker), asked.check.subject
        is_known = is_doubtful(subject) and await self._serving.standing(subject) is not None
        obstacle = why_not(asked.check, asker, catalogue, is_known=is_known)
        if obstacle is None:
            return
        self._process.meters.add("checks_refused", why=obstacle.field)
        await self._refuse(asked, obstacle)

    async def _refuse(self, asked: _Asked, obstacle: Obstacle) -> None:
        match obstacle.field:
            case "asker":
                raise Forbidden("ASKER_UNKNOWN", obstacle.detail)
            case "subject":
                # Whatever stands there is no id of the bus and might be anything: it is not kept.
                raise Invalid(Reason.SUBJECT_INVALID, "subject", obstacle.detail)
            case "matter":
                raise Invalid("MATTER_UNKNOWN", "matter", obstacle.detail)
            case "purpose":
                await self._note(asked, _refused_id(asked), "REFUSED:PURPOSE")
                raise Forbidden("PURPOSE_UNKNOWN", obstacle.detail)

    async def _note(self, asked: _Asked, check_id: str, verdict: str, *, as_of: int = 0) -> None:
        access = Access(
            check_id=check_id,
            asker=asked.asker,
            purpose=asked.check.purpose,
            matter=asked.check.matter,
            subject_id=asked.check.subject,
            asked_at=asked.at,
            verdict=verdict,
            as_of=as_of,
        )
        assert self._producer is not None
        key, value = asked.asker.encode(), self._codec.encode(access)
        await self._producer.send(ACCESS, key=key, value=value)


def _refused_id(asked: _Asked) -> str:
    named = (asked.asker, asked.check.subject, asked.check.matter)
    return derive("refused-check", *named, asked.at.isoformat())


def _route(app: FastAPI, process: Process, desk: _Desk) -> None:
    credentials = Credentials.load(process.settings.tokens)
    subscriber = known_caller(process, credentials, CallerRole.SUBSCRIBER)

    @app.post("/v1/checks", **documented(takes=Question, gives=Answer))
    async def check(asked: Request, caller: Annotated[Caller, Depends(subscriber)]) -> Response:
        """Ask whether a subject may do something: the default is yes, a no names its reasons."""
        question = await value_of(asked, Question)
        return json_answer(await desk.answer(desk.asked(question, caller)))

    @app.post("/v1/checks/{check_id}/execution", **documented(takes=Execution, gives=Noted))
    async def execution(
        asked: Request,
        check_id: Annotated[str, Path(pattern=_CHECK_ID)],
        caller: Annotated[Caller, Depends(subscriber)],
    ) -> Response:
        """Return what you did with the answer."""
        told = await value_of(asked, Execution)
        verdict = f"EXECUTION:{told.executed}"
        return json_answer(await desk.close_chain(desk.asked(told, caller), check_id, verdict))

    @app.post("/v1/checks/{check_id}/outcome", **documented(takes=EndedMatter, gives=Noted))
    async def outcome(
        asked: Request,
        check_id: Annotated[str, Path(pattern=_CHECK_ID)],
        caller: Annotated[Caller, Depends(subscriber)],
    ) -> Response:
        """Return what became of the matter."""
        told = await value_of(asked, EndedMatter)
        verdict = f"OUTCOME:{told.ended}"
        return json_answer(await desk.close_chain(desk.asked(told, caller), check_id, verdict))
