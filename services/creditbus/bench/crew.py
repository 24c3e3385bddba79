"""The crew of one repetition: its worker processes, from their start to their sheets."""

from __future__ import annotations

import itertools
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import msgspec

from creditbus.bench.observer import Sighting
from creditbus.bench.stopwatch import TimeSheet
from creditbus.bench.task import Task
from creditbus.bench.track import BOUND_S, COMPACTED, Track
from creditbus.bench.worker import MODULE
from creditbus.runtime.settings import environment

UNGROUPED: Final = frozenset({"bare"})
"""The ways that take their partitions by number instead of joining a group."""

CACHE_MB: Final = 64  # what a service has unless told otherwise
_RUN_BOUND_S: Final = 3600.0
_SETTLED_S: Final = 0.5
_LOOK_S: Final = 0.1
_NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One process with its task."""

    task: Task
    process: subprocess.Popen[bytes]
    log: Path

    def sheet(self) -> TimeSheet:
        """Return what its stopwatch has noted; an empty sheet before it was ready."""
        path = Path(self.task.sheet)
        return (
            msgspec.json.decode(path.read_bytes(), type=TimeSheet) if path.exists() else TimeSheet()
        )

    def is_ready(self) -> bool:
        """Return whether it has written a sheet."""
        return Path(self.task.sheet).exists()

    def check(self) -> None:
        """Fail with its log when it has ended."""
        assert self.process.poll() is None, f"a worker ended early:\n{self.log.read_text()}"

    def ask_to_end(self) -> None:
        """Ask the process, once: a second signal would find it without its own way to end."""
        self.process.send_signal(signal.SIGTERM)

    def wait_end(self) -> None:
        """See that the process ends well."""
        code = self.process.wait(BOUND_S)
        assert code == 0, f"a worker ended with {code}:\n{self.log.read_text()}"


class Crew:
    """The processes of one application of its own.

    When the block ends, what is left of them ends, and their topics and folder go.
    """

    def __init__(
        self, track: Track, way: str, source: str, workers: int = 1, *, cache_mb: int = CACHE_MB
    ) -> None:
        self.track = track
        self.way = way
        self.source = source
        self.workers = workers
        self._cache_mb = cache_mb
        self.partitions = track.partitions_of(source)
        self.application = f"{way}-{next(_NUMBERS)}"
        self.outputs = track.create(f"{self.application}-out", self.partitions)
        self.changelog = track.create(
            f"{self.application}-changelog", self.partitions, config=COMPACTED
        )
        self.folder = track.folder / self.application
        self.folder.mkdir()
        self.gate = self.folder / "gate"
        self.posts: list[Post] = []
        self._started: list[Post] = []
        self._places = itertools.count()
        self._asker = track.asker(self.application)

    @property
    def state(self) -> Path:
        """Where the workers keep their stores."""
        return self.folder / "state"

    @property
    def state_mb(self) -> float:
        """How much the stores take on disk, in MiB."""
        files = (path for path in self.state.rglob("*") if path.is_file())
        return round(sum(path.stat().st_size for path in files) / (1 << 20), 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        for post in self._started:
            if post.process.poll() is None:
                post.process.kill()
            post.process.wait(BOUND_S)
        self._asker.close()
        shutil.rmtree(self.folder)
        self.track.delete([self.outputs, self.changelog])

    def start(self, number: int = 0) -> Post:
        """Start one worker; it holds its partitions back until the gate opens."""
        post = self._launch(self.way, number)
        self.posts.append(post)
        return post

    def start_all(self) -> None:
        """Start every worker, and wait until the partitions are spread evenly and restored."""
        for number in range(self.workers):
            self.start(number)
        even = [self.partitions // self.workers] * self.workers
        if self.way in UNGROUPED:
            self.wait(lambda: all(post.is_ready() for post in self.posts), "workers", BOUND_S)
        elif self.way != "faust":  # its members count their tables' partitions too
            owners = self.track.owners
            self.wait(
                lambda: sorted(map(len, owners(self.application).values())) == even,
                "an even share",
                BOUND_S,
            )
        time.sleep(_SETTLED_S)

    def observe(self) -> Post:
        """Start the process that reads the outputs, and wait until it does."""
        post = self._launch("observer", 0)
        deadline = time.monotonic() + BOUND_S
        while not post.is_ready():
            post.check()
            assert time.monotonic() < deadline, "the observer never began"
            time.sleep(_LOOK_S)
        return post

    def wait(self, holds: Callable[[], bool], what: str, bound_s: float = _RUN_BOUND_S) -> None:
        """Wait for something while every worker lives."""
        deadline = time.monotonic() + bound_s
        while not holds():
            for post in self.posts:
                post.check()
            assert time.monotonic() < deadline, f"waited {bound_s:.0f} s in vain for {what}"
            time.sleep(_LOOK_S)

    def open_gate(self) -> None:
        """Let every worker begin."""
        self.gate.touch()

    def wait_done(self) -> None:
        """Wait until the group has committed the whole source."""
        self.wait(lambda: self.track.is_done(self._asker, self.source), "the last commit")

    def stop(self) -> list[TimeSheet]:
        """End the workers and return their sheets."""
        posts, self.posts = self.posts, []
        for post in posts:
            post.ask_to_end()
        for post in posts:
            post.wait_end()
        return [post.sheet() for post in posts]

    def _launch(self, way: str, number: int) -> Post:
        place = next(self._places)
        task = Task(
            way=way,
            settings=self.track.settings(self.state) | {"store_cache_mb": str(self._cache_mb)},
            application=self.application,
            number=number,
            workers=self.workers,
            source=self.source,
            outputs=self.outputs,
            partitions=self.partitions,
            sheet=str(self.folder / f"sheet-{place}.json"),
            gate=str(self.gate),
        )
        log = self.folder / f"worker-{place}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", MODULE],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=environment({}),
            )
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(task))
        process.stdin.close()
        self._started.append(Post(task=task, process=process, log=log))
        return self._started[-1]


def sightings(observer: Post) -> list[Sighting]:
    """End the observer and return what it saw."""
    observer.ask_to_end()
    observer.wait_end()
    return msgspec.json.decode(Path(observer.task.sheet).read_bytes(), type=list[Sighting])
