"""Fates by webhook: each source that wants it is told what became of its records, signed.

A message holds some fates in their order, and is sent again as it was, under the same id, until the
source takes it; then the next one. So a source that is down costs the memory of its newest fates,
and nobody else a moment. What was found out while it was down for too long is left to the pages,
and the next message says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import msgspec

from creditbus.delivery.cloud_events import CONTENT_TYPE
from creditbus.delivery.conditions import BodyState, Condition
from creditbus.delivery.webhooks import Target, TargetRefused, WebhookBounds
from creditbus.domain.effects.directives import Lane
from creditbus.runtime import tasks
from creditbus.runtime.http.source_webhooks import SourceWebhook, SourceWebhooks, WebhooksDamaged
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.runtime.redis.errands import Errand
from creditbus.runtime.redis.fates import told_plainly
from creditbus.runtime.redis.reads import Serving
from creditbus.runtime.redis.told import FateCursor, Follow, Told, ToldFates
from creditbus.wire.answers import FATES_TOLD

FATES_AT_ONCE: Final = 200
LOOK_EVERY_S: Final = 1.0
GAP: Final = "told from here on; what was decided before is in the pages of receipts"
_BOUNDS: Final = WebhookBounds(connections=1, seconds=10.0)
_ATTEMPTS: Final = 3
_REST_S: Final = 1.0


class FateMessage(msgspec.Struct, frozen=True):
    """What is sent at once: the fates up to a cursor, or that there may be a gap before it."""

    name: str
    content: bytes
    end: FateCursor


class FateSender:
    """All webhooks of sources, told from whichever worker of delivery holds the claim to it."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._webhooks = SourceWebhooks(process.settings.source_webhooks)
        self._running: dict[SourceWebhook, asyncio.Task[None]] = {}
        self._fault = ""
        self._tells = False

    async def run(self) -> None:
        """Let each source that has a webhook be told, as the file says from moment to moment.

        Of several workers one tells; when it is silent for some seconds, another goes on.
        """
        serving = Serving.of(self._process.settings)
        fates = ToldFates(serving, told_plainly)
        try:
            async with fates.followed():
                while True:
                    rows = self._rows()
                    mine = rows if rows and await self._may_tell(serving) else ()
                    await self._arrange(mine, serving, fates)
                    await asyncio.sleep(LOOK_EVERY_S)
        finally:
            # Whoever ends this asks again while it lasts, and that ends the step it is in.
            try:
                await self._leave(serving)
            finally:
                await serving.close()

    async def _leave(self, serving: Serving) -> None:
        """End all telling, and let another worker begin at once."""
        for telling in self._running.values():
            await tasks.end(telling)
        if self._tells:
            with suppress(Unavailable):
                async with serving.reached():
                    await serving.errands.release(self._process.name)

    async def _may_tell(self, serving: Serving) -> bool:
        """Return whether this worker holds the claim; while Redis is away, as it was before."""
        with suppress(Unavailable):
            async with serving.reached():
                self._tells = await serving.errands.claim(self._process.name)
        return self._tells

    async def _arrange(
        self, rows: Sequence[SourceWebhook], serving: Serving, fates: ToldFates
    ) -> None:
        """Begin what the file has, and end what it has no more."""
        for row, telling in list(self._running.items()):
            if telling.done() and (fault := telling.exception()) is not None:
                # Directives are delivered in this process: what fails here must not end it.
                self._process.logger.error("a source is told anew", source=row.source, why=fault)
                del self._running[row]
            elif row not in rows:
                await tasks.end(self._running.pop(row))
                self._process.meters.set("fate_webhook_failing", 0, source=row.source)
        for row in rows:
            if row not in self._running:
                messenger = FateMessenger(self._process, row, serving, fates)
                self._running[row] = asyncio.create_task(messenger.run())

    def _rows(self) -> Sequence[SourceWebhook]:
        try:
            rows, fault = self._webhooks.rows(), ""
        except WebhooksDamaged as damaged:
            rows, fault = (), str(damaged)
        if fault and fault != self._fault:
            self._process.logger.warning("no source is told of its fates", why=fault)
        self._fault = fault
        return rows


class FateMessenger:
    """One source's webhook, and how far it was told."""

    def __init__(
        self, process: Process, row: SourceWebhook, serving: Serving, fates: ToldFates
    ) -> None:
        self._process, self._row = process, row
        self._serving, self._fates = serving, fates
        self._condition = Condition(concurrency=1, attempts=_ATTEMPTS)
        self._errand: Errand | None = None
        self._read: list[Told] = []
        """What was read and is not sent yet: a reading is of several messages."""

    async def run(self) -> None:
        """Send what is found out of the source's records, one message after the other."""
        try:
            target = Target(self._row.url, self._row.secret, self._process.clock, _BOUNDS)
        except (TargetRefused, ValueError) as refused:
            self._say_state(BodyState.STOPPED, str(refused))
            return
        self._say_state(BodyState.HEALTHY, "")
        try:
            with self._fates.of(self._row.source) as follow:
                while True:
                    try:
                        await self._step(follow, target)
                    except Unavailable:
                        await asyncio.sleep(_REST_S)
        finally:
            await target.close()

    async def _step(self, follow: Follow, target: Target) -> None:
        message = await self._next(follow)
        if message is None:
            await follow.turned(_REST_S)
            return
        await self._insist(target, message)
        # Known here even if Redis is away now: what comes next is kept before it is sent.
        self._errand = Errand(done=str(message.end))
        await self._keep(self._errand)

    async def _next(self, follow: Follow) -> FateMessage | None:
        """Return what is to be told now, if anything; the same until it is taken."""
        end = follow.end
        if end is None:
            return None
        if self._errand is None:
            async with self._serving.reached():
                self._errand = await self._serving.errands.of(self._row.source)
        done, until = FateCursor.of(self._errand.done), FateCursor.of(self._errand.until)
        if done is None or done.build != end.build or done > end:
            return self._message((), end, GAP)
        found = await self._after(follow, done)
        if found is None:
            return self._message((), end, GAP)
        told, behind = found
        some = [each for each in told if each[0] <= until] if until else told[:FATES_AT_ONCE]
        if not some:
            if behind > done:
                await self._keep(Errand(done=str(behind)))
            return None
        last = some[-1][0]
        if until is None:
            await self._keep(Errand(done=str(done), until=str(last)))
        return self._message(some, last, "")

    async def _after(
        self, follow: Follow, done: FateCursor
    ) -> tuple[list[Told], FateCursor] | None:
        """Return what comes after a cursor, read once for all the messages that it makes."""
        self._read = [each for each in self._read if each[0].build == done.build and each[0] > done]
        if self._read:
            return self._read, self._read[-1][0]
        found = await self._fates.after(self._row.source, follow, done)
        if found is not None:
            self._read = found[0]
        return found

    def _message(self, told: Sequence[Told], end: FateCursor, gap: str) -> FateMessage:
        name = f"{self._row.source}-{end}"
        content = {
            "specversion": "1.0",
            "id": name,
            "type": FATES_TOLD,
            "source": "creditbus",
            "subject": self._row.source,
            "datacontenttype": "application/json",
            "data": {"fates": [msgspec.Raw(content) for _, content in told], "gap": gap},
        }
        return FateMessage(name, msgspec.json.encode(content), end)

    async def _insist(self, target: Target, message: FateMessage) -> None:
        """Send a message until it is taken, however long that is."""
        condition, clock = self._condition, asyncio.get_running_loop().time
        while True:
            reply = await target.send(message.name, message.content, CONTENT_TYPE)
            result = "TAKEN" if reply.is_success else "FAILED"
            self._process.meters.add("fate_messages", source=self._row.source, result=result)
            before = condition.state
            if reply.is_success:
                condition.succeeded()
            else:
                why, status = reply.failure, reply.status
                rest_s = reply.retry_after_s
                condition.failed(clock(), status=status, why=why, retry_after_s=rest_s)
            if condition.state is not before:
                self._say_state(condition.state, condition.why)
            if reply.is_success:
                return
            await asyncio.sleep(max(0.0, condition.next_probe(Lane.APPLY) - clock()))

    async def _keep(self, errand: Errand) -> None:
        async with self._serving.reached():
            await self._serving.errands.keep(self._row.source, errand)
        self._errand = errand

    def _say_state(self, state: BodyState, why: str) -> None:
        source, is_failing = self._row.source, state is not BodyState.HEALTHY
        self._process.meters.set("fate_webhook_failing", float(is_failing), source=source)
        if is_failing:
            self._process.logger.warning(
                "a source's webhook takes no fates", source=source, state=state, why=why
            )
