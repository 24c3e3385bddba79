"""Closes the network to tests that need none, and shares the real stack among those that do."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.stack_fixtures", "tests.bus_fixtures"]

HERE: Final = Path(__file__).parent
WITHOUT_NETWORK: Final = ("unit", "property", "simulation", "tidy")

# How long an example takes says how busy the machine is; each test has its bound in any case.
settings.register_profile("bus", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("bus")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep every test of the real stack on one xdist worker, where one stack serves them all."""
    for item in items if config.pluginmanager.hasplugin("xdist") else ():
        if "stack" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("stack"))


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
