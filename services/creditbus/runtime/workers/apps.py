"""Apps: the Faust app around every stream process, for its lifecycle, signals and supervision.

It is set as the study of Faust's faults asks for (``docs/agents.md``), in this one place.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final

import faust
from faust.types.auth import CredentialsT, SASLMechanism

from creditbus.engine.failures import TopicMissing
from creditbus.runtime.process import Process
from creditbus.runtime.settings import Settings
from creditbus.runtime.tls import of_servers

FAILED: Final = 3
CREATE_TOPICS: Final = "run `creditbus topics create`"
"""With which code a process ends that must not go on."""


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


def idle_app(process: Process, application: str) -> faust.App:
    """Return an app with no connection of its own, for what brings its own client.

    Without ``producer_only`` it would refuse to start with neither agents nor topics.
    Faust's producer would be a second client that nobody uses, and would end the process when the
    broker is away at its start, instead of waiting for it.
    """
    app = faust_app(process, application)
    app.producer_only = True
    app.boot_strategy = faust.app.BootStrategy(app, enable_kafka=False, enable_web=False)
    return app


class _Runner(faust.Worker):
    """Faust's worker, except that it sleeps no second before it closes the event loop.

    The process keeps the title that it was started with, which names its service and worker.
    """

    async def _sentinel_task(self) -> None:
        await asyncio.sleep(0)

    def _setproctitle(self, info: str, *, ident: str = "") -> None:
        pass


def run_app(app: faust.App) -> None:
    """Run an app until it is told to stop; the process ends with its exit code."""
    # Faust configures logging and a spinner that sets the root logger to DEBUG; neither is wanted.
    worker = _Runner(
        app, loglevel="warn", redirect_stdouts=False, quiet=True, override_logging=False
    )
    worker.spinner = None
    worker.execute_from_commandline()


@contextmanager
def fatal(process: Process) -> Iterator[None]:
    """End the process when the block fails, whatever the failure is.

    Left alone, Faust would acknowledge what was not done, or log it, and go on. Whatever is not
    committed is done again by the next start.
    """
    try:
        yield
    except (asyncio.CancelledError, GeneratorExit):
        raise
    except BaseException as failure:
        process.logger.exception("the process ends", why=reason_of(failure))
        sys.stdout.flush()
        os._exit(FAILED)


class EndedEarly(Exception):
    """A task of the process has ended while the process was to work."""


@contextmanager
def enduring(process: Process, app: faust.App, who: str) -> Iterator[None]:
    """End the process when the block fails or ends before the app is told to stop.

    Faust would go on without it.
    """
    with fatal(process):
        try:
            yield
        except (asyncio.CancelledError, GeneratorExit):
            _check_stopping(app, who)
            raise
        _check_stopping(app, who)


def lasting(
    process: Process, app: faust.App, work: Callable[[], Awaitable[None]]
) -> Callable[[], Coroutine[Any, Any, None]]:
    """Return work that must not end before the app does."""

    async def enduringly() -> None:
        with enduring(process, app, "a task beside the work"):
            await work()

    return enduringly


def _check_stopping(app: faust.App, who: str) -> None:
    if not app.should_stop:
        raise EndedEarly(f"{who} ended while the process was to work")


def reason_of(failure: BaseException) -> str:
    """Return what happened and what to do, where the engine leaves that to its host."""
    is_topic = isinstance(failure, TopicMissing)
    return f"{failure}: {CREATE_TOPICS}" if is_topic else str(failure)


def _credentials(settings: Settings) -> CredentialsT | None:
    """Return how Faust's own clients log in, and whose certificates they believe.

    A login with a context is one over TLS for Faust, and one without never is.
    """
    over_tls = settings.kafka_protocol == "SASL_SSL"
    context = of_servers(settings).context() if over_tls else None
    if settings.kafka_user:
        return faust.SASLCredentials(
            username=settings.kafka_user,
            password=settings.kafka_password,
            mechanism=SASLMechanism(settings.kafka_mechanism),
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context is not None else None
