"""The publisher's twin for asyncio: the same nouns, awaited.

One thread hands records to the publisher and hears what the broker says, so the event loop waits
for neither the disk nor the broker.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from functools import partial
from pathlib import Path
from typing import Final, Self

from confluent_kafka import Message

from creditbus.domain.effects.directives import Statement
from creditbus.sdk.links import PublisherTls
from creditbus.sdk.publisher import Publisher
from creditbus.sdk.receipts import NotPublished, Outgoing, Receipt, Reports, receipt_of

UNANSWERED: Final = 10_000
"""How many events may be without a receipt before ``send`` waits."""
_LOOK_S: Final = 0.01
_TOGETHER: Final = 500
_FLUSH_BOUND_S: Final = 30.0

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
        self._handed: deque[Waiting] = deque()
        self._answers: deque[Answered] = deque()
        self._unanswered: set[asyncio.Future[Receipt]] = set()
        self._stirred = threading.Event()
        self._is_closed = False
        self._refusal: NotPublished | None = None

    async def __aenter__(self) -> Self:
        """Ask the registry for the schemas; raises ``NotPublished`` with what to do."""
        self._loop = asyncio.get_running_loop()
        self._answered = asyncio.Event()
        self._publisher = await asyncio.to_thread(self._make)
        self._thread = threading.Thread(target=self._carry, name="publisher", daemon=True)
        self._thread.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_raised: object) -> None:
        try:
            if kind is None:
                await self.flush()
        finally:
            self._is_closed = True
            self._stirred.set()
            await asyncio.to_thread(self._thread.join)
            await asyncio.to_thread(self._publisher.close)

    async def publish(self, event: Statement) -> Receipt:
        """Send one event and return its receipt; raises ``NotPublished``."""
        return await (await self.send(event))

    async def send(self, event: Statement) -> asyncio.Future[Receipt]:
        """Send one event and return what its receipt will be in, or ``NotPublished``.

        Raises ``Unsendable`` for an event that is none, and ``NotPublished`` when nothing is taken
        at all.
        """
        made = self._publisher.made(event)
        while len(self._unanswered) >= UNANSWERED:
            self._answered.clear()
            await self._answered.wait()
        if self._refusal is not None:
            raise self._refusal
        receipt: asyncio.Future[Receipt] = self._loop.create_future()
        self._unanswered.add(receipt)
        self._handed.append((made, receipt))
        self._stirred.set()
        return receipt

    async def flush(self) -> None:
        """Wait until each event has its receipt or its failure, which its future tells.

        Raises ``NotPublished`` for what will not change by waiting, and after 30 s.
        """
        if self._unanswered:
            _, late = await asyncio.wait(set(self._unanswered), timeout=_FLUSH_BOUND_S)
            if late:
                raise NotPublished(
                    f"{len(late)} events have no receipt after {_FLUSH_BOUND_S:.0f} s: is the"
                    " broker up, and is its address right? Sending them again is safe, and those"
                    " in an outbox are sent by the next start"
                )
        if self._refusal is not None:
            raise self._refusal

    def _carry(self) -> None:
        """Hand over what comes and hear what is said, until closed; on a thread."""
        while not self._is_closed or self._handed:
            self._stirred.wait(_LOOK_S if self._unanswered else None)
            self._stirred.clear()
            try:
                self._hand_over()
                self._publisher.pump()
            except NotPublished as refusal:
                self._refuse(refusal)
            if self._answers:
                self._loop.call_soon_threadsafe(self._tell)

    def _hand_over(self) -> None:
        for _ in range(min(_TOGETHER, len(self._handed))):
            made, receipt = self._handed.popleft()
            told = Reports(
                partial(self._received, made.event_id, receipt), partial(self._failed, receipt)
            )
            try:
                self._publisher.put(made, told)
            except NotPublished as refusal:
                self._answers.append((receipt, refusal))
                raise
        if self._handed:
            self._stirred.set()

    def _refuse(self, refusal: NotPublished) -> None:
        """Fail everybody who waits: nothing will come."""
        self._refusal = refusal
        self._handed.clear()
        self._answers.extend((each, refusal) for each in tuple(self._unanswered))

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
