"""The whole bus for tests: every server, every service, and the demonstration bodies."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import pytest
from typer.testing import CliRunner

from creditbus.audit.app import TopicReader
from creditbus.cli.main import app
from creditbus.demo.bodies import Received
from creditbus.demo.city import organisation
from creditbus.domain.ids import SubjectId
from creditbus.runtime.law.catalogue import load_catalogue
from creditbus.runtime.process import Process
from creditbus.runtime.settings import Settings, read_settings
from creditbus.stack import ports
from creditbus.stack.bus import LocalBus, Sites, bodies_plan, token_name
from creditbus.stack.cluster import Cluster
from creditbus.stack.folder import StackFile
from creditbus.stack.ports import HOST
from creditbus.stack.reports import Report

BODIES: Final = "bodies-0"
BOUND_S: Final = 60.0
"""Long after everything: a bound shows what never comes, and a slow machine has time."""

_FIRMS: Final = count(35_000_000)


@dataclass
class LiveBus:
    """A running bus, with what a test asks of it."""

    bus: LocalBus
    sites: Sites

    @property
    def file(self) -> StackFile:
        """The addresses and credentials."""
        return self.bus.stack.file

    def process(self) -> Process:
        """Return a process that may read every topic."""
        return Process("audit", 0, self.settings("svc.audit"))

    def settings(self, principal: str) -> Settings:
        """Return settings with a principal's login."""
        file = self.file
        return Settings(
            kafka=file.bootstrap,
            kafka_user=principal,
            kafka_password=file.credentials[principal],
            kafka_protocol=file.protocol,
            tls_ca=file.ca,
            registry=file.registry_url,
            redis=file.redis_url,
            schemas=self.sites.schemas,
            catalogue=self.sites.catalogue,
            log_level="error",
        )

    def reader(self) -> TopicReader:
        """Return the reader of whole topics."""
        return TopicReader(self.process())

    def http(self, service: str, party: str) -> httpx.Client:
        """Return a client of an HTTP service that speaks for a party."""
        return httpx.Client(
            base_url=f"http://{HOST}:{getattr(self.file.ports, service)}",
            headers={"Authorization": f"Bearer {self.file.secrets[token_name(party)]}"},
            timeout=10,
        )

    def received(self, subject: str) -> list[Received]:
        """Return what the bodies have acted on about a subject."""
        answer = httpx.get(
            f"http://{HOST}:{self.file.ports.body}/received", params={"subject": subject}, timeout=5
        )
        return msgspec.json.decode(answer.content, type=list[Received])


def eventually(ask: Callable[[], Any], bound_s: float = BOUND_S) -> Any:
    """Return the first true answer; fail with the last one when the bound is over."""
    deadline = time.monotonic() + bound_s
    while True:
        answer = ask()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not within {bound_s:g} s; the last answer: {answer!r}"
        time.sleep(0.05)


def press(live: LiveBus, *words: str, typed: str | None = None) -> tuple[int, str]:
    """Run a command on the live bus; return its exit code and what it printed.

    In this process: a new one would import for seconds what is here already.
    """
    done = CliRunner().invoke(app, [*words, "--home", str(live.sites.home)], input=typed)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


@contextmanager
def running_bus(home: Path, kind: Callable[..., LocalBus] = LocalBus) -> Iterator[LiveBus]:
    """Run a bus with every service and the bodies in a folder, as long as the block lasts."""
    root = Path(__file__).parent.parent
    sites = Sites(
        home=home,
        cache=read_settings().cache,
        schemas=root / "schemas" / "avro",
        catalogue=root / "deploy" / "catalogue",
    )
    say = logging.getLogger("bus").info
    with kind(
        sites,
        load_catalogue(sites.catalogue),
        ports=ports.free(),
        say=Report(say),
        cluster=Cluster(quick=True),
    ) as bus:
        bus.services.start([bodies_plan(bus.stack.file, sites)])
        yield LiveBus(bus, sites)


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveBus]:
    """A bus with every service and the bodies, shared by the tests of one run."""
    with running_bus(tmp_path_factory.mktemp("bus")) as running:
        yield running


def a_firm() -> SubjectId:
    """Return a made-up organisation that nobody on this bus has named: no city, no siege."""
    return organisation(next(_FIRMS))


@pytest.fixture
def subject() -> SubjectId:
    """A made-up organisation that no other test knows, and no earlier try of this one."""
    return a_firm()
