"""Reform: what it costs listing to go through its standings when an edition is published.

Without a broker, as in ``fold``: one edition that reaches nobody, so that all are only looked at,
and one that abolishes a measure, so that whoever it burdened is settled anew.
"""

from __future__ import annotations

import resource
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from creditbus.bench.fold import SEED, SLICE, Run, history, lone_codec, messages_of
from creditbus.bench.rows import BenchRow
from creditbus.domain.acts.activations import edition_activated
from creditbus.domain.ids import MeasureId
from creditbus.domain.law.editions import Edition, Editions
from creditbus.engine.shares import Share
from creditbus.engine.store import Store
from creditbus.listing.decide import TABLES, build
from creditbus.runtime.law.catalogue import load_catalogue
from creditbus.runtime.settings import read_settings
from creditbus.runtime.workers.hosts import calm_collector
from creditbus.wire.records import Codec
from creditbus.wire.topics import EVENTS

ABOLISHED: Final = MeasureId("A03")


def reform(events: int, subjects: int) -> BenchRow:
    """Measure both over a log of so many events about so many subjects.

    ``extra`` has the standings that were reached, the seconds of looking at all, and those of the
    whole reform, until it is in the store.
    """
    settings = read_settings()
    codec = lone_codec(settings)
    before, nobody, abolition = editions = _editions()
    decide = build(Editions(before, {each.id: each for each in editions}.get))
    calm_collector()
    with TemporaryDirectory(prefix="creditbus-reform-") as folder:
        run = Run(codec, decide, Share(0, {EVENTS: 0}, Store(Path(folder) / "0"), TABLES))
        messages = messages_of(history(events, subjects, SEED), codec)
        for first in range(0, len(messages), SLICE):
            run.take(messages[first : first + SLICE])
        run.checkpoint()
        looking, _ = _activated(run, nobody, codec)
        whole, reached = _activated(run, abolition, codec)
    return BenchRow(
        name="reform",
        events=len(messages),
        peak_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        extra={
            "subjects": float(subjects),
            "reached": float(reached),
            "look_s": round(looking, 3),
            "reform_s": round(whole, 3),
        },
    )


def _editions() -> tuple[Edition, Edition, Edition]:
    """Return what is in force, and two that may follow: no body is left, and a measure is gone."""
    catalogue = load_catalogue(read_settings().catalogue)
    measures = {key: row for key, row in catalogue.measures.items() if key != ABOLISHED}
    return (
        Edition(catalogue=catalogue),
        Edition(catalogue=msgspec.structs.replace(catalogue, edition="nobody", bodies={})),
        Edition(catalogue=msgspec.structs.replace(catalogue, edition="gone", measures=measures)),
    )


def _activated(run: Run, edition: Edition, codec: Codec) -> tuple[float, int]:
    """Return the processor's seconds until the edition is in the store, and how many it moved."""
    spent, moved = sum(run.spent.values()), run.counts["standings"]
    run.take(messages_of([edition_activated(edition, 0)], codec))
    run.checkpoint()
    return sum(run.spent.values()) - spent, run.counts["standings"] - moved
