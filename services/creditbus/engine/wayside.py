"""The wayside: where a source waits that cannot be read, so that the others need not.

A source that may wait is one party's own, as an inbox is. Its partition is paused with a reason and
tried again, until it can be read or a person says what of it to skip. Of a log of record nothing
may be skipped, and whoever cannot read it ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from creditbus.engine.failures import Hindrance, hindrance_of
from creditbus.engine.health import Parked, Source
from creditbus.engine.surroundings import Logger
from creditbus.engine.values import Position, Unreadable

FIRST_SECONDS: Final = 1.0
LAST_SECONDS: Final = 15.0
PATIENCE_SECONDS: Final = 20.0
TRIAL_SECONDS: Final = 3.0
"""Whatever fails for good fails within this: then a source that was tried again goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """What a person wants skipped of a parked source: the offsets from start through the last.

    It holds only while the source stands at ``start``, so that it may be asked for again.
    """

    topic: str
    partition: int
    start: int
    through: int

    @property
    def source(self) -> Source:
        """What it is about."""
        return self.topic, self.partition


def unseen(source: Source, offset: int, parked: Parked) -> Unreadable:
    """Return what is known of a record that is skipped unseen: its place, and why."""
    return Unreadable(
        position=Position(*source, offset),
        reason=parked.reason.upper(),
        detail=f"skipped by an operator, unseen: {parked.why}",
        key=None,
        value=None,
    )


@dataclass(slots=True)
class _Case:
    """One source at the wayside; without a position it could not even be asked where to begin."""

    parked: Parked
    tries: int = 0
    due_at: float = 0.0
    is_on_trial: bool = False


class Wayside:
    """The sources of one worker that wait; the loop alone changes it, any thread may look."""

    def __init__(
        self,
        may_wait: Collection[str],
        logger: Logger,
        now: Callable[[], datetime],
        *,
        goes_on: Callable[[Source], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Be told whom to tell of a source that goes on."""
        self._may_wait = frozenset(may_wait)
        self._logger = logger
        self._now = now
        self._goes_on = goes_on
        self._clock = clock
        self._cases: dict[Source, _Case] = {}
        self._absent: Mapping[str, Parked] = {}
        self._missed: Mapping[str, KafkaError] = {}
        self._skips: dict[Source, Skip] = {}
        self._asked_at: dict[Source, float] = {}

    @property
    def parked(self) -> tuple[Parked, ...]:
        """What waits, in the order of its names; asked from any thread."""
        held = [case.parked for case in list(self._cases.values())]
        topics = {each.topic for each in held}
        missed = [each for topic, each in self._absent.items() if topic not in topics]
        return tuple(sorted((*held, *missed), key=lambda each: (each.topic, each.partition or 0)))

    @property
    def unplaced(self) -> frozenset[Source]:
        """The sources of which nobody could tell where to begin."""
        cases = list(self._cases.items())
        return frozenset(source for source, case in cases if case.parked.position is None)

    def takes(self, topic: str | None, error: KafkaError) -> bool:
        """Return whether an error keeps back one source that may wait, and nothing else."""
        return topic in self._may_wait and hindrance_of(error) is not None

    def at(self, source: Source) -> Parked | None:
        """Return a source that is parked, None when it is not."""
        case = self._cases.get(source)
        return case.parked if case else None

    def park(
        self, consumer: Consumer, source: Source, position: int | None, error: KafkaError
    ) -> None:
        """Let a source wait; the client fetches nothing more of it for now."""
        if position is not None:
            consumer.pause([TopicPartition(*source)])
        known = self._cases.get(source)
        case = _Case(self._parked(*source, position=position, error=error))
        if known is None:
            self._logger.warning(
                "a source cannot be read and waits; the others go on",
                source=f"{source[0]}/{source[1]}",
                position=position,
                why=case.parked.why,
            )
        else:
            case.tries = known.tries + 1
            if known.parked.position == position:
                case.parked = replace(case.parked, since=known.parked.since)
        self._cases[source] = case
        self._postpone(case)

    def miss(self, found: Mapping[str, KafkaError]) -> None:
        """Take which topics are not there at all; those that may wait are told from now on."""
        if found is self._missed:
            return
        self._missed = found
        absent: dict[str, Parked] = {}
        for topic, error in found.items():
            if self.takes(topic, error):
                new = self._parked(topic, None, position=None, error=error)
                known = self._absent.get(topic)
                if known is None:
                    self._logger.warning(
                        "a source is not there; the others go on", source=topic, why=new.why
                    )
                absent[topic] = replace(new, since=(known or new).since)
        self._absent = absent

    def allows(self, skip: Skip) -> bool:
        """Return whether a skip may be done: back goes only what stands outside of its log."""
        parked = self.at(skip.source)
        is_back = skip.through < skip.start
        return parked is not None and (not is_back or parked.reason == Hindrance.RECORDS_REMOVED)

    def heard(self, source: Source) -> None:
        """Take that a record of a source has come: it can be read."""
        if source in self._cases:
            self._let_go(source)

    def forget(self, sources: Collection[Source]) -> None:
        """Forget sources that begin anew, wherever they stood before."""
        for source in sources:
            self._cases.pop(source, None)

    def keep_to(self, assigned: Collection[Source]) -> None:
        """Forget what went to another worker."""
        for source in [source for source in self._cases if source not in assigned]:
            del self._cases[source]
        # One that has just started has nothing yet of what it will have.
        late = self._clock() - PATIENCE_SECONDS
        for source, asked_at in list(self._asked_at.items()):
            if source not in assigned and asked_at < late:
                self.settle(self._skips[source])

    def try_again(self, consumer: Consumer, *, is_silent: bool) -> list[Source]:
        """Let those whose time has come be fetched again; return the unplaced among them.

        While the broker is silent nothing is learnt of any.
        """
        due = [each for each in self._cases.items() if self._clock() >= each[1].due_at]
        unplaced = []
        for source, case in due:
            if is_silent:
                self._postpone(case)
            elif case.is_on_trial:
                self._let_go(source)
            elif case.parked.position is None:
                unplaced.append(source)
                self._postpone(case)
            else:
                self._try(consumer, source, case.parked.position)
        return unplaced

    def ask(self, skip: Skip) -> None:
        """Ask, from any thread, to skip what a source stands at."""
        self._skips[skip.source] = skip
        self._asked_at[skip.source] = self._clock()

    @property
    def skips(self) -> list[Skip]:
        """What is asked for and neither done nor refused yet; asked from any thread."""
        return list(self._skips.values())

    def settle(self, skip: Skip) -> None:
        """Take that a skip is committed, or about another place than the one it stands at."""
        self._asked_at.pop(skip.source, None)
        self._skips.pop(skip.source, None)

    def skipped(self, consumer: Consumer, source: Source, position: int) -> None:
        """Try a source at once where it stands after a skip."""
        case = self._cases[source]
        case.tries = 0
        case.parked = replace(case.parked, position=position)
        self._try(consumer, source, position)

    def _try(self, consumer: Consumer, source: Source, position: int) -> None:
        case = self._cases[source]
        try:
            consumer.seek(TopicPartition(*source, position))
            consumer.resume([TopicPartition(*source)])
        except KafkaException as failure:
            self._logger.info("a parked source cannot be tried yet", why=str(failure))
            self._postpone(case)
        else:
            case.is_on_trial, case.due_at = True, self._clock() + TRIAL_SECONDS

    def _let_go(self, source: Source) -> None:
        del self._cases[source]
        self._goes_on(source)
        self._logger.info("a source can be read again", source=f"{source[0]}/{source[1]}")

    def _postpone(self, case: _Case) -> None:
        if case.is_on_trial:
            case.due_at = self._clock() + TRIAL_SECONDS
            return
        case.due_at = self._clock() + min(LAST_SECONDS, FIRST_SECONDS * 2.0 ** min(case.tries, 10))

    def _parked(
        self, topic: str, partition: int | None, *, position: int | None, error: KafkaError
    ) -> Parked:
        found = hindrance_of(error) or Hindrance.FETCH_FAILED
        return Parked(
            topic=topic,
            partition=partition,
            position=position,
            reason=found,
            why=f"{found.sentence}: {error.name()}: {error.str()}",
            since=self._now(),
        )
