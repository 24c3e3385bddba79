"""A broker that is killed, measured on the whole bus: how long each service says and does nothing.

A bus of its own on free ports. Each time the broker is killed with SIGKILL; its supervisor starts
it again. Times run from its first answer: to the first thing that a service was seen to do for
anybody (``NAME_first_s``) and for one of two new subjects (``NAME_s``; under load these come behind
what has waited meanwhile), and to when its health was ready for good (``NAME_ready_s``).
``NAME_untold_s`` is how long after the kill its health still said ready. After the last one every
record must have become one thing, and every body must have acted once on what it was told:
``lost`` and ``repeated`` count what did not.

There are two because no one list has both consequences: a bid bar is carried out by a body, and
only the court's list is exposed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date
from typing import Final

import httpx
import msgspec
from confluent_kafka import KafkaException

from creditbus.audit.app import TopicReader
from creditbus.bench.buses import BenchBus, bench_bus
from creditbus.bench.rows import CONSOLE, BenchRow
from creditbus.bench.witness import Doings, HealthLog
from creditbus.demo.agencies import Agencies
from creditbus.demo.bodies import Received
from creditbus.demo.city import City, Fate, Submitted
from creditbus.domain.acts.events import EntryListed
from creditbus.domain.calendar import day_of, millis_of
from creditbus.domain.ids import SubjectId
from creditbus.runtime.clock import SystemClock
from creditbus.stack.bus import bodies_plan, token_name
from creditbus.stack.folder import StackFile
from creditbus.stack.ports import HOST
from creditbus.stack.principals import admin_with
from creditbus.stack.services import HOSTED
from creditbus.wire.records import to_record

LISTS: Final = {"tender": "BL-BID-ZT", "court": "BL-COURT-SX"}
"""The lists of the two probes, by their sources."""

BODY: Final = "tender-platform"
ASKER: Final = "trade-centre"
BOUND_S: Final = 240.0
WRITERS: Final = ("gateway", "intake", "listing", "dispatch", "exposure", "delivery", "views")
WITHIN_S: Final = 8.0
"""How long none of them may be silent from the broker's answer on."""

CALM_S: Final = 3.0
_LOOK_S: Final = 0.05
_STATEMENTS: Final = 2000

Probe = Sequence[EntryListed]
"""A listing on each of the lists."""


def outage(kills: int, rate: float) -> list[BenchRow]:
    """Kill the broker so often, under so many events a second, and return a row for each time."""
    with bench_bus() as here:
        here.bus.services.start([bodies_plan(here.file, here.sites)])
        today = day_of(SystemClock().now())
        city = City(here.catalogue, seed=7, run="outage", today=today)
        probes = probes_of(city, kills + 1, today)
        exercise = _Exercise(here)
        with _load(here.file, city, rate):
            exercise.settle(probes[0])
            rows = [exercise.strike(number, probe) for number, probe in enumerate(probes[1:])]
        found = exercise.accounted()
        CONSOLE.print(summed_up(rows, found))
        return [msgspec.structs.replace(row, extra=row.extra | found) for row in rows]


class _Exercise:
    """One bus, and what is asked of it after each blow."""

    def __init__(self, here: BenchBus) -> None:
        self._bus = here.bus
        self._file = here.file
        self._topics = TopicReader(here.auditor())
        self._doings = Doings(self._file, here.auditor(), BODY)
        self._client = here.bus.stack.client_config("admin") | {"log_level": 0}

    def settle(self, probe: Probe) -> None:
        """Wait until a probe has gone all the way before anything is struck."""
        self._submit(probe)
        found, _ = self._doings.watch(_subjects(probe), ASKER, BOUND_S)
        if idle := sorted(self._doings.expected - found.keys()):
            raise ValueError(f"{', '.join(idle)} had nothing to do for the probes of a calm bus")

    def strike(self, number: int, probe: Probe) -> BenchRow:
        """Kill the broker and return how long each service was silent."""
        # Its threads would keep this process alive, however the measurement ends.
        with closing(HealthLog(self._file)) as readiness:
            time.sleep(CALM_S)
            restarts = {state.name: state.restarts for state in self._bus.services.states()}
            broker = self._bus.stack.server("kafka")
            began, killed_at = broker.restarts, time.monotonic()
            broker.send(signal.SIGKILL)
            while broker.restarts == began:
                time.sleep(_LOOK_S)
            answered_at = self._answered()
            found, first = self._seen_to_work(probe)
            time.sleep(CALM_S)
        extra = {"away_s": answered_at - killed_at, "load": os.getloadavg()[0]}
        extra |= {f"{name}_s": at - answered_at for name, at in found.items()}
        extra |= {f"{name}_first_s": at - answered_at for name, at in first.items()}
        for name in HOSTED:
            rose, fell = (
                readiness.rose_after(name, answered_at),
                readiness.fell_after(name, killed_at),
            )
            extra[f"{name}_ready_s"] = BOUND_S if rose is None else rose - answered_at
            extra[f"{name}_untold_s"] = BOUND_S if fell is None else fell - killed_at
        ended = sum(state.restarts - restarts[state.name] for state in self._bus.services.states())
        extra["ended"] = ended
        row = BenchRow(
            name="outage",
            events=number + 1,
            extra={name: round(seconds, 2) for name, seconds in sorted(extra.items())},
        )
        CONSOLE.print(told(row))
        return row

    def accounted(self) -> dict[str, float]:
        """Wait until everything has become something; return how much is lost, how much doubled."""
        deadline = time.monotonic() + BOUND_S
        while True:
            sums, owed = self._topics.sums(), self._topics.reconciliation().owed
            lost = owed + sum(each.open for each in sums)
            if not lost or time.monotonic() > deadline:
                break
            time.sleep(1.0)
        answer = httpx.get(f"http://{HOST}:{self._file.ports.body}/received", timeout=60)
        acted = msgspec.json.decode(answer.content, type=list[Received])
        once = {(each.obligation_id, each.revision) for each in acted}
        repeated = len(acted) - len(once) + sum(each.twice for each in sums)
        return {"lost": lost, "repeated": repeated}

    def _seen_to_work(self, probe: Probe) -> tuple[dict[str, float], dict[str, float]]:
        """Submit a probe; return when each service did something for it, and for anybody."""
        found: dict[str, float] = {}
        first: dict[str, float] = {}
        since_ms = millis_of(SystemClock().now())

        def ask() -> None:
            told = self._doings.watch(_subjects(probe), ASKER, BOUND_S, since_ms)
            found.update(told[0])
            first.update(told[1])

        asking = threading.Thread(target=ask)
        asking.start()
        found["gateway"] = first["gateway"] = self._submit(probe)
        asking.join()
        return found, first

    def _answered(self) -> float:
        while True:
            try:
                admin_with(self._client).list_topics(timeout=1.0)
            except KafkaException:
                time.sleep(_LOOK_S)
            else:
                return time.monotonic()

    def _submit(self, probe: Probe) -> float:
        """Post each listing until there is a receipt; return the instant of the first."""
        return min([self._post(listing) for listing in probe])

    def _post(self, listing: EntryListed) -> float:
        token = self._file.secrets[token_name(listing.envelope.source)]
        content = to_record(listing)
        del content["envelope"]["adult_on_decision"]
        deadline = time.monotonic() + BOUND_S
        while time.monotonic() < deadline:
            try:
                answer = httpx.post(
                    f"http://{HOST}:{self._file.ports.gateway}/v1/events",
                    content=msgspec.json.encode(content),
                    headers={"Authorization": f"Bearer {token}"},
                    timeout=10,
                )
            except httpx.HTTPError:
                continue
            if answer.is_success:
                break
            if answer.is_client_error:
                raise ValueError(f"the gateway refuses the probe: {answer.text}")
            time.sleep(_LOOK_S)
        return time.monotonic()


def told(row: BenchRow) -> str:
    """Return what a blow came to, in one line."""
    extra = row.extra
    silent = {name: extra[f"{name}_first_s"] for name in HOSTED if f"{name}_first_s" in extra}
    probe = max(extra[f"{name}_s"] for name in HOSTED if f"{name}_s" in extra)
    unready = max(extra[f"{name}_ready_s"] for name in HOSTED)
    untold = [name for name in HOSTED if extra[f"{name}_untold_s"] >= BOUND_S]
    return (
        f"kill {row.events}: away {extra['away_s']:g} s; first doing after its answer: "
        + ", ".join(f"{name} {seconds:g}" for name, seconds in silent.items())
        + f"; a new listing all the way after {probe:g} s; all ready after {unready:g} s"
        + f"; {extra['ended']:g} processes ended; load {extra['load']:g}"
        + (f"; never said not ready: {', '.join(untold)}" if untold else "")
    )


def summed_up(rows: Sequence[BenchRow], found: Mapping[str, float]) -> str:
    """Return what all blows came to, in one line."""
    # Readers have nothing to commit: they answer once the views hold all that has waited.
    longest = [max(row.extra.get(f"{name}_first_s", BOUND_S) for name in WRITERS) for row in rows]
    asked = max(row.extra.get("query_first_s", BOUND_S) for row in rows)
    within = sum(seconds <= WITHIN_S for seconds in longest)
    return (
        f"{within} of {len(rows)} kills: every service that writes did so within {WITHIN_S:g} s of"
        f" the broker's answer, at the longest after {max(longest):g} s; query answered after"
        f" {asked:g} s at the longest; lost {found['lost']:g}, repeated {found['repeated']:g}"
    )


def _subjects(probe: Probe) -> Sequence[SubjectId]:
    return [listing.envelope.subject_id for listing in probe]


def probes_of(city: City, count: int, today: date) -> Sequence[Probe]:
    """Return listings that lead to a restriction at the body, each with one that is exposed."""
    found: dict[str, list[EntryListed]] = {source: [] for source in LISTS}
    while min(map(len, found.values())) < count:
        for each in city.statements(_STATEMENTS):
            if (
                isinstance(each.event, EntryListed)
                and each.person is None
                and each.fate is Fate.APPLIED
                and each.event.list_id == LISTS.get(each.source)
                and (each.event.ends_on is None or each.event.ends_on > today)
            ):
                found[each.source].append(each.event)
    return list(zip(*found.values(), strict=False))[:count]


@contextmanager
def _load(file: StackFile, city: City, rate: float) -> Iterator[None]:
    """Publish as agencies do while the block lasts."""
    if not rate:
        yield
        return
    agencies = Agencies(file, SystemClock())
    statements: Sequence[Submitted] = [
        each for each in city.statements(int(rate * 3600)) if each.person is None
    ]
    talk = threading.Thread(
        target=lambda: asyncio.run(agencies.say(statements, per_second=rate)), daemon=True
    )
    talk.start()
    try:
        yield
    finally:
        agencies.stop()
        talk.join(BOUND_S)
