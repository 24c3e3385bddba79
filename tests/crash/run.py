"""One run of a crash scenario: a stage, a team of workers, a load, and what strikes them.

Everything that is drawn is drawn from the run's seed, so the same seed strikes alike; the moment at
which a kill finds a worker is the machine's, and differs from run to run.
"""

from __future__ import annotations

import random
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from time import monotonic, sleep
from typing import Any, ClassVar

from confluent_kafka import KafkaError, KafkaException, Message

from creditbus.engine.health import Source
from creditbus.engine.watchdog import EXIT_CODE
from creditbus.engine.worker import Connection
from creditbus.stack.processes import Child
from tests.crash.actor import Part
from tests.integration.engine.stage import Actor, Said, Stage, wait_until
from tests.integration.engine.words import BOOM, FORGET

VOCABULARY = 300
FORGOTTEN = 0.05  # the share of records that delete a row
LOAD_SECONDS = 0.01  # between two handfuls of words under load
HANDFUL = 20
BROKER_SECONDS = 90.0
SAY_SECONDS = 0.3


class Run(Stage):
    """A stage with two or more workers whose ends are looked after as a supervisor does."""

    program: ClassVar[str] = "tests.crash.actor"
    inboxes: ClassVar[int] = 0  # how many sources may wait, each of one partition; 0: a log

    def __init__(
        self,
        connection: Connection,
        folder: Path,
        *,
        seed: int,
        broker: Child,
        partitions: int = 4,
    ) -> None:
        self.ends: dict[Source, int] = {}
        super().__init__(
            connection,
            folder,
            partitions=1 if self.inboxes else partitions,
            sources=self.inboxes or 1,
            has_tables=not self.inboxes,
        )
        self.connection = connection
        self.broker = broker
        self.dice = random.Random(seed)
        self.play: Part = Part(**asdict(self.play) | {"may_wait": bool(self.inboxes)})
        self.team: dict[int, Actor] = {}
        self.kills = 0
        self.records = 0
        self.is_compacted = False  # whether the outputs are, so that a reader sees the newest only
        # What a supervisor answers with another start: the watchdog, and a failpoint's end.
        self.forgiven = {EXIT_CODE, BOOM}
        self.pardon: str | None = None  # a sentence with which a worker may end, too
        self._voice = threading.Lock()

    @property
    def logs(self) -> str:
        """What each worker said last, and where it is now, for whoever reads of a failure."""
        for actor in self.team.values():
            actor.signal(signal.SIGUSR1)
        sleep(SAY_SECONDS)
        return "\n".join(
            f"--- {log.name}\n" + "\n".join(log.read_text().splitlines()[-40:])
            for log in sorted(self.folder.glob("*.log"))
        )

    def home(self, number: int = 0) -> Path:
        """Return a worker's folder."""
        return Path(self.play.folder) / f"{self.play.application}-{number}"

    def begin(self, *numbers: int, **changes: Any) -> None:
        """Start workers, without waiting for one before the next."""
        for number in numbers:
            self.team[number] = self.enter(number, **changes)

    def wait_ready(self, *numbers: int) -> None:
        """Wait until these workers, or all, have their partitions."""
        for number in numbers or tuple(self.team):
            self.team[number].wait_ready()

    def wait_holding(self, number: int = 0) -> None:
        """Wait until a worker reads a partition, or has ended."""
        actor = self.team[number]
        wait_until(lambda: "a partition begins" in actor.log or actor.has_ended, "a partition")

    def kill(self, number: int = 0) -> None:
        """End a worker without giving it a chance."""
        self.kills += 1
        self.team[number].kill()

    def stop(self, *numbers: int) -> None:
        """Ask workers, or all, to end at the same time and see that they do so well."""
        ending = {number: self.team.pop(number) for number in numbers or tuple(self.team)}
        for actor in ending.values():
            leave(actor)
        for number, actor in ending.items():
            # One that was about to end by itself does so, and its supervisor starts it again.
            ends_itself = self.forgiven | ({-signal.SIGTERM} if 1 in self.forgiven else set())
            if actor.ended() in ends_itself:
                self.begin(number)
                self.stop(number)
            else:
                assert actor.process.returncode == 0, f"{actor.process.returncode}: {actor.log}"

    def struck(self, number: int = 0) -> None:
        """Wait until a worker ends at its failpoint."""
        self.kills += 1
        actor = self.team.pop(number)
        assert actor.ended() == BOOM, actor.log

    def halted(self, sentence: str, number: int = 0) -> None:
        """Wait until a worker ends with the sentence, and see that nothing wrong is committed."""
        actor = self.team.pop(number)
        code = actor.ended()
        assert code == 1, f"{code}: {actor.log}"
        assert sentence in actor.log, actor.log
        self.check_so_far()

    def say(self, count: int) -> None:
        """Feed words, some of which are forgotten again."""
        with self._voice:
            self.feed(chatter(self.dice, count))

    @contextmanager
    def load(self) -> Iterator[None]:
        """Feed words all the time."""
        over, failed = threading.Event(), list[BaseException]()
        dice = random.Random(self.dice.random())

        def talk() -> None:
            try:
                while not over.wait(LOAD_SECONDS):
                    with self._voice:
                        self.feed(chatter(dice, HANDFUL))
            except BaseException as error:
                failed.append(error)
                raise

        thread = threading.Thread(target=talk, name="load", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(BROKER_SECONDS)
        assert not failed, failed

    def feed_garbage(self, word: str) -> None:
        """Produce a record that nobody can read."""
        with self._voice:
            super().feed_garbage(word)

    def pause(self, least: float, most: float) -> None:
        """Let a drawn time pass: the next blow comes whenever it comes."""
        sleep(self.dice.uniform(least, most))

    def tend(self) -> None:
        """Start again what ended in a way that a supervisor answers so."""
        for number, actor in self.team.items():
            if actor.has_ended:
                code = actor.process.returncode
                is_pardoned = self.pardon is not None and self.pardon in actor.log
                assert is_pardoned or code in self.forgiven, f"{code}: {actor.log}"
                self.team[number] = self.enter(number)

    def wait_until(self, holds: Callable[[], bool], what: str, bound: float = 60.0) -> None:
        """Wait for something while the workers are looked after."""

        def tended() -> bool:
            self.tend()
            return holds()

        wait_until(tended, what, bound)

    def is_done(self) -> bool:
        """Whether the group stands behind the last record fed to each partition."""
        try:
            stands = self.standing()
        except KafkaException:
            return False  # a transaction is open, or the broker is away
        return all(stands[source] == end for source, end in self.ends.items())

    def wait_done(self) -> None:
        """Wait until everything fed is committed, while the workers are looked after."""
        self.wait_until(self.is_done, "all records to be committed", BROKER_SECONDS)

    def broker_back(self) -> None:
        """Wait until the broker answers again."""
        deadline = monotonic() + BROKER_SECONDS
        while True:
            try:
                self.admin.list_topics(self.sources[0], timeout=1.0)
            except KafkaException:
                assert monotonic() < deadline, "the broker did not come back"
            else:
                return

    def close(self) -> None:
        """End whatever still runs, and let the broker forget the topics."""
        super().close()
        topics = [*self.sources, self.play.outputs, self.changelog, self.play.dead_letters or ""]
        deleted = self.admin.delete_topics(topics)
        # The client may not go before its answers have come.
        for topic in topics:
            with suppress(KafkaException):
                deleted[topic].result(BROKER_SECONDS)

    def check_so_far(self) -> None:
        """See that what is committed is the beginning of what should be."""
        for word, totals in self.outputs().items():
            assert totals == self.totals[word][: len(totals)], word

    def _produce(self, topic: str, word: str, value: bytes) -> None:
        self.records += 1
        self._producer.produce(topic, value, word.encode(), on_delivery=self._delivered)

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        assert error is None, error
        source = (message.topic() or "", message.partition() or 0)
        self.ends[source] = max(self.ends.get(source, 0), (message.offset() or 0) + 1)


def leave(actor: Actor) -> None:
    """Ask a worker to end once it is ready; a neighbour's start may have led to its end before."""
    wait_until(lambda: "ready\n" in actor.log or actor.has_ended, "a start")
    if not actor.has_ended:
        actor.signal(signal.SIGTERM)


def chatter(dice: random.Random, count: int) -> list[Said]:
    """Return words with some repeats and some that are forgotten again."""
    return [
        (
            f"word-{dice.randrange(VOCABULARY)}",
            FORGET if dice.random() < FORGOTTEN else "said",
        )
        for _ in range(count)
    ]
