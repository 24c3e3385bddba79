"""Peers over real sockets: who dawdles is cut off, who crowds finds no room, others go on."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket
from fastapi.responses import StreamingResponse
from websockets.sync.client import connect

from creditbus.runtime.http.bodies import body_of
from creditbus.runtime.http.peers import PeerBounds, Peers
from creditbus.runtime.http.problems import answer_problems
from creditbus.runtime.http.server import Site, server_config
from creditbus.runtime.metrics import Meters

BOUNDS = PeerBounds(connections=40, of_one=20, head_s=1.0, keep_alive_s=1.5, body_s=1.0, read_s=1.0)
CUT_BOUND_S = 20.0
LARGE = b"x" * 30_000_000


@dataclass
class Door:
    """A site on a port."""

    port: int
    meters: Meters

    def connect(self, address: str = "127.0.0.1") -> socket.socket:
        """Return a connection from an address of this machine."""
        return socket.create_connection(
            ("127.0.0.1", self.port), CUT_BOUND_S, source_address=(address, 0)
        )

    def ask(self, path: str = "/", address: str = "127.0.0.1") -> httpx.Response:
        """Ask over a connection of its own."""
        transport = httpx.HTTPTransport(local_address=address)
        with httpx.Client(transport=transport, timeout=CUT_BOUND_S) as client:
            return client.get(f"http://127.0.0.1:{self.port}{path}")

    def cuts(self, why: str) -> float:
        """Return how many connections were cut for a reason."""
        name = "creditbus_connections_cut_total"
        return self.meters.registry.get_sample_value(name, {"why": why}) or 0.0


async def talk(peer: WebSocket) -> None:
    await peer.accept()
    while True:
        await peer.send_text(await peer.receive_text())


def site(*, talks: bool) -> Site:
    app = FastAPI()
    answer_problems(app)

    @app.get("/")
    async def greet() -> Response:
        return Response(b"hello")

    @app.post("/")
    async def take(asked: Request) -> Response:
        return Response(str(len(await body_of(asked))))

    @app.get("/large")
    async def large() -> Response:
        return Response(LARGE)

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def beats() -> Any:
            while True:
                yield b": beat\n\n"
                await asyncio.sleep(0.2)

        return StreamingResponse(beats(), media_type="text/event-stream")

    app.websocket("/talk")(talk)

    async def check() -> None:
        return

    return Site(app, check, talks=talks)


@pytest.fixture
def door(request: pytest.FixtureRequest) -> Iterator[Door]:
    """A site whose patience is short; with the parameter, one that talks over WebSockets."""
    meters = Meters()
    peers = Peers(BOUNDS, meters)
    server = uvicorn.Server(server_config(site(talks=getattr(request, "param", False)), peers))
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)

    async def serve() -> None:
        watching = asyncio.create_task(peers.watch())
        await server.serve(sockets=[listener])
        watching.cancel()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    yield Door(listener.getsockname()[1], meters)
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


def ended(peer: socket.socket, sent: bytes = b"", every: float = 0.0) -> bytes:
    """Return what a peer is told until its end, sending the same again and again meanwhile."""
    told, deadline = b"", time.monotonic() + CUT_BOUND_S
    peer.settimeout(every or CUT_BOUND_S)
    while time.monotonic() < deadline:
        try:
            if every:
                peer.sendall(sent)
            part = peer.recv(65536)
        except TimeoutError:
            continue
        except ConnectionError:
            return told
        if not part:
            return told
        told += part
    raise AssertionError(f"still connected after {told[:200]!r}")


@pytest.mark.parametrize("door", [True], indirect=True)
def test_a_socket_is_let_through_and_outlives_the_patience_for_requests(door: Door) -> None:
    with connect(f"ws://127.0.0.1:{door.port}/talk", proxy=None) as talking:
        talking.send("hello")
        assert talking.recv(CUT_BOUND_S) == "hello"
        time.sleep(2 * BOUNDS.keep_alive_s)
        talking.send("still here")
        assert talking.recv(CUT_BOUND_S) == "still here"
        assert door.ask().status_code == 200


def test_silence_and_dripping_are_cut_off_while_others_are_answered(door: Door) -> None:
    drips = {
        "silent": (b"", 0.0),
        "slow_head": (b"X", 0.1),
        "slow_body": (b"x", 0.1),
    }
    begins = {
        "silent": b"",
        "slow_head": b"GET / HTTP/1.1\r\nA: ",
        "slow_body": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
    }
    for why, (sent, every) in drips.items():
        with door.connect() as peer:
            peer.sendall(begins[why])
            assert door.ask().text == "hello"
            ended(peer, sent, every)
        assert door.cuts(why) == 1, why


def test_who_reads_nothing_of_the_answer_is_cut_off(door: Door) -> None:
    with door.connect() as peer:
        peer.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        deadline = time.monotonic() + CUT_BOUND_S
        while not door.cuts("unread"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert door.ask().text == "hello"


def test_an_idle_connection_ends_and_a_stream_stays(door: Door) -> None:
    with door.connect() as idle, door.connect() as streaming:
        idle.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        streaming.sendall(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"hello" in ended(idle)
        until = time.monotonic() + 2.5
        while time.monotonic() < until:
            assert streaming.recv(65536)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
        (b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nA B: c\r\n\r\n", 400),
        (b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"GET /%ff%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404),
        (b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nContent-Length: 1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 65_000, 431),
        (b"GET / HTTP/1.1\r\nConnection: upgrade, close\r\nUpgrade: websocket\r\n\r\n", 200),
    ],
)
def test_rubbish_is_told_so_and_others_do_not_notice(
    door: Door, sent: bytes, status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with door.connect() as peer:
        for start in range(0, len(sent), 30_000):
            peer.sendall(sent[start : start + 30_000])
            time.sleep(0.01)
        told = answered(peer)
    assert int(told.split(b" ")[1]) == status, told
    assert status == 200 or b'"detail":"' in told
    assert door.ask().text == "hello"
    assert capfd.readouterr() == ("", "")


def test_a_body_too_large_is_told_so_though_more_of_it_comes(door: Door) -> None:
    with door.connect() as peer:
        peer.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 400000\r\n\r\n")
        for _ in range(40):
            peer.sendall(b"x" * 10_000)
        assert b" 413 " in answered(peer)
        peer.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"hello" in answered(peer)


def test_one_address_finds_its_bound_and_another_is_answered(door: Door) -> None:
    with ExitStack() as opened:
        for _ in range(BOUNDS.of_one):
            opened.enter_context(busy(door))
        refused = door.ask()
        assert (refused.status_code, refused.json()["reason"]) == (503, "CONNECTIONS")
        assert refused.headers["Retry-After"]
        assert door.ask(address="127.0.0.2").text == "hello"
        with door.connect() as stream:
            stream.sendall(b"GET /stream HTTP/1.1\r\nAccept: text/event-stream\r\n\r\n")
            assert ended(stream) == b"", "a status would end an event source for good"


def test_idle_connections_make_room_for_new_ones(door: Door) -> None:
    with ExitStack() as opened:
        idle = [opened.enter_context(door.connect()) for _ in range(BOUNDS.of_one)]
        time.sleep(0.2)
        assert door.ask().text == "hello"
        assert ended(idle[0]) == b""
        others = [f"127.0.0.{2 + number // 15}" for number in range(60)]
        for address in others:
            opened.enter_context(door.connect(address))
        time.sleep(0.2)
        held = door.meters.registry.get_sample_value("creditbus_connections")
        assert held is not None
        assert held <= BOUNDS.connections
        assert door.ask(address="127.0.0.9").text == "hello"


def answered(peer: socket.socket) -> bytes:
    """Return one whole answer."""
    told = b""
    while b"\r\n\r\n" not in told:
        told += peer.recv(65536)
    head, _, content = told.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    while len(content) < length:
        content += peer.recv(65536)
    return head + content


def busy(door: Door) -> socket.socket:
    """Return a connection with a stream on it."""
    peer = door.connect()
    peer.sendall(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b" 200 " in peer.recv(65536)
    return peer
