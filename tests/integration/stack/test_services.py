"""Services as supervised processes: ready together, restarted when killed, ended in order.

The services here are small web servers of the standard library; the supervision is the real one.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from creditbus.stack import ports
from creditbus.stack.errors import NotReady
from creditbus.stack.folder import Folder
from creditbus.stack.ports import Ports
from creditbus.stack.processes import own_memory
from creditbus.stack.services import Plan, Services, run_argv, worker_name
from creditbus.stack.supervisor import Supervisor

READY_BOUND_S: Final = 20
SLEEPER: Final = (sys.executable, "-c", "import time; time.sleep(60)")


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    supervisor = Supervisor(lambda _sentence: None)
    yield Services(Folder(tmp_path), supervisor)
    supervisor.stop()


@pytest.fixture(scope="module")
def free() -> Ports:
    return ports.free()


def a_plan(name: str, port: int, argv: tuple[str, ...] = ()) -> Plan:
    server = (sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1")
    return Plan(name=name, argv=argv or server, env={}, ready_url=f"http://127.0.0.1:{port}/")


def test_services_are_ready_restarted_and_stopped(services: Services, free: Ports) -> None:
    services.start([a_plan("query-0", free.query), a_plan("feed-0", free.feed)], READY_BOUND_S)
    before = {state.name: state for state in services.states()}
    assert all(state.ready and own_memory(state.pid or 0) > 0 for state in before.values())

    services.kill("query-0")
    deadline = time.monotonic() + READY_BOUND_S
    while services.states()[0].restarts == 0:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    services.wait_ready(["query-0", "feed-0"], READY_BOUND_S)
    after = {state.name: state for state in services.states()}
    assert after["query-0"].pid != before["query-0"].pid
    assert after["feed-0"].pid == before["feed-0"].pid

    services.stop()
    assert services.states() == []
    assert list(services.folder.records.glob("*.json")) == []


def test_service_that_never_gets_ready_is_told(services: Services, free: Ports) -> None:
    with pytest.raises(NotReady, match=r"console-0 not ready within 0\.5 s"):
        services.start([a_plan("console-0", free.console, SLEEPER)], 0.5)


def test_service_without_an_address_is_ready_when_it_lives(services: Services) -> None:
    services.start([Plan(name="clock-0", argv=SLEEPER, env={})], READY_BOUND_S)
    assert services.states()[0].ready


def test_worker_is_this_program_with_its_name() -> None:
    assert run_argv("listing", 1)[1:] == ("-m", "creditbus", "run", "listing", "--worker", "1")
    assert worker_name("listing", 1) == "listing-1"
