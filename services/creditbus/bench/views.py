"""Views, measured: how fast Redis follows what listing writes, and how fast it is built anew.

A bus of its own with nothing but views on it. Listing's own job folds a made-up history in this
process; what it writes is produced at full speed, as its worker would.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from confluent_kafka import Message

from creditbus.bench.buses import BenchBus, bench_bus, pid_of, replace_worker
from creditbus.bench.fold import SEED, SLICE, Run, history, messages_of
from creditbus.bench.machine import Spending, spending
from creditbus.bench.rows import BenchRow
from creditbus.bench.supply import producer_of, put
from creditbus.delivery.decide import Debt, stated
from creditbus.delivery.job import write as write_obligation
from creditbus.dispatch import decide as dispatch
from creditbus.dispatch.app import write as write_directive
from creditbus.domain.effects.directives import Directive
from creditbus.domain.entries.standings import Standing
from creditbus.engine import offsets
from creditbus.engine.shares import Share
from creditbus.engine.store import Store
from creditbus.engine.values import DictState, Output, Produced, Slice, SliceOutcome
from creditbus.listing.decide import TABLES, build
from creditbus.runtime.kafka.arrivals import values
from creditbus.runtime.kafka.clients import Place
from creditbus.runtime.law.editions import load_editions
from creditbus.runtime.redis.reads import Serving
from creditbus.stack.principals import ADMIN, admin_with
from creditbus.stack.services import worker_name
from creditbus.views.placement import FOLLOWED
from creditbus.wire.records import Codec
from creditbus.wire.topics import EVENTS, PARTITIONS, STANDINGS

BOUND_S: Final = 600.0
AT: Final = datetime(2026, 8, 1, tzinfo=UTC)
_LOOK_S: Final = 0.05
_WORKER: Final = worker_name("views")


def views(events: int) -> list[BenchRow]:
    """Measure following what so many events come to, and reading it all again."""
    with bench_bus(("views",)) as here:
        exercise = _Exercise(here)
        written = list(exercise.supply(events))
        exercise.follow(written[: len(written) // 5])
        return [exercise.follow(written[len(written) // 5 :]), exercise.rebuild()]


class _Exercise:
    """One bus with views on it."""

    def __init__(self, here: BenchBus) -> None:
        bus = here.bus
        self._services = bus.services
        self._sites = here.sites
        self._codec: Codec = here.auditor().codec
        self._redis = here.file.redis_url
        client = bus.stack.client_config(ADMIN)
        self._admin = admin_with(client)
        self._producer = producer_of(client, 5)
        broker = bus.stack.server("kafka").pid
        assert broker is not None, "the broker runs"
        self._broker = broker

    def supply(self, events: int) -> Iterator[Produced]:
        """Yield what listing, dispatch and delivery write of a history."""
        editions = load_editions(self._sites.catalogue, self._sites.editions)
        instructing, ledger = dispatch.build(editions), DictState()
        messages = messages_of(history(events, max(events // 5, 1), SEED), self._codec)
        read = values(self._codec, accepts=(Standing,))
        with TemporaryDirectory(prefix="creditbus-bench-") as folder:
            share = Share(0, {EVENTS: 0}, Store(Path(folder) / "0"), TABLES)
            run = Run(self._codec, build(editions), share)
            for first in range(0, len(messages), SLICE):
                written = run.take(messages[first : first + SLICE])
                yield from written
                standings = [_message(each) for each in written if each.topic == STANDINGS]
                arrived = Slice(topic=STANDINGS, partition=0, columns=read(standings)[0])
                instructed = instructing(arrived, ledger)
                ledger.apply(instructed.changes)
                yield from self._owed(instructed)

    def _owed(self, instructed: SliceOutcome) -> Iterator[Produced]:
        """Yield the directives of a slice, and the obligations that delivery makes of them."""
        for output in instructed.outputs:
            if output.stream != dispatch.DIRECTIVES:
                continue
            assert isinstance(output.value, Directive)
            yield write_directive(self._codec, output)
            row = stated(Debt(), output.value, AT)
            yield write_obligation(self._codec, Output("obligations", row.obligation))

    def follow(self, written: Sequence[Produced]) -> BenchRow:
        """Measure from the first record produced to the last one in Redis."""
        with self._spending() as run:
            for each in written:
                put(self._producer, each.topic, each.key, each.value, headers=list(each.headers))
            assert self._producer.flush(120) == 0, "the broker did not take every record"
            self._wait_written()
        return _row("views", len(written), run)

    def rebuild(self) -> BenchRow:
        """Measure a killed worker with an empty Redis, from its start to the last record."""
        asyncio.run(self._clear())
        replace_worker(self._services, _WORKER)
        total = sum(self._ends().values())
        with self._spending() as run:
            self._wait_written()
        return _row("views rebuild", total, run)

    def _ends(self) -> dict[Place, int]:
        places = [(topic, number) for topic in FOLLOWED for number in range(PARTITIONS)]
        known = self._admin.list_topics(timeout=30).topics
        here = [place for place in places if place[1] in known[place[0]].partitions]
        return offsets.log_ends(self._admin, here)

    def _wait_written(self) -> None:
        """Wait until Redis holds all that lies in the topics."""
        asyncio.run(self._reach(self._ends()))

    async def _reach(self, ends: dict[Place, int]) -> None:
        deadline = time.monotonic() + BOUND_S
        serving = Serving(self._redis)
        try:
            while not await _holds(serving, ends):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"Redis did not hold everything within {BOUND_S:g} s")
                await asyncio.sleep(_LOOK_S)
        finally:
            await serving.close()

    async def _clear(self) -> None:
        serving = Serving(self._redis)
        await serving.storing.clear()
        await serving.close()

    def _spending(self) -> AbstractContextManager[Spending]:
        worker = pid_of(self._services, _WORKER)
        assert worker is not None, "views runs"
        return spending(self._broker, worker)


def _row(name: str, records: int, run: Spending) -> BenchRow:
    return BenchRow(
        name=name,
        workers=1,
        events=records,
        events_per_s=round(records / run.watch.seconds, 1),
        cpu_s_per_million=round(run.cpu_s / records * 1e6, 1),
        peak_mb=round(run.memory_mb, 1),
        extra=run.beside(records),
    )


async def _holds(serving: Serving, ends: dict[Place, int]) -> bool:
    held = await serving.storing.positions()
    return all(held.get(place, 0) >= end for place, end in ends.items())


def _message(produced: Produced) -> Message:
    headers: list[tuple[str, str | bytes | None]] = [*produced.headers]
    return Message(
        topic=produced.topic,
        partition=0,
        offset=0,
        key=produced.key,
        value=produced.value,
        headers=headers,
    )
