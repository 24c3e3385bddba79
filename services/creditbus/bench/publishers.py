"""The SDK, measured: how many events a second one process publishes, with and without an outbox.

From the first event that is handed over to the last receipt, on a bus of its own in which nobody
reads. The events are made beforehand, as an agency has them; checking, encoding and all the rest is
measured. Variants run in turn, so that a slow minute of the machine is everybody's.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import psutil

from creditbus.bench.buses import BenchBus, bench_bus
from creditbus.bench.machine import probe_ms, spent, watched
from creditbus.bench.rows import CONSOLE, BenchRow, middle
from creditbus.demo.city import organisation
from creditbus.domain.acts.events import EntryListed, Envelope
from creditbus.domain.ids import BasisId, ListId, SourceId, derive_event_id
from creditbus.domain.subjects import SubjectKind
from creditbus.sdk.async_publisher import AsyncPublisher
from creditbus.sdk.publisher import Publisher

SOURCE: Final = SourceId("tender")
WARM_UP: Final = 5_000
_SUBJECTS: Final = 10_000
_SAID_AT: Final = datetime(2026, 5, 11, 1, 30, tzinfo=UTC)
_MB: Final = 1 << 20

Variant = Callable[[Sequence[EntryListed], dict[str, Any]], None]


def publishers(events: int, rounds: int) -> list[BenchRow]:
    """Publish so many events in each way, so many times in turn; return the medians."""
    found: dict[str, list[BenchRow]] = {name: [] for name in _VARIANTS}
    with bench_bus(services=()) as here:
        for name, variant in _VARIANTS.items():
            _run(here, name, variant, events_of(f"warm-up {name}", WARM_UP))
        for number in range(rounds):
            for name, variant in _VARIANTS.items():
                row = _run(here, name, variant, events_of(f"{name} {number}", events))
                CONSOLE.print(f"{name}: {row.events_per_s:,.0f}/s", markup=False)
                found[name].append(row)
    return [middle(rows) for rows in found.values()]


def _run(here: BenchBus, name: str, variant: Variant, events: Sequence[EntryListed]) -> BenchRow:
    file = here.file
    login = {
        "kafka": file.bootstrap,
        "registry": file.registry_url,
        "password": file.credentials[SOURCE],
    }
    broker = here.bus.stack.server("kafka").pid
    assert broker is not None, "the broker runs"
    probed, before = probe_ms(), spent(None)
    with watched(broker) as watch:
        began = time.perf_counter()
        variant(events, login)
        seconds = time.perf_counter() - began
    return BenchRow(
        name=name,
        workers=1,
        events=len(events),
        events_per_s=round(len(events) / seconds),
        cpu_s_per_million=round((spent(None) - before) / len(events) * 1e6, 1),
        peak_mb=round(psutil.Process(os.getpid()).memory_info().rss / _MB, 1),
        extra={
            "broker_cpu_s_per_million": round(watch.broker_s / len(events) * 1e6, 1),
            "others_cores": watch.others_cores(0.0),
            "probe_ms": round((probed + probe_ms()) / 2, 1),
        },
    )


def _plain(events: Sequence[EntryListed], login: dict[str, Any]) -> None:
    with Publisher(SOURCE, **login) as publisher:
        for event in events:
            publisher.send(event)


def _told(events: Sequence[EntryListed], login: dict[str, Any]) -> None:
    receipts: list[object] = []
    with Publisher(SOURCE, **login) as publisher:
        for event in events:
            publisher.send(event, receipts.append)
    assert len(receipts) == len(events), "each has its receipt"


def _kept(events: Sequence[EntryListed], login: dict[str, Any]) -> None:
    with TemporaryDirectory(prefix="creditbus-bench-") as folder:
        outbox = Path(folder) / "outbox.sqlite"
        with Publisher(SOURCE, **login, outbox=outbox) as publisher:
            for event in events:
                publisher.send(event)


def _awaited(events: Sequence[EntryListed], login: dict[str, Any]) -> None:
    async def send() -> None:
        async with AsyncPublisher(SOURCE, **login) as publisher:
            for event in events:
                _ = await publisher.send(event)

    asyncio.run(send())


_VARIANTS: Final[dict[str, Variant]] = {
    "sdk": _plain,
    "sdk_callback": _told,
    "sdk_outbox": _kept,
    "sdk_asyncio": _awaited,
}


def events_of(run: str, count: int) -> list[EntryListed]:
    """Return lawful listings of as many records of one run."""
    return [_event(f"{run} {number}", number) for number in range(count)]


def _event(record_id: str, number: int) -> EntryListed:
    envelope = Envelope(
        event_id=derive_event_id(SOURCE, record_id, 1, "entry_listed"),
        source=SOURCE,
        record_id=record_id,
        record_revision=1,
        sequence=number,
        subject_kind=SubjectKind.LEGAL_PERSON,
        subject_id=organisation(number % _SUBJECTS),
        occurred_at=_SAID_AT,
        decided_on=date(2026, 5, 11),
        document_number="青招监决〔2026〕17号",
        bases=(BasisId("TBL-ART53"),),
        synthetic=True,
    )
    return EntryListed(
        envelope=envelope,
        list_id=ListId("BL-BID-ZT"),
        subject_name="（测）青岛示例有限公司",
        provisions=("53",),
        ends_on=date(2028, 5, 10),
        notice_served_on=date(2026, 4, 20),
        rights_stated=True,
    )
