"""The toy job of the engine's tests: it counts words; run as a program it is one worker process.

Every readable record gives one output, the word with its total so far, so that a lost or repeated
record shows in the outputs as well as in the table. The value ``forget`` deletes the word's row, so
deletions travel through changelog and store too.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from confluent_kafka import Message

from creditbus.engine.turnstile import Quota
from creditbus.engine.values import (
    Draft,
    Output,
    Position,
    Produced,
    Slice,
    SliceOutcome,
    State,
    Table,
    Unreadable,
)
from creditbus.engine.worker import Connection, Job, Skip, Storage, Worker

Words = list[tuple[str, str]]

MOST_BYTES = 500_000  # what is longer is no text either
FORGET, POISON, GARBAGE, BOOM = "forget", "poison", b"\xff\xfe", 3
STARTED_AT = datetime(2026, 1, 1, tzinfo=UTC)

COUNTS: Table[str, int] = Table(
    name="counts",
    pack_key=str.encode,
    unpack_key=bytes.decode,
    pack_value=lambda count: str(count).encode(),
    unpack_value=int,
)


@dataclass(frozen=True)
class Play:
    """What one worker process is told to do, as one JSON argument."""

    bootstrap: str
    security: dict[str, str]
    application: str
    name: str
    sources: list[str]
    outputs: str
    folder: str
    dead_letters: str | None = None
    has_tables: bool = True
    strike_at: str | None = None  # the failpoint at which the process ends itself
    strike_after: int = 1
    metrics_port: int = 0  # of a hosted worker
    stands_still: bool = False  # it stops there as by SIGSTOP instead, and may be woken
    may_wait: bool = False  # each source is parked alone when it cannot be read
    skips: int | None = None  # of the first source, the offset to skip when it is parked there

    def written(self) -> str:
        """Return the play as the program's argument."""
        return json.dumps(asdict(self))


def read(records: Sequence[Message]) -> tuple[Words, list[Unreadable]]:
    """Return the words and what was said of them; bytes that are no text are unreadable."""
    words: Words = []
    unreadable: list[Unreadable] = []
    for record in records:
        key, value = record.key() or b"", record.value() or b""
        try:
            if len(value) > MOST_BYTES:
                value = GARBAGE
            words.append((key.decode(), value.decode()))
        except UnicodeDecodeError as error:
            where = Position(record.topic() or "", record.partition() or 0, record.offset() or 0)
            unreadable.append(
                Unreadable(
                    position=where, reason="no text", detail=str(error), key=key, value=value
                )
            )
    return words, unreadable


def decide(records: Slice[Words], state: State) -> SliceOutcome:
    """Count the words of the slice."""
    draft, outcome = Draft(state), SliceOutcome()
    draft.prefetch(COUNTS, {word for word, _ in records.columns})
    for word, said in records.columns:
        assert said != POISON, "a bug of the toy, on demand"
        total = 0 if said == FORGET else (draft.get(COUNTS, word) or 0) + 1
        draft.put(COUNTS, word, total or None)
        outcome.outputs.append(Output("totals", (word, total)))
        outcome.count("words")
    outcome.changes = draft.changes
    return outcome


def echo(records: Slice[Words], _state: State) -> SliceOutcome:
    """Pass the words on: a decision without tables."""
    return SliceOutcome(outputs=[Output("totals", word) for word in records.columns])


def job_of(play: Play) -> Job[Words]:
    """Return the job that the play tells of."""
    dead_letters = play.dead_letters

    def write(output: Output) -> Produced:
        word, total = cast("tuple[str, object]", output.value)
        headers = (("origin", output.stream.encode()),)
        key, value = str(word).encode(), str(total).encode()
        return Produced(topic=play.outputs, key=key, value=value, headers=headers)

    def bury(record: Unreadable) -> Produced:
        where = (("position", str(record.position).encode()),)
        return Produced(
            topic=dead_letters or "", key=record.key, value=record.value, headers=where, partition=0
        )

    return Job(
        application=play.application,
        name=play.name,
        sources=tuple(play.sources),
        tables=(COUNTS,) if play.has_tables else (),
        read=read,
        decide=decide if play.has_tables else echo,
        write=write,
        bury=bury if dead_letters else None,
        may_wait=frozenset(play.sources if play.may_wait else ()),
    )


class Journal:
    """Counters and a logger that write to the standard error, one sentence a line."""

    def add(self, name: str, value: float, **labels: str) -> None:
        """Drop the count."""

    def observe(self, name: str, seconds: float) -> None:
        """Drop the duration."""

    def info(self, event: str, **fields: object) -> None:
        """Write the sentence."""
        sys.stderr.write(f"{event} {fields}\n")

    warning = error = info


def worker_of(play: Play, journal: Journal, quota: Quota | None = None) -> Worker:
    """Return the worker that the play tells of, with its failpoint."""
    worker = Worker(
        replace(job_of(play), quota=quota),
        Connection(play.bootstrap, play.security),
        Storage(Path(play.folder)),
        counters=journal,
        logger=journal,
        now=lambda: STARTED_AT,
    )
    if play.strike_at is not None:
        left = [play.strike_after]

        def strike(point: str) -> None:
            left[0] -= point == play.strike_at
            if left[0] != 0 or point != play.strike_at:
                return
            if not play.stands_still:
                os._exit(BOOM)
            journal.info("stands still")
            os.kill(os.getpid(), signal.SIGSTOP)

        worker.failpoint = strike
    return worker


def perform(worker: Worker) -> None:
    """Run the worker until a signal asks it to stop, and say once when it is ready."""
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    over = threading.Event()

    def tell() -> None:
        while not over.wait(0.05):
            if worker.ready:
                sys.stderr.write("ready\n")
                return

    threading.Thread(target=tell, daemon=True).start()
    worker.run()
    over.set()


def main() -> None:
    """Run the worker of the play in the first argument."""
    play = Play(**json.loads(sys.argv[1]))
    worker = worker_of(play, Journal())
    if play.skips is not None:
        place = play.skips
        worker.skip(Skip(topic=play.sources[0], partition=0, start=place, through=place))
    perform(worker)


if __name__ == "__main__":
    main()
