"""The line: one transactional producer, used until the first silence on it and then given up.

A request that the broker left unanswered may still be on its way, and be taken for one of a later
transaction when it arrives: an offset goes back, a transaction is committed before it is whole. So
nothing more is begun on a line of which a connection dropped or a call was not answered. Its
successor's ``init_transactions`` decides what was open and raises the producer's epoch, by which
the broker refuses whatever comes late.

Calls are made on a thread of the line's own, because one may never return, whatever its timeout
says (librdkafka's issues 5456 and 5511: always after a lone broker was killed). The thread is then
left behind with its producer, of which 1 MB stays; it ends when the library lets go of it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Producer

from creditbus.engine.alarm import Alarm
from creditbus.engine.failures import Reaction, Silent, error_of, is_unusable, kind_of, rule_for

_LOOK_SECONDS: Final = 0.25
_PAUSE_SECONDS: Final = 0.05
# How the library's log begins the line about a connection that was lost.
_DROPPED: Final = "FAIL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """For how many seconds a call may go unanswered, on a line that seems well and in doubt."""

    well: float = 10.0
    in_doubt: float = 1.0


class _Call:
    """One call into the library, and what came of it."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make
        self._failure: KafkaException | None = None
        self._ended = threading.Event()

    def run(self) -> None:
        """Make the call, on the line's thread."""
        try:
            self._make()
        except KafkaException as failure:
            self._failure = failure
        finally:
            self._ended.set()

    def is_over(self, seconds: float) -> bool:
        """Wait so long, and return whether it has ended."""
        return self._ended.wait(seconds)

    def check(self) -> None:
        """Raise what it raised."""
        if self._failure is not None:
            raise self._failure


class ProducerLine:
    """One producer, from its beginning until it is given up; ``doubt`` says why it should be."""

    def __init__(
        self,
        connect: Callable[[ProducerLine], Producer],
        alarm: Alarm,
        limits: Limits = Limits(),
    ) -> None:
        """Open a producer that tells this line of its errors and its log."""
        self._alarm = alarm
        self._limits = limits
        self._is_given_up = False
        self.has_begun = False
        self.doubt: str | None = "the broker is being asked who of this name wrote last"
        self.producer = connect(self)
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="line", daemon=True)
        self._thread.start()

    def hear(self, error: KafkaError) -> None:
        """Take an error that the client reports by itself, as its ``error_cb``."""
        if self._is_given_up:
            return
        if is_unusable(error) or rule_for(error).kind is Reaction.SILENT:
            self.suspect(f"{error.name()}: {error.str()}")
        if not is_unusable(error):
            self._alarm.hear(error)

    def log(self, _level: int, _form: str, facility: str, _client: str, told: str) -> None:
        """Take a line of the client's log: only there it tells of a connection that was lost.

        It tells of each kind of loss once in 30 s; a line hears no more than one.
        """
        if facility == _DROPPED:
            self.suspect(told)

    def suspect(self, why: str) -> None:
        """Begin nothing more on this line."""
        if self.has_begun and not self._is_given_up:
            self.doubt = self.doubt or why

    def begin(self, seconds: float) -> None:
        """Fence whoever wrote under this name before; to be repeated if the time is over."""
        self.producer.init_transactions(seconds)
        self.has_begun, self.doubt = True, None

    def check(self) -> None:
        """Raise ``Silent`` if anything is known against the line by now."""
        self.producer.poll(0)
        if self.doubt is not None:
            raise Silent(self.doubt)

    def ask(self, call: Callable[[], object]) -> None:
        """Make a call, again for as long as the broker asks for that.

        Raises ``Silent`` when it is not answered, and the library's own exception for the rest.
        """
        deadline = time.monotonic() + self._limits.well
        while True:
            try:
                self._ask_once(call, deadline)
            except KafkaException as failure:
                kind, error = kind_of(failure), error_of(failure)
                if is_unusable(error) or kind is Reaction.SILENT:
                    self.suspect(f"{error.name()}: {error.str()}")
                    raise Silent(str(self.doubt)) from failure
                if kind is not Reaction.RETRY:
                    raise
                self._alarm.hear(error)
                self._refuse_late(deadline, error.str())
                self.producer.poll(_PAUSE_SECONDS)
                self._alarm.check()
            else:
                return

    def give_up(self) -> threading.Thread:
        """Hear nothing of the line any more; its thread ends with it, or with the call it hangs in.

        It must be dropped by whoever held it: the producer goes with its last holder, the thread.
        """
        self._is_given_up = True
        self._calls.put(None)
        return self._thread

    def _ask_once(self, make: Callable[[], object], deadline: float) -> None:
        call = _Call(make)
        self._calls.put(call)
        while not call.is_over(_LOOK_SECONDS):
            # The library tells of a lost connection only when it is asked.
            self.producer.poll(0)
            self._alarm.check()
            if self.doubt is not None and not call.is_over(self._limits.in_doubt):
                raise Silent(self.doubt)
            self._refuse_late(deadline, "no answer")
        call.check()

    def _refuse_late(self, deadline: float, why: str) -> None:
        if time.monotonic() > deadline:
            self.suspect(f"{why} for {self._limits.well:g} s")
            raise Silent(str(self.doubt))

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call.run()
        # The producer holds on to the line, which hears for it: let both go.
        self.producer.purge()
        del self.producer
