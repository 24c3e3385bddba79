"""The crew of one repetition: its worker processes, from their start to their sheets."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import msgspec

from creditbus.bench.stopwatch import Sheet
from creditbus.bench.track import BOUND_S, COMPACTED, Track
from creditbus.bench.worker import MODULE, Task
from creditbus.runtime.settings import environment

_RUN_BOUND_S: Final = 600.0
_SETTLED_S: Final = 0.5
_LOOK_S: Final = 0.1
_NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One worker process with its task."""

    task: Task
    process: subprocess.Popen[bytes]
    log: Path

    def sheet(self) -> Sheet:
        """Return what its stopwatch has noted; an empty sheet before its first checkpoint."""
        path = Path(self.task.sheet)
        return msgspec.json.decode(path.read_bytes(), type=Sheet) if path.exists() else Sheet()

    def check(self) -> None:
        """Fail with its log when it has ended."""
        assert self.process.poll() is None, f"a worker ended early:\n{self.log.read_text()}"


class Crew:
    """Worker processes of one application of its own; what is left of them ends with the block."""

    def __init__(self, track: Track, way: str, source: str) -> None:
        self.track = track
        self.way = way
        self.source = source
        self.application = f"{way}-{next(_NUMBERS)}"
        self.outputs = track.create(f"{self.application}-out")
        self.changelog = track.create(f"{self.application}-changelog", config=COMPACTED)
        self.folder = track.folder / self.application
        self.folder.mkdir()
        self.gate = self.folder / "gate"
        self.posts: list[Post] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        for post in self.posts:
            if post.process.poll() is None:
                post.process.kill()
            post.process.wait(BOUND_S)

    def start(self, number: int = 0) -> Post:
        """Start one worker; it holds its partitions back until the gate opens."""
        place = len(self.posts)
        task = Task(
            way=self.way,
            settings=self.track.settings(self.folder / "state"),
            application=self.application,
            number=number,
            source=self.source,
            outputs=self.outputs,
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
        self.posts.append(Post(task=task, process=process, log=log))
        return self.posts[-1]

    def wait(self, holds: Callable[[], bool], what: str, bound_s: float = _RUN_BOUND_S) -> None:
        """Wait for something while every worker lives."""
        deadline = time.monotonic() + bound_s
        while not holds():
            for post in self.posts:
                post.check()
            assert time.monotonic() < deadline, f"waited {bound_s:.0f} s in vain for {what}"
            time.sleep(_LOOK_S)

    def wait_settled(self) -> None:
        """Wait until the partitions are spread evenly and restored."""
        partitions, workers = self.track.partitions_of(self.source), len(self.posts)
        even = [partitions // workers] * workers
        self.wait(lambda: self.track.owners(self.application) == even, "an even share", BOUND_S)
        time.sleep(_SETTLED_S)

    def open_gate(self) -> None:
        """Let every worker begin."""
        self.gate.touch()

    def wait_done(self) -> None:
        """Wait until the group has committed the whole source."""
        self.wait(lambda: self.track.is_done(self.application, self.source), "the last commit")

    def stop(self) -> list[Sheet]:
        """Ask the workers to end, see that they end well, and return their sheets."""
        for post in self.posts:
            post.process.send_signal(signal.SIGTERM)
        for post in self.posts:
            code = post.process.wait(BOUND_S)
            assert code == 0, f"a worker ended with {code}:\n{post.log.read_text()}"
        return [post.sheet() for post in self.posts]
