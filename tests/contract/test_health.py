"""Health over real sockets: live, ready or why not, metrics, and a way on for the lost."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest

from creditbus.runtime.health import HealthServer, Readiness
from creditbus.runtime.metrics import Meters


class Process:
    """A process that says of itself whether it works."""

    def __init__(self) -> None:
        self.readiness = Readiness(is_ready=False, why="waiting for registry")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.server = HealthServer(("127.0.0.1", self.port), Meters(), lambda: self.readiness)

    def ask(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=5, trust_env=False)


@pytest.fixture
def process() -> Iterator[Process]:
    """A process whose health is served."""
    started = Process()
    started.server.start()
    yield started
    started.server.close()


def test_live_answers_though_nothing_is_ready(process: Process) -> None:
    answer = process.ask("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"live": True})


def test_ready_says_why_not_and_then_yes(process: Process) -> None:
    answer = process.ask("/health/ready")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "why": "waiting for registry"}
    process.readiness = Readiness(is_ready=True)
    assert process.ask("/health/ready").status_code == 200


def test_metrics_are_served_as_text(process: Process) -> None:
    answer = process.ask("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert "# HELP creditbus_" in answer.text


def test_other_paths_are_told_where_to_go(process: Process) -> None:
    answer = process.ask("/health")
    assert answer.status_code == 404
    assert "/health/ready" in answer.json()["paths"]


def test_closed_server_frees_its_port(process: Process) -> None:
    process.server.close()
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", process.port))
    process.server = HealthServer(("127.0.0.1", process.port), Meters(), lambda: process.readiness)
    process.server.start()
    assert process.ask("/health/live").status_code == 200
