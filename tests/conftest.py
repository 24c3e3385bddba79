"""Closes the network to tests that need none, and shares the real stack among those that do."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings

from tests.sharing import BySharedWork

pytest_plugins = ["tests.stack_fixtures", "tests.bus_fixtures"]

HERE: Final = Path(__file__).parent
WITHOUT_NETWORK: Final = ("unit", "property", "simulation", "tidy")
TWICE: Final = ("contract", "integration")
"""Folders of tests on real servers, each played once more when it fails (docs/decisions/0033)."""

# How long an example takes says how busy the machine is; each test has its bound in any case.
settings.register_profile("bus", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# For an interpreter beside the one that draws them all: it is the interpreter that is tried there.
settings.register_profile("few", settings.get_profile("bus"), max_examples=20)
settings.load_profile("bus")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> BySharedWork:
    """Keep tests that share what is dear to make on one worker."""
    return BySharedWork(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tests on real servers be played once more; what must never happen has one try."""
    for item in items:
        if item.path.is_relative_to(HERE) and item.path.relative_to(HERE).parts[0] in TWICE:
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell whole why a test failed that passed when it was played once more."""
    for report in terminalreporter.getreports("rerun"):
        terminalreporter.write_sep("_", f"failed at first: {report.nodeid}", yellow=True)
        terminalreporter.write_line(report.longreprtext)


@pytest.fixture(autouse=True)
def _network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection of a test in a folder that promises to need none.

    Clients written in C (librdkafka) do not pass here; those folders do not use them.
    """
    if request.path.relative_to(HERE).parts[0] in WITHOUT_NETWORK:
        monkeypatch.setattr(socket.socket, "connect", _refuse)
        monkeypatch.setattr(socket.socket, "connect_ex", _refuse)


def _refuse(opened: socket.socket, address: object) -> None:
    opened.close()
    raise AssertionError(f"this test may not open a connection, but asked for {address}")
