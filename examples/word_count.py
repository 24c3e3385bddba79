"""Count words: the whole of a job for the stream engine, in one file.

    python examples/word_count.py '{"bootstrap.servers": "127.0.0.1:9092"}' < README.md

makes its topics where they are missing, sends each word of the text to the topic ``words``, and
writes to ``counts`` the word with how often it has come so far. Kill it at any moment and start it
again without a text: no word is counted twice, and none is forgotten. SIGINT and SIGTERM end it.
"""

from __future__ import annotations

import json
import logging
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from confluent_kafka import Message, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from creditbus.engine.values import Output, Produced, Slice, SliceOutcome, State, Table, Unreadable
from creditbus.engine.worker import Connection, Job, Storage, Worker

Words = list[str]

COUNTS: Table[str, int] = Table(
    name="counts",
    pack_key=str.encode,
    unpack_key=bytes.decode,
    pack_value=lambda count: count.to_bytes(8, "big"),
    unpack_value=lambda packed: int.from_bytes(packed, "big"),
)


def read(records: Sequence[Message]) -> tuple[Words, list[Unreadable]]:
    """Return the word of each record; any bytes are a word here, so nothing is unreadable."""
    return [(record.key() or b"").decode(errors="replace") for record in records], []


def decide(arrived: Slice[Words], state: State) -> SliceOutcome:
    """Count: from the words of one slice and the state before follows all that changes."""
    words, outcome = arrived.columns, SliceOutcome()
    before = state.get_many(COUNTS, words)
    counts = {word: count or 0 for word, count in zip(words, before, strict=True)}
    for word in words:
        counts[word] += 1
        outcome.outputs.append(Output("counts", (word, counts[word])))
    outcome.rows(COUNTS).update(counts)
    return outcome


def write(output: Output) -> Produced:
    """Return the record for an output."""
    value: Any = output.value
    word, count = value
    return Produced(topic="counts", key=word.encode(), value=str(count).encode())


JOB = Job(
    application="word-count",
    name="word-count-0",
    sources=("words",),
    tables=(COUNTS,),
    read=read,
    decide=decide,
    write=write,
)


class Silent:
    """Counters that nobody reads."""

    def add(self, name: str, value: float, **labels: str) -> None:
        """Drop a count."""

    def observe(self, name: str, seconds: float) -> None:
        """Drop a duration."""


class Sentences:
    """A logger that prints."""

    def info(self, event: str, **fields: object) -> None:
        """Print a sentence with its facts."""
        logging.getLogger("word-count").info("%s %s", event, fields)

    warning = error = info


def prepare(settings: dict[str, str], text: str) -> None:
    """Make the topics that are missing, with equal partitions, and send the words of the text."""
    compacted = {"cleanup.policy": "compact"}
    topics = [NewTopic("words", 4, 1), NewTopic("counts", 4, 1)]
    topics.append(NewTopic(JOB.changelog, 4, 1, config=compacted))
    admin = AdminClient(settings)
    existing = admin.list_topics(timeout=10).topics
    missing = [topic for topic in topics if topic.topic not in existing]
    for made in admin.create_topics(missing).values() if missing else ():
        made.result(10)
    producer = Producer(settings)
    for word in text.split():
        producer.produce("words", key=word.lower())
        producer.poll(0)
    producer.flush(10)


def main() -> None:
    """Count until somebody says stop."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    settings = json.loads(sys.argv[1])
    prepare(settings, "" if sys.stdin.isatty() else sys.stdin.read())
    worker = Worker(
        JOB,
        Connection(settings.pop("bootstrap.servers"), settings),
        Storage(Path("word-count-state")),
        counters=Silent(),
        logger=Sentences(),
        now=lambda: datetime.now(UTC),
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: worker.stop())
    worker.run()


if __name__ == "__main__":
    main()
