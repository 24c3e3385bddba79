"""The publisher's twin for asyncio: the same nouns, awaited.

One thread hands records to the publisher and hears what the broker says, so the event loop waits
for neither the disk nor the broker. Whatever happens to it, each event's future ends.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, Self

from confluent_kafka import Message

from creditbus.domain.effects.directives import Statement
from creditbus.sdk.links import PublisherTls
from creditbus.sdk.publisher import Publisher
from creditbus.sdk.receipts import CLOSED, NotPublished, Outgoing, Receipt, Reports, receipt_of

UNANSWERED: Final = 10_000
"""How many events may be without a receipt before ``send`` waits."""
_LOOK_S: Final = 0.01
_AGAIN_S: Final = 0.5
_TOGETHER: Final = 500
_LISTEN_S: Final = 0.5

Waiting = tuple[Outgoing, "asyncio.Future[Receipt]"]
Answered = tuple["asyncio.Future[Receipt]", Receipt | NotPublished]


class AsyncPublisher:
    """One source's way in; use it as an asynchronous context, its end waits for receipts.

    Everything is as with ``Publisher``, the outbox too. Memory is bounded: ``send`` waits while
    10,000 events have no receipt.
    """

    def __init__(
        self,
        source: str,
        *,
        kafka: str,
        registry: str,
        password: str,
        tls: PublisherTls | None = None,
        outbox: Path | None = None,
    ) -> None:
        """Nothing is asked before the context begins."""
        self._make = partial(
            Publisher,
            source,
            kafka=kafka,
            registry=registry,
            password=password,
            tls=tls,
            outbox=outbox,
        )
        self._publisher: Publisher | None = None
        self._handed: deque[Waiting] = deque()
        self._answers: deque[Answered] = deque()
        self._unanswered: set[asyncio.Future[Receipt]] = set()
        self._stirred = threading.Event()
        self._is_left = self._is_closed = False
        self._refusal: NotPublished | None = None
        self._fault: NotPublished | None = None

    async def __aenter__(self) -> Self:
        """Ask the registry for the schemas; raises ``NotPublished`` with what to do."""
        if self._is_left:
            raise NotPublished(CLOSED)
        self._loop = asyncio.get_running_loop()
        self._answered = asyncio.Event()
        try:
            await asyncio.to_thread(self._begin)
        except BaseException:
            # Whoever did not wait for it must not leave an outbox that nobody lets go.
            self._is_left = self._is_closed = True
            if self._publisher is not None:
                self._publisher.let_go()
            raise
        self._thread = threading.Thread(target=self._carry, name="publisher", daemon=True)
        self._thread.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_raised: object) -> None:
        """Wait for the receipts; left with a fault at once, and what has none ends as failed."""
        self._is_left = True
        failure = NotPublished(
            "the publisher was left before the broker answered: "
            + ("sending again is safe" if self._in.outbox is None else "the outbox keeps it")
        )
        try:
            if kind is None:
                await self.flush()
        except NotPublished as told:
            failure = told
            raise
        finally:
            self._is_closed = True
            self._stirred.set()
            try:
                await asyncio.to_thread(self._end)
            except NotPublished as lost:
                failure = lost
                raise
            finally:
                self._tell()
                self._fail(failure)
                self._tell()

    async def publish(self, event: Statement) -> Receipt:
        """Send one event and return its receipt; raises ``NotPublished``."""
        return await (await self.send(event))

    async def send(self, event: Statement) -> asyncio.Future[Receipt]:
        """Send one event and return what its receipt will be in, or ``NotPublished``.

        Raises ``Unsendable`` for an event that is none, and ``NotPublished`` when nothing is taken
        at all.
        """
        made = self._in.made(event)
        if asyncio.get_running_loop() is not self._loop:
            raise NotPublished("the publisher is another event loop's: make one in each")
        self._check()
        while len(self._unanswered) >= UNANSWERED:
            self._answered.clear()
            await self._answered.wait()
            self._check()
        receipt: asyncio.Future[Receipt] = self._loop.create_future()
        self._unanswered.add(receipt)
        self._handed.append((made, receipt))
        self._stirred.set()
        return receipt

    async def flush(self) -> None:
        """Wait until each event has its receipt or its failure, which its future tells.

        It waits for as long as records go out. Raises ``NotPublished`` for what will not change by
        waiting, and after 30 s in which the broker took nothing.
        """
        waiting, silence = set(self._unanswered), self._in.silence()
        while waiting:
            self._answered.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._answered.wait(), _LISTEN_S)
            waiting &= self._unanswered
            if waiting and silence.is_over_long():
                if self._fault is not None:
                    raise self._fault
                raise await asyncio.to_thread(self._in.unanswered, silence)
        if self._refusal is not None:
            raise self._refusal

    @property
    def _in(self) -> Publisher:
        if self._publisher is None:
            raise NotPublished("the publisher has not begun: use it with `async with`")
        return self._publisher

    def _check(self) -> None:
        if self._is_left:
            raise NotPublished(CLOSED)
        if self._refusal is not None:
            raise self._refusal

    def _begin(self) -> None:
        self._publisher = self._make()
        if self._is_closed:
            self._publisher.let_go()

    def _end(self) -> None:
        """Let the publisher go, with all that was handed over in its outbox if it has one."""
        if self._in.outbox is None:
            self._in.let_go()  # nobody waits for room at a broker that is away
        self._thread.join()
        self._in.let_go()

    def _carry(self) -> None:
        """Hand over what comes and hear what is said, until closed; on a thread."""
        while not self._is_closed or self._handed:
            waits_s = None if not self._unanswered else _AGAIN_S if self._fault else _LOOK_S
            self._stirred.wait(waits_s)
            self._stirred.clear()
            try:
                self._hand_over()
                self._in.pump()
                self._fault = None
            except NotPublished as fault:
                # A disk may have room again; a broker that refuses the source does not change.
                self._fault = fault
                if self._in.is_refused:
                    self._refuse(fault)
            except Exception as fault:  # noqa: BLE001 - else nobody would ever be answered
                broken = NotPublished(f"the publisher broke, make a new one: {fault!r}")
                broken.__cause__ = fault
                self._refuse(broken)
            if self._answers:
                with suppress(RuntimeError):  # the loop is closed, and nobody listens
                    self._loop.call_soon_threadsafe(self._tell)

    def _hand_over(self) -> None:
        for _ in range(min(_TOGETHER, len(self._handed))):
            made, receipt = self._handed.popleft()
            told = Reports(
                partial(self._received, made.event_id, receipt), partial(self._failed, receipt)
            )
            try:
                self._in.put(made, told)
            except NotPublished as fault:
                # It alone was not taken; the next one may be.
                self._answers.append((receipt, fault))
                self._fault = fault
                if self._in.is_refused:
                    raise
        if self._handed:
            self._stirred.set()

    def _refuse(self, refusal: NotPublished) -> None:
        """Fail everybody who waits: nothing will come."""
        self._refusal = refusal
        self._handed.clear()
        self._fail(refusal)

    def _fail(self, failure: NotPublished) -> None:
        self._answers.extend((each, failure) for each in tuple(self._unanswered))

    def _received(self, event_id: str, receipt: asyncio.Future[Receipt], message: Message) -> None:
        self._answers.append((receipt, receipt_of(event_id, message)))

    def _failed(self, receipt: asyncio.Future[Receipt], failure: NotPublished) -> None:
        self._answers.append((receipt, failure))

    def _tell(self) -> None:
        """Settle the futures, in the event loop."""
        while self._answers:
            receipt, answer = self._answers.popleft()
            self._unanswered.discard(receipt)
            if receipt.done():
                continue
            if isinstance(answer, Receipt):
                receipt.set_result(answer)
            else:
                receipt.set_exception(answer)
                receipt.exception()  # it may be told by flush alone
        self._answered.set()
