"""Listing, measured: its own job, schemas and catalogue over the copied city."""

from __future__ import annotations

from typing import Any

import msgspec

from creditbus.bench import cases
from creditbus.bench.crew import Crew
from creditbus.bench.engine import row_of
from creditbus.bench.machine import watched
from creditbus.bench.rows import BenchRow
from creditbus.bench.track import Track
from creditbus.runtime.process import Process
from creditbus.runtime.registry import Registry
from creditbus.runtime.settings import Settings
from creditbus.wire.schemas import load_schemas


def prepare(track: Track, events: int) -> str:
    """Publish the schemas and write so many events to a topic of their own."""
    settings: dict[str, Any] = dict(track.settings(track.folder))
    process = Process("supply", 0, Settings(**settings))
    file = track.stack.file
    Registry(file.registry_url, file.registry_login).publish(load_schemas(process.settings.schemas))
    topic = track.create(f"events-{events}")
    cases.supply(track.client, topic, cases.events(process.catalogue, process.codec, events))
    return topic


def listing(track: Track, topic: str, *, workers: int, cache_mb: int) -> BenchRow:
    """Run listing over the topic once, as a new application.

    ``state_mb`` is what its stores take on disk: with a small cache most of it is never in memory.
    """
    with Crew(track, "listing", topic, workers, cache_mb=cache_mb) as crew:
        crew.start_all()
        with watched(track.broker) as watch:
            crew.open_gate()
            crew.wait_done()
        sheets = crew.stop()
        state_mb = crew.state_mb
    row = row_of("listing", sheets, watch)
    extra = {"cache_mb": float(cache_mb), "state_mb": state_mb, **row.extra}
    return msgspec.structs.replace(row, extra=extra)
