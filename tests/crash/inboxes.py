"""Inboxes: sources that may wait, one of which cannot be read, and workers killed meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Final
from zlib import crc32

from confluent_kafka import KafkaException, Producer

from creditbus.engine.worker import Skip
from creditbus.runtime.workers.skips import WantedSkip
from tests.crash.run import BROKER_SECONDS, Run
from tests.crash.scenarios import Chapter
from tests.integration.engine.stage import Said

CHAPTER: Final = Chapter("Inboxes that cannot be read")

HUGE: Final = 20_000_000
"""To what a batch unpacks that nobody takes; some hundred bytes while it is packed."""

BLOWS: Final = 6
STEPS: Final = ("skipped", "begun", "logged", "offered", "committed", "settled")


class InboxRun(Run):
    """A run of a job without tables over several inboxes; what is said of a word is a number.

    A word always comes to the same inbox, so what is said of it keeps its order.
    """

    inboxes: ClassVar[int] = 3

    def feed(self, said: Iterable[Said], source: int | None = None) -> None:
        """Produce a number for each word and fold it."""
        for word, _ in said:
            number = self.records
            place = crc32(word.encode()) % self.inboxes if source is None else source
            self._produce(self.sources[place], word, str(number).encode())
            self.totals.setdefault(word, []).append(number)
        assert self._producer.flush(BROKER_SECONDS) == 0

    def throw(self, inbox: int = 0) -> int:
        """Put a batch into an inbox that nobody unpacks; return its offset."""
        room = {"message.max.bytes": 2 * HUGE, "batch.size": 2 * HUGE}
        packed = Producer({**self.client, **room, "compression.codec": "zstd"})
        topic = self.sources[inbox]
        with self._voice:
            packed.produce(topic, b"\0" * HUGE, b"bomb", on_delivery=self._delivered)
            assert packed.flush(BROKER_SECONDS) == 0
            place = self.ends[topic, 0] - 1
        # As the toy's dead letter of what nobody has seen says it.
        self.buried.append(f"{topic}/0/{place}".encode())
        return place

    def is_behind(self, place: int, inbox: int = 0) -> bool:
        """Return whether the group stands behind a place."""
        with suppress(KafkaException):
            return (self.standing()[self.sources[inbox], 0] or 0) > place
        return False

    def wish(self, place: int, inbox: int = 0) -> None:
        """Ask every worker of the run to skip a record, as a person would who has seen it wait."""
        skip = Skip(topic=self.sources[inbox], partition=0, start=place, through=place)
        for number in self.team:
            WantedSkip(Path(self.play.folder), self.home(number).name).write(skip)

    def skip(self, place: int, inbox: int = 0) -> None:
        """Ask again and again until the group stands behind the record.

        A wish is void for a worker that does not stand there yet.
        """

        def asked() -> bool:
            self.wish(place, inbox)
            self.pause(0.1, 0.3)
            return self.is_behind(place, inbox)

        self.wait_until(asked, "the end of the skip", BROKER_SECONDS)

    def goes_on(self, *inboxes: int) -> None:
        """See that what is fed to some inboxes now is committed."""
        with self._voice:
            ends = self._ends_after_a_word(inboxes)

        def passed() -> bool:
            with suppress(KafkaException):
                stands = self.standing()
                return all((stands[source] or 0) >= end for source, end in ends.items())
            return False

        self.wait_until(passed, "the other inboxes", BROKER_SECONDS)

    def _ends_after_a_word(self, inboxes: Iterable[int]) -> Mapping[tuple[str, int], int]:
        for inbox in inboxes:
            self.feed([(f"beside-{inbox}", "said")], source=inbox)
        return {(self.sources[inbox], 0): self.ends[self.sources[inbox], 0] for inbox in inboxes}


@CHAPTER.scenario(
    strikes="SIGKILL of a worker, again and again, while one of its inboxes cannot be read",
    then="its next start parks the inbox at the same place, and the others go on; a person skips",
    readers="one dead letter for what was skipped, and nothing of that inbox before",
    stage=InboxRun,
)
def kills_while_an_inbox_waits(run: Run) -> None:
    assert isinstance(run, InboxRun)
    run.begin(0, 1)
    run.wait_ready()
    with run.load():
        run.pause(0.0, 0.5)
        place = run.throw()
        for _ in range(BLOWS):
            number = run.dice.randrange(2)
            run.pause(0.0, 1.0)
            run.kill(number)
            run.begin(number)
            run.wait_ready(number)
        run.goes_on(1, 2)
        assert not run.is_behind(place)
        run.skip(place)
        behind = run.throw(inbox=1)
        run.goes_on(0, 2)
        run.skip(behind, inbox=1)


@CHAPTER.scenario(
    strikes="a worker at each step of the skip of what cannot be read, and of its checkpoint",
    then="before the commit the inbox still waits and the skip is done anew, after it it is done",
    readers="one dead letter for what was skipped",
    stage=InboxRun,
)
def an_end_at_every_step_of_a_skip(run: Run) -> None:
    assert isinstance(run, InboxRun)
    steps = [*STEPS, *STEPS]
    run.dice.shuffle(steps)
    with run.load():
        place = run.throw()
        for step in steps:
            run.begin(0, strike_at=step, armed_by="skipped", lingers=run.dice.choice((0.0, 0.05)))
            while not run.team[0].has_ended:
                if run.is_behind(place):
                    place = run.throw()
                run.wish(place)
                run.pause(0.1, 0.2)
            run.struck()
        run.begin(0)
        run.skip(place)
