"""Fold: listing without a broker, on real bytes.

What a worker does with a slice between the fetch and the transaction: read, decide, write, keep the
changes, and write them to a store at every checkpoint. No network and no other process, so that two
runs can be compared and a profiler shows the bus alone.
"""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
from confluent_kafka import Message

from creditbus.bench.rows import BenchRow
from creditbus.clock.decide import day_turned
from creditbus.demo.city import organisation
from creditbus.domain.acts.events import (
    DayTurned,
    EntryListed,
    EntryRemoved,
    Envelope,
    RemovalCause,
)
from creditbus.domain.ids import BasisId, EventId, ListId, SourceId, SubjectId, derive
from creditbus.domain.subjects import kind_of
from creditbus.engine.shares import Share
from creditbus.engine.store import Store, StoreMark
from creditbus.engine.values import Produced, Slice, SliceOutcome, State
from creditbus.listing.app import write
from creditbus.listing.decide import LOGGED, TABLES, Arrivals, Logged, build
from creditbus.runtime.kafka.arrivals import values
from creditbus.runtime.law.editions import load_editions
from creditbus.runtime.settings import Settings, read_settings
from creditbus.runtime.workers.hosts import calm_collector
from creditbus.wire.headers import ORIGIN, event_headers
from creditbus.wire.records import RECORD_OF, Codec
from creditbus.wire.schemas import load_schemas
from creditbus.wire.topics import EVENTS, inbox

SEED: Final = 7
SLICE: Final = 1000
CHECKPOINT: Final = 10_000
_REPEATS: Final = 0.05
_REMOVALS: Final = 0.40
_FAULTY: Final = 0.01
_KEPT: Final = (
    ("court", "BL-COURT-SX", "SPC-2017-7-ART1", "3", 2),
    ("tender", "BL-BID-ZT", "TBL-ART53", "53", 2),
    ("tax", "RD-TAX-A", "STA-2025-12", "", 1),
)

STEPS: Final = ("read", "decide", "write", "keep", "store")
TURNED_ON: Final = date(2026, 8, 1)
Event = EntryListed | EntryRemoved | DayTurned


def history(count: int, subjects: int, seed: int) -> Iterator[Event]:
    """Yield lawful listings and removals, with some repeats and some faults among them.

    A day has turned before, as it has on every day but the first.
    """
    random = Random(seed)
    yield day_turned(TURNED_ON, 0)
    open_listings: dict[int, list[EntryListed]] = {}
    said: list[Event] = []
    for number in range(count):
        if said and random.random() < _REPEATS:
            yield _again(random.choice(said[-50_000:]), number)
            continue
        who = random.randrange(subjects)
        known = open_listings.setdefault(who, [])
        event: Event
        if known and random.random() < _REMOVALS:
            event = _removal(known.pop(), number)
        else:
            event = _listing(organisation(who), number, random, faulty=random.random() < _FAULTY)
            known.append(event)
        said.append(event)
        yield event


def messages_of(history: Iterable[Logged], codec: Codec) -> list[Message]:
    """Return the events as records of the log, with the headers that intake gives them."""
    found = []
    for offset, event in enumerate(history):
        envelope = event.envelope
        origin = f"{inbox(envelope.source)}/0/{offset}"
        headers: list[tuple[str, str | bytes | None]] = [
            *event_headers(RECORD_OF[type(event)], envelope),
            (ORIGIN, origin.encode()),
        ]
        found.append(
            Message(
                topic=EVENTS,
                partition=0,
                offset=offset,
                key=envelope.subject_id.encode(),
                value=codec.encode(event),
                headers=headers,
            )
        )
    return found


def lone_codec(settings: Settings, *, in_bulk: bool = True) -> Codec:
    """Return a codec without a registry: the schemas have the numbers of their order."""
    schemas = load_schemas(settings.schemas)
    ids = {key: number for number, key in enumerate(sorted(schemas.versions), start=1)}
    return Codec(schemas, ids, lambda _number: None, in_bulk=in_bulk)


def fold(count: int, subjects: int, *, in_bulk: bool = True) -> BenchRow:
    """Measure how fast listing folds a log of so many events about so many subjects.

    ``extra`` has the processor's microseconds an event of each step, and the rows and bytes an
    event, keys included, that a worker would write to its changelog; the peak counts the log too,
    which the bench holds in memory.
    """
    settings = read_settings()
    codec = lone_codec(settings, in_bulk=in_bulk)
    decide = build(load_editions(settings.catalogue, settings.editions))
    messages = messages_of(history(count, subjects, SEED), codec)
    calm_collector()
    with TemporaryDirectory(prefix="creditbus-fold-") as folder:
        run = Run(codec, decide, Share(0, {EVENTS: 0}, Store(Path(folder) / "0"), TABLES))
        for first in range(0, len(messages), SLICE):
            run.take(messages[first : first + SLICE])
        run.checkpoint()
    seconds = sum(run.spent.values())
    return BenchRow(
        name="fold",
        events=len(messages),
        events_per_s=round(len(messages) / seconds, 1),
        cpu_s_per_million=round(seconds / len(messages) * 1e6, 1),
        peak_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        extra={
            "subjects": float(subjects),
            "changelog_rows": round(run.rows / len(messages), 3),
            "changelog_bytes": round(run.bytes / len(messages), 1),
            **{f"{step}_us": round(s / len(messages) * 1e6, 2) for step, s in run.spent.items()},
        },
    )


class Run:
    """One share's slices, one after another, and the processor's seconds of each step."""

    def __init__(
        self, codec: Codec, decide: Callable[[Slice[Arrivals], State], SliceOutcome], share: Share
    ) -> None:
        self._codec = codec
        self._read = values(codec, accepts=LOGGED)
        self._decide = decide
        self._share = share
        self._since = time.process_time()
        self.spent: dict[str, float] = dict.fromkeys(STEPS, 0.0)
        self.counts: Counter[str] = Counter()
        self.rows = self.bytes = 0

    def take(self, records: Sequence[Message]) -> list[Produced]:
        """Do what the engine's loop does with a slice, and return what it would produce."""
        share = self._share
        self._since = time.process_time()
        columns, unreadable = self._read(records)
        assert not unreadable, unreadable[0]
        self._spend("read")
        outcome = self._decide(Slice(topic=EVENTS, partition=0, columns=columns), share.overlay)
        self._spend("decide")
        written = [write(self._codec, output) for output in outcome.outputs]
        self._spend("write")
        share.keep(written, outcome.changes, outcome.counts)
        share.advance(EVENTS, 0, len(records))
        self.counts.update(outcome.counts)
        self._spend("keep")
        if share.records >= CHECKPOINT:
            self.checkpoint()
        return written

    def checkpoint(self) -> None:
        """Write what has changed to the store."""
        self._since = time.process_time()
        rows = self._share.rows
        self._share.settle(rows, StoreMark(topic_id="", offset=0, at=0))
        self._spend("store")
        self.rows += len(rows)
        self.bytes += sum(len(key) + len(value or b"") for key, value in rows)

    def _spend(self, step: str) -> None:
        now = time.process_time()
        self.spent[step] += now - self._since
        self._since = now


def _listing(subject: SubjectId, number: int, random: Random, *, faulty: bool) -> EntryListed:
    source, of_list, basis, provision, years = random.choice(_KEPT)
    decided_on = date(2026, 1, 5) + timedelta(days=random.randrange(200))
    record_id = f"{source}-{number}"
    envelope = Envelope(
        event_id=EventId(derive("event", source, record_id, 1)),
        source=SourceId(source),
        record_id=record_id,
        record_revision=1,
        sequence=number,
        subject_kind=kind_of(subject),
        subject_id=subject,
        occurred_at=datetime(2026, 8, 1, tzinfo=UTC) + timedelta(seconds=number),
        decided_on=decided_on,
        document_number=f"（{decided_on.year}）鲁02测{number}号",
        bases=() if faulty else (BasisId(basis),),
        synthetic=True,
    )
    return EntryListed(
        envelope=envelope,
        list_id=ListId(of_list),
        subject_name=f"（测）青岛{number}号有限公司",
        provisions=(provision,) if provision else (),
        ends_on=decided_on.replace(year=decided_on.year + years),
        notice_served_on=decided_on - timedelta(days=15),
        rights_stated=True,
    )


def _removal(listing: EntryListed, number: int) -> EntryRemoved:
    envelope = msgspec.structs.replace(
        listing.envelope,
        event_id=EventId(derive("event", listing.envelope.source, number)),
        record_revision=2,
        sequence=number,
        decided_on=listing.envelope.decided_on + timedelta(days=20),
        bases=(),
    )
    return EntryRemoved(envelope=envelope, list_id=listing.list_id, cause=RemovalCause.PERFORMED)


def _again(event: Event, number: int) -> Event:
    envelope = msgspec.structs.replace(
        event.envelope, event_id=EventId(derive("repeat", number)), sequence=number
    )
    return msgspec.structs.replace(event, envelope=envelope)
