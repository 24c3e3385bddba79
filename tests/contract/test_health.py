"""Health over real sockets: live, ready or why not, metrics, and a way on for the lost."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from creditbus.runtime.health import PEER_BOUND_S, PEERS_MAX, HealthServer, Readiness
from creditbus.runtime.metrics import Meters


class Process:
    """A process that says of itself whether it works."""

    def __init__(self) -> None:
        self.readiness = Readiness(is_ready=False, why="waiting for registry")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.server = HealthServer(
            ("127.0.0.1", self.port), Meters(), lambda: self.readiness, worker="views-0"
        )

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
    assert answer.json() == {
        "worker": "views-0",
        "ready": False,
        "why": "waiting for registry",
    }
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


def test_peers_that_say_nothing_or_too_little_keep_nobody_waiting_and_are_cut_off(
    process: Process,
) -> None:
    threads = threading.active_count()  # those of other tests' servers among them
    with ExitStack() as opened:
        peers = [opened.enter_context(connected(process)) for _ in range(PEERS_MAX + 20)]
        for peer in peers[::2]:
            peer.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
        began = time.monotonic()
        for path in ("/health/live", "/metrics", "/health/live"):
            assert process.ask(path).status_code == 200
        assert time.monotonic() - began < PEER_BOUND_S - 1
        assert threading.active_count() - threads <= PEERS_MAX + 1
        with pytest.raises(ConnectionError):
            drip(peers[-2], until=began + PEER_BOUND_S + 2)
        assert peers[-1].recv(1) == b""


def test_a_silent_peer_does_not_hold_up_the_stop(process: Process) -> None:
    with connected(process) as peer:
        process.ask("/health/live")
        began = time.monotonic()
        process.server.close()
        assert time.monotonic() - began < PEER_BOUND_S - 1
        assert peer.recv(1) == b""
    process.server = HealthServer(("127.0.0.1", process.port), Meters(), lambda: process.readiness)
    process.server.start()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
        (b"POST /metrics HTTP/1.1\r\n\r\n", 405),
        (b"GET /metrics HTTP/9.9\r\n\r\n", 505),
        (b"GET /" + b"a" * 70_000, 414),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431),
        (b"GET /%00\xff HTTP/1.1\r\n\xff: \xff\r\n\r\n", 404),
    ],
)
def test_rubbish_is_told_so_and_nothing_is_printed(
    process: Process, capfd: pytest.CaptureFixture[str], sent: bytes, status: int
) -> None:
    with connected(process) as peer:
        peer.sendall(sent)
        peer.shutdown(socket.SHUT_WR)
        answer = peer.recv(2000)
    assert int(answer.split(b" ")[1]) == status
    assert process.ask("/health/live").status_code == 200
    assert capfd.readouterr() == ("", "")


def connected(process: Process) -> socket.socket:
    """Return a connection that has said nothing yet."""
    return socket.create_connection(("127.0.0.1", process.port), timeout=PEER_BOUND_S)


def drip(peer: socket.socket, *, until: float) -> None:
    """Send a byte now and then."""
    while time.monotonic() < until:
        peer.sendall(b"x")
        time.sleep(0.2)
