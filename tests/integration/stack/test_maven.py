"""A file of a Maven repository: from the machine's own cache, or downloaded, tried again, named."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from creditbus.stack.maven import PIECE_BYTES, Artifact, Repository, Unreachable

CONTENT = b"jar" * PIECE_BYTES
ARTIFACT = Artifact(
    sha256="", size_bytes=len(CONTENT), coordinate="org.example:thing:1", file="thing-1.jar"
)


class Server(ThreadingHTTPServer):
    """A repository on the loopback that breaks off its first answers, or has nothing."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []
        self.broken = 0
        self.status = 200


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        if len(self.server.asked) <= self.server.broken:
            self.wfile.write(CONTENT[: PIECE_BYTES + 7])
        elif self.server.status == 200:
            self.wfile.write(CONTENT)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is inherited
        """Say nothing."""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with Server() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        monkeypatch.setenv("CREDITBUS_MAVEN", f"http://127.0.0.1:{running.server_port}/maven/")
        monkeypatch.setenv("M2_REPO", str(tmp_path / "m2"))
        yield running
        running.shutdown()


def fetched(into: Path) -> int:
    """Fetch the file; return how many bytes were counted."""
    counted: list[int] = []
    with Repository() as repository:
        repository.fetch(ARTIFACT, into, counted.append)
    return sum(counted)


def test_a_file_comes_from_the_repository_that_is_set(server: Server, tmp_path: Path) -> None:
    assert fetched(tmp_path / "thing") == len(CONTENT)
    assert (tmp_path / "thing").read_bytes() == CONTENT
    assert server.asked == ["/maven/org/example/thing/1/thing-1.jar"]


def test_a_download_that_breaks_off_is_begun_again_and_counted_once(
    server: Server, tmp_path: Path
) -> None:
    server.broken = 2
    assert fetched(tmp_path / "thing") == len(CONTENT)
    assert (tmp_path / "thing").read_bytes() == CONTENT
    assert len(server.asked) == 3


def test_a_repository_that_always_breaks_off_is_given_up(server: Server, tmp_path: Path) -> None:
    server.broken = 99
    with pytest.raises(Unreachable):
        fetched(tmp_path / "thing")
    assert len(server.asked) == 3


def test_what_a_repository_does_not_have_is_asked_for_once(server: Server, tmp_path: Path) -> None:
    server.status = 404
    with pytest.raises(Unreachable, match="404"):
        fetched(tmp_path / "thing")
    assert len(server.asked) == 1


def test_what_the_machine_has_already_is_not_downloaded(server: Server, tmp_path: Path) -> None:
    own = tmp_path / "m2" / ARTIFACT.path
    own.parent.mkdir(parents=True)
    own.write_bytes(CONTENT)
    assert fetched(tmp_path / "thing") == len(CONTENT)
    assert server.asked == []


def test_half_a_file_of_the_machine_is_not_taken(server: Server, tmp_path: Path) -> None:
    own = tmp_path / "m2" / ARTIFACT.path
    own.parent.mkdir(parents=True)
    own.write_bytes(CONTENT[:100])
    fetched(tmp_path / "thing")
    assert len(server.asked) == 1
