"""Publish credit events as a source: idempotent, with receipts, from the published schemas alone.

A source needs its id, its password, the broker's and the registry's address; nothing is registered
from here. A receipt is given only after the broker has acknowledged the record.

What is written is what this SDK was made for: the version and the content of each schema are pinned
(``pins.json``), and never whatever a registry calls its latest.
"""

from __future__ import annotations

import atexit
import os
import time
import warnings
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Final, Self

from confluent_kafka import KafkaError, Message

from creditbus.domain.effects.directives import Statement
from creditbus.sdk.forwarder import FAILURES, Forwarder
from creditbus.sdk.links import BrokerLink, PublisherTls, Silence
from creditbus.sdk.outbox import Outbox
from creditbus.sdk.pins import pinned_codec
from creditbus.sdk.receipts import (
    CLOSED,
    UNTOLD,
    NotPublished,
    Outgoing,
    Receipt,
    Reports,
    Unsendable,
    advice,
    receipt_of,
    told_at_once,
)
from creditbus.sdk.statements import bound, outgoing

__all__ = ["NotPublished", "Publisher", "PublisherTls", "Receipt", "Unsendable"]

_PATIENCE_MS: Final = 60_000
_FOR_EVER_MS: Final = 0
_POLL_S: Final = 0.1
_LAST_S: Final = 5.0
"""For how long a program that ends without closing its publisher is held up."""

_forks: Final = [0]
"""How many forks lie between this process and the first: to ask for its id costs a call each."""


def _forked() -> None:
    _forks[0] += 1


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_forked)


class Publisher:
    """One source's (or executing body's) way in.

    Use it as a context, its end waits for receipts. Without ``tls`` the broker is spoken to in the
    clear.

    With an ``outbox``, a file of this process alone, a record is on the disk before it is sent, and
    leaves it when the broker has it. What a process that was killed had kept is sent by the next
    one with the same file, in its order; what the broker had already is a duplicate there, and has
    no second effect. The broker may be away for as long as the disk has room, and the registry too
    once the file was used.

    Memory is bounded: ``send`` waits for room while the client holds 64 MiB or 100,000 records that
    the broker has not taken; with an outbox, 32 MiB or 20,000 and the rest on the disk, so it waits
    only while 100,000 records have a callback that nobody could call yet.
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
        """Ask the registry for the schemas; raises ``NotPublished`` with what to do."""
        self.source, self.outbox = source, outbox
        self._is_closed, self._forks = False, _forks[0]
        self._failures: deque[NotPublished] = deque(maxlen=FAILURES)
        files = tls.files() if tls is not None else {}
        box = Outbox(outbox, source) if outbox is not None else None
        try:
            self._codec = pinned_codec(registry, files, box)
            patience = _PATIENCE_MS if box is None else _FOR_EVER_MS
            self._link = BrokerLink(source, kafka, password, tls, patience)
        except BaseException:
            if box is not None:
                box.close()
            raise
        self._forwarder = Forwarder(self._link, box) if box is not None else None
        if self._forwarder is None:
            # It outlives its last name for as long as the client holds a record of it.
            self._end: Callable[[], object] = weakref.finalize(
                self, _left_open, _forks[0], self._link
            )
        else:
            self._end = atexit.register(partial(_left_open, _forks[0], self._link, self._forwarder))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_raised: object) -> None:
        # Whoever leaves with a fault knows already that something has no receipt.
        try:
            if kind is None:
                self.flush()
        finally:
            self.let_go()

    def publish(self, event: Statement) -> Receipt:
        """Send one event and return its receipt; raises ``NotPublished``."""
        receipts: list[Receipt] = []
        failures: list[NotPublished] = []
        self.send(event, receipts.append, failures.append)
        self._wait(lambda: bool(receipts or failures))
        if failures:
            raise failures[0]
        return receipts[0]

    def send(
        self,
        event: Statement,
        on_receipt: Callable[[Receipt], object] | None = None,
        on_failure: Callable[[NotPublished], object] | None = None,
    ) -> None:
        """Send one event without waiting.

        Raises ``Unsendable`` for an event that is none, and ``NotPublished`` when nothing is taken
        at all, as with a wrong password. What becomes of the event is told to a callback; failures
        without one are raised by ``flush``: the first, with the others as its notes. Callbacks come
        in a later ``send`` or ``flush``, with an outbox from a thread of its own too; they are
        short, and raise nothing.
        """
        made = self.made(event)
        told: Callable[[Message], object] | None = None
        if on_receipt is not None:
            told = partial(_told, on_receipt, made.event_id)
        self.put(made, _reports(told, on_failure))

    def send_bytes(
        self,
        key: bytes,
        value: bytes | None,
        *,
        headers: Sequence[tuple[str, bytes]] = (),
        on_receipt: Callable[[Message], object] | None = None,
        on_failure: Callable[[NotPublished], object] | None = None,
    ) -> None:
        """Send a record as it is, for sources that encode by themselves."""
        made = Outgoing("", key, value, tuple(headers))
        bound(made)
        self.put(made, _reports(on_receipt, on_failure))

    def made(self, event: Statement) -> Outgoing:
        """Return the record of an event; raises ``Unsendable`` with the field and what to do."""
        self._check_own()
        made = outgoing(self._codec, event)
        if event.envelope.source != self.source:
            raise Unsendable(
                "/envelope/source",
                f"{event.envelope.source} is somebody else, and this is {self.source}'s publisher:"
                " nobody states for another",
            )
        return made

    def put(self, made: Outgoing, reports: Reports) -> None:
        """Hand over a record that is made; as ``send``, for whoever makes records elsewhere."""
        self._check_open()
        if self._forwarder is not None:
            if (fault := self._forwarder.untold()) is not None:
                raise fault
            self._forwarder.put(made, reports)
            return
        # What is heard may raise, so it is heard before the record is taken.
        self._link.poll(0)
        self._link.check()
        reported = self._unasked if reports is UNTOLD else partial(self._reported, reports)
        while not self._link.takes(made, reported):
            self._link.poll(_POLL_S)
            self._link.check()
            self._check_open()

    def keep(self) -> None:
        """Return when all that was handed over is in the outbox, on the disk.

        Without calling it that is so within 20 milliseconds. Without an outbox it does nothing.
        """
        self._check_own()
        if self._forwarder is not None:
            self._forwarder.keep()

    def pump(self, wait_s: float = 0.0) -> None:
        """Hear what the broker says, for that long at most; callbacks come from here.

        Only a source that stays silent for long and has no outbox needs it.
        """
        self._check_own()
        if self._forwarder is not None:
            self._forwarder.hear(wait_s)
        else:
            self._link.poll(wait_s)
        self._link.check()

    def flush(self) -> None:
        """Wait until the broker has everything, for as long as records go out.

        Raises ``NotPublished`` when it does not take it: at once for what will not change by
        waiting, such as a wrong password, and after 30 s in which it took nothing (5 s where nobody
        knows its name). What is in an outbox then is sent by the next start.
        """
        self._wait(lambda: False)
        failures = self._failures if self._forwarder is None else self._forwarder.failures
        if failures:
            raise told_at_once(failures)

    def close(self) -> None:
        """End it; it takes nothing after that.

        What is in an outbox then is sent by the next start; ``flush`` before waits for it. Without
        an outbox it would be lost, so this waits as ``flush`` does, and raises as it does.
        """
        is_other = _forks[0] != self._forks
        try:
            if self._forwarder is None and not (self._is_closed or is_other):
                self.flush()
        finally:
            self.let_go()

    def let_go(self) -> None:
        """End it at once; without an outbox nobody knows what becomes of what has no receipt."""
        if _forks[0] != self._forks:
            return  # it is the other process's, with its outbox
        self._is_closed = True
        if isinstance(self._end, weakref.finalize):
            self._end.detach()
        atexit.unregister(self._end)
        if self._forwarder is not None:
            self._forwarder.close()

    @property
    def is_refused(self) -> bool:
        """Whether nothing will be taken any more, as with a wrong password."""
        return self._link.is_refused

    def silence(self) -> Silence:
        """Return how long the broker takes nothing from now on."""
        return Silence(self._link)

    def unanswered(self, silence: Silence) -> NotPublished:
        """Return what whoever waited in vain is told."""
        last = self._link.heard
        heard = f"; the last that was heard: {last.str()}" if last else ""
        if self._forwarder is None:
            left, safe = self._link.left(), "Sending them again is safe"
        else:
            left, safe = self._forwarder.waiting(), "They wait in the outbox for the next start"
        return NotPublished(
            f"{left} records of {self.source} have no receipt, and the broker has taken none for"
            f" {silence.seconds():.0f} s: is it up, and is {self._link.kafka} its address?"
            f" {safe}{heard}"
        )

    def _wait(self, is_enough: Callable[[], bool]) -> None:
        """Wait until it is enough or the broker has everything; raises ``NotPublished``."""
        self._check_own()
        silence = self.silence()
        while not is_enough() and self._is_behind():
            self._link.check()
            if self._forwarder is not None and self._is_closed:
                raise NotPublished(CLOSED)  # by another thread: nothing goes on any more
            if silence.is_over_long():
                raise self.unanswered(silence)
        self._link.check()

    def _check_open(self) -> None:
        self._check_own()
        if self._is_closed:
            raise NotPublished(CLOSED)

    def _check_own(self) -> None:
        # Neither threads nor SQLite's locks nor the client outlive a fork.
        if _forks[0] != self._forks:
            raise NotPublished(
                f"the publisher of {self.source} was made before this process was forked: make one"
                " in each process, with an outbox of its own"
            )

    def _is_behind(self) -> bool:
        """Go on for a moment; return whether the broker has not taken everything."""
        if self._forwarder is not None:
            return self._forwarder.pump(_POLL_S)
        return self._link.flush(_POLL_S) > 0

    def _unasked(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self._reported(UNTOLD, error, _message)
        else:
            self._link.took()

    def _reported(self, reports: Reports, error: KafkaError | None, message: Message) -> None:
        if error is None:
            self._link.took()
            if reports.on_receipt is not None:
                reports.on_receipt(message)
            return
        if error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
            self._link.refuse(error)
        failure = NotPublished(advice(self.source, error, message.key()))
        if reports.on_failure is not None:
            reports.on_failure(failure)
        else:
            self._failures.append(failure)


def _left_open(forks: int, link: BrokerLink, forwarder: Forwarder | None = None) -> None:
    """Send what a program that ends without closing has left, and say what stays."""
    if _forks[0] != forks:
        return
    left, pump = (
        (link.left, link.flush) if forwarder is None else (forwarder.waiting, forwarder.pump)
    )
    while left() and not link.is_refused and time.monotonic() < _last_instant():
        pump(_POLL_S)
    stays, becomes = left(), "were not sent"
    if forwarder is not None:
        forwarder.close()
        becomes = "wait in the outbox for the next start"
    if stays:
        warnings.warn(
            f"{stays} records of {link.source} {becomes}: use the publisher in a `with`, or close"
            " it, and read what that says",
            RuntimeWarning,
            stacklevel=1,
        )


@cache
def _last_instant() -> float:
    # All publishers of a program have it together.
    return time.monotonic() + _LAST_S


def _reports(
    on_receipt: Callable[[Message], object] | None,
    on_failure: Callable[[NotPublished], object] | None,
) -> Reports:
    return Reports(on_receipt, on_failure) if on_receipt or on_failure else UNTOLD


def _told(on_receipt: Callable[[Receipt], object], event_id: str, message: Message) -> None:
    on_receipt(receipt_of(event_id, message))
