"""The alarm: what callbacks and threads of a worker have to tell its loop."""

from __future__ import annotations

from types import TracebackType

from confluent_kafka import KafkaError

from creditbus.engine.failures import Hindrance, Reaction, halt, hindrance_of, rule_for


class Alarm:
    """Keeps the first error that ends the worker, and why the worker waits if it does.

    A callback must not raise into the client library, and a thread cannot raise into the loop; both
    leave their error here and the loop raises it at its next turn.
    """

    def __init__(self) -> None:
        self._error: BaseException | None = None
        self.waiting: str | None = None

    def hear(self, error: KafkaError) -> None:
        """Take an error that a client reports by itself, as its ``error_cb``.

        A wrong password is one of these: the library would go on trying with it for ever.
        """
        if rule_for(error).kind is Reaction.FATAL:
            self.report(halt("the connection to the broker failed", error))
        else:
            self.waiting = f"{error.name()}: {error.str()}"

    def wait(self, why: str) -> None:
        """Say why the worker waits, unless something better is known."""
        self.waiting = self.waiting or why

    def report(self, error: BaseException) -> None:
        """Keep the error unless there is an earlier one."""
        self._error = self._error or error

    def check(self) -> None:
        """Raise what was reported."""
        if self._error is not None:
            raise self._error

    @property
    def is_raised(self) -> bool:
        """Whether the worker is about to stop."""
        return self._error is not None

    def answered(self) -> None:
        """Note that the broker answers."""
        self.waiting = None

    def __enter__(self) -> None:
        """Keep whatever the block raises instead of raising it."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Report the block's error to the loop."""
        if error is not None:
            self.report(error)
        return True


class PatientEar:
    """Hears for a client whose sources may wait: what is wrong with one is told where it is read.

    The library reports it here as well, without the name of the source, as if it were the client's.
    """

    def __init__(self, alarm: Alarm) -> None:
        self._alarm = alarm

    def hear(self, error: KafkaError) -> None:
        """Take an error that a client reports by itself, unless it is about one source."""
        if hindrance_of(error) not in (Hindrance.RIGHTS_MISSING, Hindrance.TOPIC_MISSING):
            self._alarm.hear(error)
