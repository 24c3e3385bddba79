"""Connect delivery: directives, answers and attempts in; webhooks, and what became of them, out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final

from creditbus.delivery.answers import BodyAnswer, acknowledgement
from creditbus.delivery.conditions import Condition
from creditbus.delivery.express import Express
from creditbus.delivery.fates import FateSender
from creditbus.delivery.holdings import Holdings, Moves
from creditbus.delivery.job import job
from creditbus.delivery.lanes import Lanes
from creditbus.delivery.notes import Notes
from creditbus.delivery.sender import Means, Outlet, Sender
from creditbus.delivery.tallies import Tallies
from creditbus.delivery.webhooks import Target, WebhookBounds
from creditbus.domain.effects.directives import Attempt, Directive
from creditbus.domain.ids import BodyId
from creditbus.domain.law.catalogue import ExecutingBody
from creditbus.engine.connection import Connection
from creditbus.engine.values import Produced
from creditbus.runtime import tls
from creditbus.runtime.process import Process
from creditbus.runtime.workers.apps import fatal
from creditbus.runtime.workers.hosts import host
from creditbus.wire.headers import event_headers
from creditbus.wire.topics import ATTEMPTS, inbox

COUNT_EVERY_S: Final = 1.0
STOP_BOUND_S: Final = 3.0


def run(process: Process) -> None:
    """Run one delivery worker, and the sending beside it, until it is stopped."""
    delivery = Delivery(process)
    host(process, delivery.job, delivery)


class Delivery:
    """A worker over what is owed, and the sender that sees what it has committed."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._outlets = {
            body: outlet(process, body) for body in map(BodyId, process.settings.webhooks)
        }
        self._holdings = Holdings(
            partial(self._later, self._began),
            partial(self._later, self._moved),
            partial(self._later, self._ended),
        )
        self._tallies = Tallies(process, self._holdings, self._outlets)
        self.job = job(process, self._holdings)

    async def begin(self) -> None:
        """Begin to send, as soon as the worker holds something."""
        process = self._process
        connection = Connection(process.settings.kafka, process.security)
        self._loop = asyncio.get_running_loop()
        self._notes = Notes(connection, process.logger, self._loop)
        self._sender = Sender(
            self._outlets,
            self._holdings,
            self._note,
            Means(
                clock=process.clock,
                meters=process.meters,
                logger=process.logger,
                lasting=partial(fatal, process),
                trail=process.trail,
            ),
        )
        self._express = Express(
            connection,
            process.codec,
            partial(self._later, self._sender.arrived),
            partial(fatal, process),
        )
        self._express.begin()
        works = (self._sender.look_after(), self._count(), FateSender(process).run())
        self._tasks = [self._task(work) for work in works]

    async def end(self) -> None:
        """Send nothing more, and see that what was learnt is on record."""
        self._express.end()
        for task in self._tasks:
            task.cancel()
        await self._sender.end()
        await asyncio.to_thread(self._notes.close, STOP_BOUND_S)

    def _later(self, call: Callable[..., None], *given: Any) -> None:
        """Call in the event loop, from any thread; a failure there ends the process."""

        def called() -> None:
            with fatal(self._process):
                call(*given)

        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(called)

    def _task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        async def lasting() -> None:
            with fatal(self._process):
                await work

        return self._loop.create_task(lasting())

    def _began(self, partition: int) -> None:
        self._express.follow(self._holdings.partitions)
        self._sender.began(partition)

    def _moved(self, partition: int, moves: Moves) -> None:
        self._sender.moved(partition, moves)

    def _ended(self, partition: int) -> None:
        self._express.follow(self._holdings.partitions)
        self._sender.ended(partition)

    def _note(
        self,
        attempt: Attempt,
        directive: Directive,
        answer: BodyAnswer,
        untaken: Callable[[str], None],
    ) -> None:
        codec = self._process.codec
        key, value = attempt.subject_id.encode(), codec.encode(attempt)
        records = [Produced(topic=ATTEMPTS, key=key, value=value)]
        if answer.outcome is not None:
            said = acknowledgement(directive, answer, self._process.clock.now())
            records.append(
                Produced(
                    topic=inbox(directive.body),
                    key=said.envelope.record_id.encode(),
                    value=codec.encode(said),
                    headers=event_headers("acknowledgement", said.envelope),
                )
            )
        self._notes.write(records, untaken)

    async def _count(self) -> None:
        while True:
            await asyncio.sleep(COUNT_EVERY_S)
            self._notes.alarm.check()
            self._express.alarm.check()
            self._tallies.measure()


def outlet(process: Process, body: BodyId) -> Outlet:
    """Return the outlet of a body with a webhook, as its row in the catalogue asks for."""
    settings, row = process.settings, process.parties.bodies.get(body)
    if row is None or body not in settings.webhook_secrets:
        raise ValueError(
            f"webhooks names {body}, which has no row among the catalogue's bodies or no secret"
            " in webhook_secrets: correct the settings"
        )
    url = settings.webhooks[body]
    target = Target(
        url,
        settings.webhook_secrets[body],
        process.clock,
        bounds_of(row),
        tls=tls.of_webhook(settings, body).context() if url.startswith("https:") else None,
    )
    return Outlet(body, target, Lanes(condition_of(row)))


def bounds_of(row: ExecutingBody) -> WebhookBounds:
    """Return within what a body's webhook is asked."""
    # One connection more than may be used at once: a lift waits for no application.
    return WebhookBounds(connections=row.concurrency + 1, seconds=row.time_limit_s)


def condition_of(row: ExecutingBody) -> Condition:
    """Return the condition of a body that has not been asked yet."""
    return Condition(concurrency=row.concurrency, attempts=row.attempts)
