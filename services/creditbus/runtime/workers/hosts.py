"""Hosts: a slice worker is a service in a Faust app without agents.

Its loop runs on a thread of its own. Agents have processes of their own (``agents``); they would
starve beside a loop that runs flat out. What an operator wants of a worker (``modes``) is looked
up here, on one more thread that is nearly always asleep.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import threading
from collections.abc import Sequence
from typing import Any, Final, Protocol

import mode

from creditbus.engine.connection import Connection
from creditbus.engine.health import Health, Parked
from creditbus.engine.job import Job
from creditbus.engine.worker import Storage, Worker
from creditbus.runtime.health import Readiness
from creditbus.runtime.metrics import Meters
from creditbus.runtime.process import Process
from creditbus.runtime.traces import traced
from creditbus.runtime.workers.allocator import give_back_freed
from creditbus.runtime.workers.apps import fatal, idle_app, run_app
from creditbus.runtime.workers.modes import LOOK_EVERY_S, Mode, WantedMode, obey
from creditbus.runtime.workers.skips import WantedSkip
from creditbus.wire.topics import party_of_inbox

STOP_BOUND_S: Final = 20.0

LABELLED: Final = {
    "missed": ("deadlines_missed", ("source", "deadline")),
    "refused": ("refusals", ("source", "reason")),
}
"""The metric of a count that says more than one word, and what the further words are."""

SETTLED: Final = "settled"
"""The count of what a body has settled says the action and how many milliseconds it took."""


class Beside(Protocol):
    """What works in the event loop beside a worker, for as long as the worker does."""

    async def begin(self) -> None:
        """Begin; whatever goes on by itself from here must end the process when it fails."""
        ...

    async def end(self) -> None:
        """Bring to an end what is under way, within a bound; the worker ends after it."""
        ...


def host(process: Process, job: Job[Any], beside: Beside | None = None) -> None:
    """Run a slice worker in a Faust app until it is stopped; exit with a failure if it fails.

    It also follows the mode that an operator wants of it; once drained, the process ends.
    """
    connection = Connection(process.settings.kafka, process.security)
    worker = Worker(
        traced(job, process.service, process.trail),
        connection,
        Storage(process.settings.state, cache_mb=process.settings.store_cache_mb),
        counters=Counted(process.meters),
        logger=process.logger,
        now=process.clock.now,
    )
    hosted = _Hosted(worker, process, job.name)

    class HostedLoop(mode.Service):
        """Begins and ends the worker with the app."""

        async def on_start(self) -> None:
            if beside is not None:
                await beside.begin()
            hosted.begin()

        async def on_stop(self) -> None:
            if beside is not None:
                await beside.end()
            await asyncio.get_running_loop().run_in_executor(None, hosted.end)

    app = idle_app(process, job.application)
    app.service(HostedLoop)
    health = process.serve_health(hosted.readiness)
    process.logger.info("worker begins", application=job.application, sources=len(job.sources))
    try:
        run_app(app)
    finally:
        if health is not None:
            health.close()
        if process.trail is not None:
            process.trail.close()


def calm_collector() -> None:
    """Let the collector of cycles look seldom, and never at what is there now.

    A checkpoint's worth of rows lives for a fifth of a second and holds no cycle, and the imported
    libraries stay: with the interpreter's own settings both are walked through again and again.
    That took a third of the throughput of a loop beside Faust. A checkpoint holds some hundred
    thousand containers; the bound is above that, so that only what really stays is looked through.
    """
    # Not collected first: that found 556 objects of 100,000 and took a tenth of a second.
    gc.freeze()
    gc.set_threshold(1_000_000, 20, 100)


class _Hosted:
    """A worker on its own thread, and what an operator wants of it."""

    def __init__(self, worker: Worker, process: Process, name: str) -> None:
        self._worker = worker
        self._process = process
        self._wanted = WantedMode(process.settings.state, name)
        self._skip = WantedSkip(process.settings.state, name)
        self._is_drained = False
        self._stopping = threading.Event()
        self._ended = threading.Event()

    def begin(self) -> None:
        """Begin to work."""
        threading.Thread(target=self._work, name="slices", daemon=True).start()

    def end(self) -> None:
        """Take the last checkpoint and return, after the bound at the latest."""
        self._process.logger.info("worker stops")
        self._process.patience.stop()
        self._stopping.set()
        self._worker.stop()
        self._ended.wait(STOP_BOUND_S)

    def readiness(self) -> Readiness:
        """Return whether the worker works, and if not, why not."""
        health = self._worker.health
        self._measure(health)
        if self._is_drained:
            return Readiness(is_ready=False, why=Mode.DRAINED.sentence)
        if health.waiting is not None:
            return Readiness(is_ready=False, why=f"kafka: {health.waiting}")
        if health.is_paused:
            return Readiness(is_ready=False, why=Mode.PAUSED.sentence)
        if health.stalled is not None:
            return Readiness(is_ready=False, why=health.stalled)
        if not health.is_ready:
            return Readiness(is_ready=False, why="restoring partitions")
        return Readiness(is_ready=True, why=_told(health.parked), parked=health.parked)

    def _measure(self, health: Health) -> None:
        meters = self._process.meters
        meters.set("waiting", float(health.waiting is not None), whom="kafka")
        meters.set("engine_stalled", float(health.stalled is not None))
        meters.forget("parked")
        for each in health.parked:
            meters.set("parked", 1, source=party_of_inbox(each.topic), reason=each.reason)
        meters.forget("engine_lag")
        for (topic, partition), behind in health.behind.items():
            if (topic, partition) in health.assigned:
                meters.set("engine_lag", behind, topic=topic, partition=str(partition))

    def _work(self) -> None:
        with fatal(self._process):
            self._wait_while_drained()
            obey(self._wanted.read(), self._worker)
            threading.Thread(target=self._follow, name="mode", daemon=True).start()
            calm_collector()
            give_back_freed()
            self._worker.run()
        self._process.logger.info("worker has stopped")
        self._ended.set()
        if not self._stopping.is_set():
            # It was drained: the process ends as if it had been told to.
            os.kill(os.getpid(), signal.SIGTERM)

    def _wait_while_drained(self) -> None:
        # Who starts a drained worker again, such as its supervisor, did not ask for work.
        while self._wanted.read() is Mode.DRAINED and not self._stopping.is_set():
            self._is_drained = True
            self._stopping.wait(LOOK_EVERY_S)
        self._is_drained = False

    def _follow(self) -> None:
        with fatal(self._process):
            while not self._ended.wait(LOOK_EVERY_S):
                obey(self._wanted.read(), self._worker)
                self._skip.pass_on(self._worker)


def _told(parked: Sequence[Parked]) -> str:
    """Return in a sentence what waits, though the worker does its work for all others."""
    if not parked:
        return ""
    first, more = parked[0], len(parked) - 1
    others = f"; and {more} more" if more else ""
    return f"{first.place} waits: {first.why}{others}"


class Counted:
    """The engine's counters: its own by their names, those of decisions by their first word."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters

    def add(self, name: str, value: float, **labels: str) -> None:
        """Add to the metric that a count is about."""
        if name.startswith("engine_"):
            self._meters.add(name, value, **labels)
            return
        word, *about = name.split(" ")
        if not about:
            self._meters.add("decided", value, what=word)
        elif word == SETTLED:
            action, milliseconds = about
            for _ in range(round(value)):
                self._meters.observe("settled_seconds", int(milliseconds) / 1000, action=action)
        else:
            metric, names = LABELLED[word]
            self._meters.add(metric, value, **dict(zip(names, about, strict=True)))

    def observe(self, name: str, seconds: float) -> None:
        """Note one duration of the engine."""
        self._meters.observe(name, seconds)
