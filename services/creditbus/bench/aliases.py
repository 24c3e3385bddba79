"""Old codes, measured: how long a registrar's whole register takes to become known, and to be read.

A bus of its own, the real servers and services. First the register goes the way of every fact: the
registrar's client, intake, the log, listing, the compacted topic. Then one more reader of that
topic starts from nothing, as an intake worker does, and its memory is what the aliases cost it.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Final

import psutil

from creditbus.bench.buses import bench_bus
from creditbus.bench.rows import BenchRow
from creditbus.demo.city import organisation
from creditbus.domain.acts.events import Envelope
from creditbus.domain.acts.mappings import AliasKind, Confidence, SubjectAliasMapped
from creditbus.domain.aliases.resolution import Aliases
from creditbus.domain.identifiers.uscc import organisation_in
from creditbus.domain.ids import SourceId, derive_event_id
from creditbus.domain.subjects import USCC, kind_of
from creditbus.intake.app import take
from creditbus.runtime.kafka.follower import Follower
from creditbus.runtime.process import Process
from creditbus.sdk.publisher import Publisher
from creditbus.stack.folder import StackFile
from creditbus.wire.topics import ALIASES

_REGISTRAR: Final = SourceId("market")
_PAUSE_S: Final = 0.05


def aliases(count: int) -> list[BenchRow]:
    """Measure the way of so many old codes into the register, then a reader's start."""
    with bench_bus() as here:
        process = here.auditor()
        return [_registered(here.file, process, count), _read(process, count)]


def facts(count: int) -> Iterator[SubjectAliasMapped]:
    """Yield the claims of a made-up register: one organisation code for each organisation."""
    for number in range(count):
        subject = organisation(number)
        record_id = f"XJM-{number}"
        yield SubjectAliasMapped(
            envelope=Envelope(
                event_id=derive_event_id(_REGISTRAR, record_id, 1, "subject_alias_mapped", subject),
                source=_REGISTRAR,
                record_id=record_id,
                record_revision=1,
                sequence=number + 1,
                subject_kind=kind_of(subject),
                subject_id=subject,
                occurred_at=datetime(2017, 10, 9, tzinfo=UTC),
                decided_on=date(2017, 10, 9),
                synthetic=True,
            ),
            alias_kind=AliasKind.ORG9,
            alias=organisation_in(subject.removeprefix(USCC)),
            confidence=Confidence.ISSUED,
        )


def _registered(file: StackFile, process: Process, count: int) -> BenchRow:
    codec, known, following = process.codec, Aliases(), Follower(process, ALIASES)
    following.begin()
    began = time.monotonic()
    with Publisher(
        _REGISTRAR,
        kafka=file.bootstrap,
        registry=file.registry_url,
        password=file.credentials[_REGISTRAR],
    ) as publisher:
        for fact in facts(count):
            publisher.send(fact)
    sent = time.monotonic() - began
    while len(known) < count:
        take(following.drain(), codec, known)
        time.sleep(_PAUSE_S)
    seconds = time.monotonic() - began
    return BenchRow(
        name="aliases registered",
        events=count,
        events_per_s=round(count / seconds, 1),
        extra={"sent_s": round(sent, 2), "known_s": round(seconds, 2)},
    )


def _read(process: Process, count: int) -> BenchRow:
    codec, known, following = process.codec, Aliases(), Follower(process, ALIASES)
    gc.collect()
    before = psutil.Process().memory_info().rss
    began = time.monotonic()
    following.begin()
    fetched = time.monotonic() - began
    take(following.drain(), codec, known)
    seconds = time.monotonic() - began
    gc.collect()
    assert len(known) == count, f"{len(known)} of {count} aliases were read"
    megabytes = (psutil.Process().memory_info().rss - before) / 1e6
    return BenchRow(
        name="aliases read at start",
        events=count,
        events_per_s=round(count / seconds, 1),
        peak_mb=round(megabytes, 1),
        extra={"fetched_s": round(fetched, 2), "read_s": round(seconds, 2)},
    )
