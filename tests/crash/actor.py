"""The worker process of the crash tests: the word count, told how and where to come to grief."""

from __future__ import annotations

import faulthandler
import json
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
from confluent_kafka import Message

from creditbus.engine.failpoints import Failpoint
from creditbus.engine.values import Output, Produced, Slice, SliceOutcome, State, Unreadable
from creditbus.engine.worker import Connection, Job, Storage, Worker
from creditbus.runtime.clock import SystemClock
from creditbus.runtime.workers.skips import WantedSkip
from tests.integration.engine.words import (
    BOOM,
    POISON,
    Journal,
    Play,
    Words,
    job_of,
    perform,
    read,
)

SWELL, NAP = "swell", "nap"


@dataclass(frozen=True)
class Part(Play):
    """What one worker process of a crash test is told to do."""

    lingers: float = 0.0  # seconds from reaching the failpoint to the end, so that more is sent
    is_mended: bool = False  # poison is a word like any other
    swollen_bytes: int = 0  # how large the output of a word is that was said to swell
    nap_seconds: float = 0.0  # how long a decision about a nap takes, the first time
    file_bytes: int = 0  # the largest file the process may write, 0 for any
    poll_ms: int = 60_000
    fells: int = 0  # a process that ends at the failpoint, too
    shut_at: str | None = None  # a failpoint that is not passed before a file of that name exists
    armed_by: str | None = None  # a failpoint before which the other one does not strike


def job_for(part: Part) -> Job[Words]:
    """Return the word count with the part's mishaps in it."""
    job = job_of(part)

    def mended(records: Sequence[Message]) -> tuple[Words, list[Unreadable]]:
        words, unreadable = read(records)
        return [(word, "said" if said == POISON else said) for word, said in words], unreadable

    def decide(records: Slice[Words], state: State) -> SliceOutcome:
        if part.nap_seconds and any(said == NAP for _, said in records.columns):
            nap_once(Path(part.folder) / "napped", part.nap_seconds)
        return job.decide(records, state)

    def write(output: Output) -> Produced:
        produced = job.write(output)
        if part.swollen_bytes and (produced.key or b"").startswith(SWELL.encode()):
            swollen = (produced.value or b"").rjust(part.swollen_bytes)
            return msgspec.structs.replace(produced, value=swollen)
        return produced

    def bury(record: Unreadable) -> Produced:
        assert job.bury is not None, "the toy has a place for dead letters"
        letter = job.bury(record)
        if record.value is None:
            # What nobody has seen is known by its place.
            return msgspec.structs.replace(letter, value=str(record.position).encode())
        return letter

    reading = mended if part.is_mended else read
    return replace(job, read=reading, decide=decide, write=write, bury=bury)


def nap_once(sign: Path, seconds: float) -> None:
    """Take the time, unless the sign says that it was taken."""
    if not sign.exists():
        sign.touch()
        time.sleep(seconds)


def failpoint_of(part: Part, journal: Journal) -> Failpoint:
    """Return what strikes at the part's failpoint, at the given visit of it."""
    left, is_armed = [part.strike_after], [part.armed_by is None]

    def strike(point: str) -> None:
        is_armed[0] |= point == part.armed_by
        if point == part.shut_at:
            journal.info("shut")
            while not (Path(part.folder) / point).exists():
                time.sleep(0.02)
        if point != part.strike_at or not is_armed[0]:
            return
        left[0] -= 1
        if left[0] != 0:
            return
        if part.fells:
            os.kill(part.fells, signal.SIGKILL)
        time.sleep(part.lingers)
        if not part.stands_still:
            os._exit(BOOM)
        journal.info("stands still")
        os.kill(os.getpid(), signal.SIGSTOP)

    return strike


def worker_for(part: Part, journal: Journal) -> Worker:
    """Return the worker that the part tells of."""
    worker = Worker(
        job_for(part),
        Connection(part.bootstrap, part.security, poll_ms=part.poll_ms),
        Storage(Path(part.folder)),
        counters=journal,
        logger=journal,
        now=SystemClock().now,
    )
    worker.failpoint = failpoint_of(part, journal)
    return worker


def tell_waiting(worker: Worker, journal: Journal) -> None:
    """Say why the worker waits, whenever that changes."""
    said: str | None = None
    while True:
        waiting = worker.health.waiting
        if waiting != said:
            journal.info(f"waiting: {waiting}")
            said = waiting
        time.sleep(0.1)


def pass_on_skips(worker: Worker, part: Part) -> None:
    """Let the worker know of what the harness wants skipped, as a service's host does."""
    wanted = WantedSkip(Path(part.folder), part.name)
    while True:
        wanted.pass_on(worker)
        time.sleep(0.05)


def main() -> None:
    """Run the worker of the part in the first argument."""
    part = Part(**json.loads(sys.argv[1]))
    if part.file_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (part.file_bytes, part.file_bytes))
    # The harness asks with this signal where a worker hangs.
    faulthandler.register(signal.SIGUSR1)
    journal = Journal()
    worker = worker_for(part, journal)
    threading.Thread(target=tell_waiting, args=(worker, journal), daemon=True).start()
    if part.may_wait:
        threading.Thread(target=pass_on_skips, args=(worker, part), daemon=True).start()
    perform(worker)


if __name__ == "__main__":
    main()
