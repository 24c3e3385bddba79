"""The stage of the engine's integration tests: topics of its own, worker processes, the truth.

The stage folds what it feeds by itself. After any mishap the outputs, read committed, the rows on
disk and the changelog must equal that fold: a record lost or counted twice shows in each of them.
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from creditbus.engine import offsets
from creditbus.engine.store import Store
from creditbus.engine.worker import Connection
from tests.integration.engine.words import COUNTS, FORGET, GARBAGE, Play

ROOT = Path(__file__).resolve().parents[3]
BOUND_SECONDS = 40.0
_NUMBERS = itertools.count(1)

Said = tuple[str, str]


def wait_until(holds: Callable[[], bool], what: str, bound: float = BOUND_SECONDS) -> None:
    """Wait for something to hold, or fail with what it was."""
    deadline = time.monotonic() + bound
    while not holds():
        assert time.monotonic() < deadline, f"waited {bound:.0f} s in vain for {what}"
        time.sleep(0.02)


@cache
def clients(settings: tuple[tuple[str, Any], ...]) -> tuple[AdminClient, Producer]:
    """Return the clients of all stages at one broker: those of the library do not like to die."""
    # Idempotent, because a record fed twice would look like one that the engine repeated.
    sure = {"partitioner": "murmur2_random", "enable.idempotence": True}
    return AdminClient(dict(settings)), Producer({**dict(settings), **sure})


class Actor:
    """One worker process."""

    def __init__(self, play: Play, log: Path, program: str) -> None:
        self.play = play
        self._log = log
        with log.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", program, play.written()],
                cwd=ROOT,
                env={"PYTHONPATH": f"{ROOT / 'services'}{os.pathsep}{ROOT}"},
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    @property
    def log(self) -> str:
        """What the process has said so far."""
        return self._log.read_text()

    def wait_ready(self) -> None:
        """Wait until it has its partitions and they are restored."""
        wait_until(lambda: "ready\n" in self.log or self.has_ended, "a ready worker")
        assert not self.has_ended, self.log

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self.process.poll() is not None

    def signal(self, number: int) -> None:
        """Send the process a signal."""
        self.process.send_signal(number)

    def ended(self) -> int:
        """Wait for the end and return the exit code."""
        return self.process.wait(BOUND_SECONDS)

    def kill(self) -> None:
        """End the process without giving it a chance."""
        if not self.has_ended:
            self.process.kill()
        self.process.wait(BOUND_SECONDS)

    def stop(self) -> None:
        """Ask the process to end and see that it does so well."""
        self.signal(signal.SIGTERM)
        assert self.ended() == 0, self.log


def asker(client: Mapping[str, str | int | float | bool], group: str) -> Consumer:
    """Return a client that can be asked where the group stands; it joins nothing.

    An admin client that meets a coordinator in motion ends the process (librdkafka issue 5040).
    """
    return Consumer(
        {
            **client,
            "group.id": group,
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
        }
    )


def standing_of(
    asking: Consumer, places: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], int | None]:
    """Return the next offsets of the asker's group, none where it has none."""
    wanted = [TopicPartition(topic, partition) for topic, partition in places]
    found: dict[tuple[str, int], int | None] = {}
    for place in asking.committed(wanted, timeout=5):
        if place.error is not None:
            raise KafkaException(place.error)
        found[place.topic, place.partition] = place.offset if place.offset >= 0 else None
    return found


def committed(
    client: Mapping[str, Any], admin: AdminClient, topic: str, partitions: int
) -> list[tuple[bytes, bytes | None]]:
    """Return every committed record of a topic, in the order of each partition."""
    reader = Consumer(
        {
            **client,
            "group.id": "the-truth",
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
        }
    )
    reader.assign([TopicPartition(topic, number, 0) for number in range(partitions)])
    left, found = set(range(partitions)), []
    ends = offsets.log_ends(admin, [(topic, number) for number in range(partitions)])
    deadline = time.monotonic() + BOUND_SECONDS
    while left:
        assert time.monotonic() < deadline, f"{topic} has no end"
        message = reader.poll(1.0)
        if message is None:
            continue
        error, partition = message.error(), message.partition() or 0
        if error is None:
            found.append((message.key() or b"", message.value()))
            continue
        assert error.code() == KafkaError._PARTITION_EOF, error
        if (message.offset() or 0) >= ends[topic, partition]:
            left.discard(partition)
    reader.close()
    return found


class Stage:
    """One application: its topics, its workers and what they must have done."""

    program: ClassVar[str] = "tests.integration.engine.words"

    def __init__(
        self,
        connection: Connection,
        folder: Path,
        *,
        partitions: int = 3,
        sources: int = 1,
        has_tables: bool = True,
    ) -> None:
        self.client: dict[str, str | int | float | bool] = {
            "bootstrap.servers": connection.bootstrap,
            "log_level": 2,
            **connection.security,
        }
        self.admin, self._producer = clients(tuple(sorted(self.client.items())))
        self.folder = folder
        name = f"words-{os.getpid()}-{next(_NUMBERS)}"
        self._asker = asker(self.client, name)
        self.sources = [f"{name}-in-{number}" for number in range(sources)]
        self.partitions = partitions
        self.changelog = f"{name}-changelog"
        self.play = Play(
            bootstrap=connection.bootstrap,
            security=dict(connection.security),
            application=name,
            name=f"{name}-0",
            sources=self.sources,
            outputs=f"{name}-out",
            dead_letters=f"{name}-dead",
            folder=str(folder / "state"),
            has_tables=has_tables,
        )
        for topic in (*self.sources, self.play.outputs):
            self.create(topic, partitions)
        self.create(f"{name}-dead", 1)
        if has_tables:
            self.create(self.changelog, partitions, {"cleanup.policy": "compact"})
        self._actors: list[Actor] = []
        self.totals: dict[str, list[int]] = {}
        self.counts: dict[str, int] = {}
        self.buried: list[bytes] = []

    def create(self, topic: str, partitions: int, config: dict[str, str] | None = None) -> None:
        """Create a topic."""
        made = self.admin.create_topics([NewTopic(topic, partitions, -1, config=config or {})])
        made[topic].result(BOUND_SECONDS)

    def feed(self, said: Iterable[Said], source: int = 0) -> None:
        """Produce the words and fold them."""
        for word, value in said:
            self._produce(self.sources[source], word, value.encode())
            total = 0 if value == FORGET else self.counts.get(word, 0) + 1
            self.counts[word] = total
            self.totals.setdefault(word, []).append(total)
        assert self._producer.flush(BOUND_SECONDS) == 0

    def feed_garbage(self, word: str) -> None:
        """Produce a record that nobody can read."""
        self._produce(self.sources[0], word, GARBAGE)
        assert self._producer.flush(BOUND_SECONDS) == 0
        self.buried.append(GARBAGE)

    def feed_unfolded(self, word: str, value: str) -> None:
        """Produce a record that the truth knows nothing of."""
        self._produce(self.sources[0], word, value.encode())
        assert self._producer.flush(BOUND_SECONDS) == 0

    def start(
        self,
        number: int = 0,
        *,
        strike_at: str | None = None,
        strike_after: int = 1,
        stands_still: bool = False,
    ) -> Actor:
        """Start one of the application's workers as a process."""
        return self.enter(
            number, strike_at=strike_at, strike_after=strike_after, stands_still=stands_still
        )

    def enter(self, number: int, **changes: Any) -> Actor:
        """Start a worker whose play differs in some fields."""
        play = replace(self.play, name=f"{self.play.application}-{number}", **changes)
        log = self.folder / f"worker-{number}-{len(self._actors)}.log"
        actor = Actor(play, log, self.program)
        self._actors.append(actor)
        return actor

    def close(self) -> None:
        """End whatever still runs."""
        for actor in self._actors:
            actor.kill()
        self._asker.close()

    def rename(self, application: str, *, outputs: str, dead_letters: str) -> None:
        """Go on under another application id, with topics of its own."""
        self.play = replace(
            self.play, application=application, outputs=outputs, dead_letters=dead_letters
        )
        self._asker.close()
        self._asker = asker(self.client, application)

    def standing(self) -> dict[tuple[str, int], int | None]:
        """Return the group's offsets."""
        places = [(topic, number) for topic in self.sources for number in range(self.partitions)]
        return standing_of(self._asker, places)

    def is_done(self) -> bool:
        """Whether everything fed is committed."""
        try:
            stands = self.standing()
        except KafkaException:
            return False  # a transaction is open; it will be asked again
        ends = offsets.log_ends(self.admin, list(stands))
        return all((stands[source] or 0) >= end for source, end in ends.items())

    def wait_done(self) -> None:
        """Wait until everything fed is committed."""
        wait_until(self.is_done, "all records to be committed")

    def outputs(self) -> dict[str, list[int]]:
        """Return the totals of each word as a reader of committed records sees them."""
        found: dict[str, list[int]] = {}
        for key, value in self.read(self.play.outputs, self.partitions):
            found.setdefault(key.decode(), []).append(int(value or b""))
        return found

    def read(self, topic: str, partitions: int) -> list[tuple[bytes, bytes | None]]:
        """Return every committed record of a topic."""
        return committed(self.client, self.admin, topic, partitions)

    def rows_on_disk(self, *numbers: int) -> dict[str, int]:
        """Return the rows of the stores of some workers; they must have ended."""
        rows: dict[str, int] = {}
        for number in numbers or (0,):
            home = Path(self.play.folder) / f"{self.play.application}-{number}"
            for folder in sorted(home.glob("p[0-9]")):
                store = Store(folder)
                prefix = COUNTS.stored(b"")
                for key, value in store.scan(prefix, prefix + b"\xff", 1_000_000):
                    rows[key[len(prefix) :].decode()] = int(value)
                store.close()
        return rows

    def rows_in_changelog(self) -> dict[str, int]:
        """Return the rows that the changelog rebuilds from nothing."""
        prefix = COUNTS.stored(b"")
        rows: dict[bytes, bytes] = {}
        for key, value in self.read(self.changelog, self.partitions):
            if value is None:
                rows.pop(key, None)
            elif key.startswith(prefix):
                rows[key] = value
        return {key[len(prefix) :].decode(): int(value) for key, value in rows.items()}

    def check(self) -> None:
        """See that outputs, disk and changelog equal the fold; all workers must have ended."""
        assert self.outputs() == self.totals
        rows = {word: count for word, count in self.counts.items() if count}
        assert self.rows_in_changelog() == rows
        assert self.rows_on_disk() == rows

    def _produce(self, topic: str, word: str, value: bytes) -> None:
        self._producer.produce(topic, value, word.encode())
