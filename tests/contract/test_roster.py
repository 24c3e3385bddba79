"""Who is told of by ``status``: servers, workers, bodies, and workers that nobody keeps."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import msgspec
import psutil
import pytest
from typer.testing import CliRunner

from creditbus.cli.main import app
from creditbus.cli.roster import _SILENT, BODIES, FURTHER, ProcessLine, Roster
from creditbus.stack.folder import Folder, StackFile
from creditbus.stack.ports import HOST, Ports, free
from creditbus.stack.processes import Identity
from creditbus.stack.services import HOSTED

TOLD: Final[dict[int, tuple[int, bytes]]] = {}
"""What the process on a port says of itself."""


class Health(BaseHTTPRequestHandler):
    """Says of the process on its port what the test wants."""

    def do_GET(self) -> None:
        assert isinstance(self.server, ThreadingHTTPServer)
        status, content = TOLD[self.server.server_port]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def ports() -> Ports:
    return free()


@pytest.fixture
def folder(tmp_path: Path, ports: Ports) -> Folder:
    made = Folder(tmp_path)
    made.make()
    StackFile(
        ports=ports,
        bootstrap="",
        registry_url="",
        redis_url="",
        credentials={},
        workers={"listing": 2},
    ).save(made.stack_file)
    return made


@pytest.fixture
def listening() -> Iterator[list[ThreadingHTTPServer]]:
    servers: list[ThreadingHTTPServer] = []
    yield servers
    for server in servers:
        server.shutdown()
        server.server_close()


def listen(
    servers: list[ThreadingHTTPServer], port: int, status: int = 200, content: bytes = b"{}"
) -> None:
    TOLD[port] = status, content
    server = ThreadingHTTPServer((HOST, port), Health)
    servers.append(server)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()


def record(folder: Folder, name: str, *, began_before_s: float = 0.0) -> None:
    """Let this very process be the one that is recorded, or one of its number that is no more."""
    created = psutil.Process(os.getpid()).create_time() - began_before_s
    identity = Identity(
        name=name,
        pid=os.getpid(),
        created=created,
        rank=1,
        restarts=2,
        last_exit="ended by SIGKILL",
    )
    (folder.records / f"{name}.json").write_bytes(msgspec.json.encode(identity))


def lines(folder: Folder) -> dict[str, ProcessLine]:
    return {line.name: line for line in Roster(StackFile.load(folder.stack_file), folder).lines()}


def test_servers_and_every_declared_worker_are_told_though_nothing_runs(folder: Folder) -> None:
    found = lines(folder)
    assert [line.name for line in found.values() if line.kind == "server"] == [
        "valkey",
        "kafka",
        "registry",
    ]
    workers = [line.name for line in found.values() if line.kind == "service"]
    assert len(workers) == len(HOSTED) + 1
    assert {"listing-0", "listing-1"} <= set(workers)
    assert {line.ready for line in found.values()} == {False}


def test_a_server_that_listens_and_is_ours_is_ready(
    folder: Folder, ports: Ports, listening: list[ThreadingHTTPServer]
) -> None:
    listen(listening, ports.redis)
    assert not lines(folder)["valkey"].ready, "somebody else's server is not this bus's"
    record(folder, "valkey")
    found = lines(folder)["valkey"]
    assert (found.ready, found.pid, found.why) == (True, os.getpid(), "")


@pytest.mark.parametrize("name", ["valkey", "kafka", "registry"])
def test_a_server_of_ours_is_ready_once_its_own_port_listens(
    folder: Folder, ports: Ports, listening: list[ThreadingHTTPServer], name: str
) -> None:
    record(folder, name)
    listen(listening, ports.controller)
    found = lines(folder)[name]
    assert (found.ready, found.why) == (False, _SILENT)
    listen(listening, ports.redis if name == "valkey" else getattr(ports, name))
    assert lines(folder)[name].ready


def test_one_that_has_died_is_told_by_how_it_ended(folder: Folder) -> None:
    record(folder, "listing-0", began_before_s=1000.0)
    record(folder, "listing-1")
    dead, alive = lines(folder)["listing-0"], lines(folder)["listing-1"]
    assert (dead.pid, dead.uptime_s, dead.memory_bytes) == (None, 0.0, 0)
    assert (dead.restarts, dead.last_exit) == (2, "ended by SIGKILL")
    assert alive.pid == os.getpid()
    assert min(alive.uptime_s, alive.memory_bytes) > 0


def test_a_worker_says_itself_why_it_is_not_ready(
    folder: Folder, ports: Ports, listening: list[ThreadingHTTPServer]
) -> None:
    why = json.dumps({"ready": False, "why": "restoring partitions"}).encode()
    listen(listening, ports.metrics_of("listing", 1), 503, why)
    listen(listening, ports.metrics_of("listing", 0))
    found = lines(folder)
    assert (found["listing-1"].ready, found["listing-1"].why) == (False, "restoring partitions")
    assert found["listing-0"].ready


@pytest.mark.parametrize(
    ("status", "content", "why"),
    [
        (503, b"<html>", "HTTP 503"),
        (503, b'{"why": 3}', "HTTP 503"),
        (503, b"{}", _SILENT),
        # Whatever it is that has no such page, it is not ready.
        (404, b"not found", "HTTP 404"),
        (302, b"", "HTTP 302"),
    ],
)
def test_one_that_does_not_say_why_is_told_by_what_it_answers(
    folder: Folder,
    ports: Ports,
    listening: list[ThreadingHTTPServer],
    status: int,
    content: bytes,
    why: str,
) -> None:
    listen(listening, ports.metrics_of("listing", 0), status, content)
    found = lines(folder)["listing-0"]
    assert (found.ready, found.why) == (False, why)


def test_one_that_speaks_no_http_does_not_answer(folder: Folder, ports: Ports) -> None:
    with socket.create_server((HOST, ports.metrics_of("listing", 0))) as server:

        def speak() -> None:
            client, _ = server.accept()
            with client:
                client.recv(1000)
                client.sendall(b"-ERR unknown command\r\n")

        speaking = threading.Thread(target=speak, daemon=True)
        speaking.start()
        found = lines(folder)["listing-0"]
        speaking.join(30)
    assert (found.ready, found.why) == (False, _SILENT)


def test_bodies_are_told_when_they_were_started(
    folder: Folder, ports: Ports, listening: list[ThreadingHTTPServer]
) -> None:
    assert BODIES not in lines(folder)
    record(folder, BODIES)
    assert not lines(folder)[BODIES].ready
    listen(listening, ports.body)
    assert lines(folder)[BODIES].ready


def test_a_worker_that_somebody_runs_by_hand_is_found_by_its_port(
    folder: Folder, ports: Ports, listening: list[ThreadingHTTPServer]
) -> None:
    listen(listening, ports.metrics_of("dispatch", 3), content=b'{"worker": "dispatch-3"}')
    # The last there is a port for; and one that says why it is not ready.
    waits = b'{"worker": "dispatch-9", "why": "restoring partitions"}'
    listen(listening, ports.metrics_of("dispatch", 9), 503, waits)
    found = lines(folder)
    third, ninth = found["dispatch-3"], found["dispatch-9"]
    assert (third.kind, third.ready, third.why) == ("further", True, FURTHER)
    assert (ninth.kind, ninth.ready, ninth.why) == ("further", False, "restoring partitions")


def test_a_declared_worker_is_told_once(
    folder: Folder, ports: Ports, listening: list[ThreadingHTTPServer]
) -> None:
    for worker in (0, 1):
        told = json.dumps({"worker": f"listing-{worker}"}).encode()
        listen(listening, ports.metrics_of("listing", worker), content=told)
    found = [each.name for each in Roster(StackFile.load(folder.stack_file), folder).lines()]
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    "content", [b"{}", b"[]", b"\xff", b"<html>", b'{"worker": "dispatch-4"}', b'{"worker": 3}']
)
def test_whoever_else_listens_where_a_worker_could_is_not_told(
    folder: Folder, ports: Ports, listening: list[ThreadingHTTPServer], content: bytes
) -> None:
    # Another bus's server was one, in a test's run: `status` said that not everything is ready.
    listen(listening, ports.metrics_of("dispatch", 3), 200, content)
    assert "dispatch-3" not in lines(folder)


def test_status_tells_machines_the_same_and_fails_while_something_is_not_ready(
    folder: Folder,
) -> None:
    told = CliRunner().invoke(app, ["status", "--json", "--home", str(folder.path)])
    assert told.exit_code == 1
    assert [each["name"] for each in json.loads(told.stdout)] == list(lines(folder))


def test_status_cuts_no_line_off(folder: Folder) -> None:
    told = CliRunner().invoke(app, ["status", "--home", str(folder.path)])
    assert all(f" {name} " in told.stdout for name in lines(folder))
    assert "…" not in told.stdout
