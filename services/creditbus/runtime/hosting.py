"""Hosting: every stream process is a Faust app for its lifecycle, signals and supervision.

A slice worker is a service in an app without agents: its loop runs on a thread of its own, and the
app needs ``producer_only`` because it refuses to start with neither agents nor topics otherwise.
Agents have processes of their own (``agents.py``); they would starve beside a loop that runs flat
out.
"""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from typing import Any, Final

import faust
import mode
from faust.types.auth import SASLMechanism

from creditbus.engine.connection import Connection
from creditbus.engine.job import Job
from creditbus.engine.worker import Storage, Worker
from creditbus.runtime.health import Readiness
from creditbus.runtime.metrics import Meters
from creditbus.runtime.process import Process
from creditbus.runtime.settings import Settings

STOP_BOUND_S: Final = 20.0
STALLED_S: Final = 30.0
_FAILED: Final = 3


def faust_app(process: Process, application: str, **options: Any) -> faust.App:
    """Return a Faust app with the settings that the study of its faults asks for."""
    settings = process.settings
    datadir = settings.state / process.name / "faust"
    datadir.parent.mkdir(parents=True, exist_ok=True)
    return faust.App(
        application,
        broker=f"kafka://{settings.kafka.replace(',', ';')}",
        broker_credentials=_credentials(settings),
        consumer_group_instance_id=process.name,
        datadir=datadir,
        store="memory://",
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        processing_guarantee="at_least_once",
        producer_acks=-1,
        producer_request_timeout=30,
        broker_commit_interval=0.5,
        consumer_auto_offset_reset="earliest",
        web_enabled=False,
        **options,
    )


def run_app(app: faust.App) -> None:
    """Run an app until it is told to stop; the process ends with its exit code."""
    # Faust configures logging and a spinner that sets the root logger to DEBUG; neither is wanted.
    worker = faust.Worker(
        app, loglevel="warn", redirect_stdouts=False, quiet=True, override_logging=False
    )
    worker.spinner = None
    worker.execute_from_commandline()


def host(process: Process, job: Job[Any]) -> None:
    """Run a slice worker in a Faust app until it is stopped; exit with a failure if it fails."""
    connection = Connection(process.settings.kafka, process.security)
    worker = Worker(
        job,
        connection,
        Storage(process.settings.state, cache_mb=process.settings.store_cache_mb),
        counters=_Counted(process.meters),
        logger=process.logger,
        now=process.clock.now,
    )
    calm_collector()
    app = faust_app(process, job.application)
    app.producer_only = True
    app.service(_loop_service(worker, process))
    health = process.serve_health(lambda: _readiness(worker, process))
    process.logger.info("worker begins", application=job.application, sources=len(job.sources))
    try:
        run_app(app)
    finally:
        if health is not None:
            health.close()


def calm_collector() -> None:
    """Let the collector of cycles look seldom.

    A checkpoint's worth of rows lives for a fifth of a second and holds no cycle; with the
    interpreter's own settings it is walked through again and again, a fifth of all the time.
    """
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def _loop_service(worker: Worker, process: Process) -> type[mode.Service]:
    class Loop(mode.Service):
        """The slice loop on its own thread, started and stopped with the app."""

        async def on_start(self) -> None:
            self._ended = threading.Event()
            self._thread = threading.Thread(target=self._work, name="slices", daemon=True)
            self._thread.start()

        async def on_stop(self) -> None:
            process.patience.stop()
            worker.stop()
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, self._ended.wait, STOP_BOUND_S)

        def _work(self) -> None:
            try:
                worker.run()
            except BaseException as failure:
                # Whatever it was: nothing uncommitted may be believed, so the process ends here and
                # is started again by its supervisor.
                process.logger.exception("worker failed", why=str(failure))
                os._exit(_FAILED)
            finally:
                self._ended.set()

    return Loop


def _readiness(worker: Worker, process: Process) -> Readiness:
    health = worker.health
    process.meters.set("waiting", float(health.waiting is not None), whom="kafka")
    if health.waiting is not None:
        return Readiness(is_ready=False, why=health.waiting)
    return Readiness(
        is_ready=health.is_ready, why="" if health.is_ready else "restoring partitions"
    )


def _credentials(settings: Settings) -> faust.SASLCredentials | None:
    if not settings.kafka_user:
        return None
    return faust.SASLCredentials(
        username=settings.kafka_user,
        password=settings.kafka_password,
        mechanism=SASLMechanism.SCRAM_SHA_256,
    )


class _Counted:
    """The engine's counters: its own by their names, those of decisions under one metric."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters

    def add(self, name: str, value: float, **labels: str) -> None:
        if name.startswith("engine_"):
            self._meters.add(name, value, **labels)
        else:
            self._meters.add("decided", value, what=name)

    def observe(self, name: str, seconds: float) -> None:
        self._meters.observe(name, seconds)
