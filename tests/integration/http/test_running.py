"""A service over HTTP as a process: it says whether it is ready, and stops when told."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import httpx
import pytest

from creditbus.console.app import PAGES
from creditbus.feed import app as feed
from creditbus.gateway import app as gateway
from creditbus.runtime.settings import environment
from creditbus.wire.records import Codec
from tests.integration.http.conftest import (
    ROOT,
    PrivateRedis,
    ProcessOf,
    bearer,
    free_port,
    wait_for,
)

BOUND_S: Final = 60.0
STOP_BOUND_S: Final = 8.0
"""Less than the ten seconds after which what does not end by itself is ended."""

PROGRAM: Final = """
import sys
from importlib import import_module
from creditbus.runtime.process import Process
from creditbus.runtime.settings import read_settings
import_module(f"creditbus.{sys.argv[1]}.app").run(Process(sys.argv[1], 0, read_settings()))
"""

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(process_of: ProcessOf, codec: Codec) -> Iterator[Start]:  # noqa: ARG001 - publishes
    """Start a service as a process of its own; the end of the test ends it."""
    started: list[subprocess.Popen[str]] = []

    def begin(service: str, **changes: object) -> subprocess.Popen[str]:
        settings = process_of(service, **changes).settings.model_dump(exclude_defaults=True)
        child = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, service],
            env=environment({name: str(value) for name, value in settings.items()})
            | {"PYTHONPATH": str(ROOT / "services")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(child)
        return child

    yield begin
    for child in started:
        child.kill()
        child.communicate(timeout=BOUND_S)


def until(url: str, status: int) -> httpx.Response:
    """Return the first answer with a status; the bound ends the wait."""
    deadline = time.monotonic() + BOUND_S
    last: object = None
    while time.monotonic() < deadline:
        try:
            answer = httpx.get(url, timeout=2.0)
        except httpx.HTTPError as error:
            last = error
        else:
            if answer.status_code == status:
                return answer
            last = answer.text
        time.sleep(0.1)
    raise AssertionError(f"{url} gave {last} and never {status}")


def test_a_feed_is_ready_waits_for_redis_and_stops_at_once(
    start: Start, redis: PrivateRedis, tokens: Mapping[str, str]
) -> None:
    port, metrics = free_port(), free_port()
    child = start("feed", feed_port=port, metrics_port=metrics)
    ready = f"http://127.0.0.1:{metrics}/health/ready"
    until(ready, 200)

    redis.stop()
    assert "redis" in until(ready, 503).json()["why"]
    counted = httpx.get(f"http://127.0.0.1:{metrics}/metrics", timeout=10.0).text
    assert 'creditbus_waiting{whom="redis"} 1.0' in counted

    url = f"http://127.0.0.1:{port}/v1/exposures"
    assert httpx.get(url, headers=bearer(tokens["court-platform"])).status_code == 503
    counted = httpx.get(f"http://127.0.0.1:{metrics}/metrics", timeout=10.0).text
    assert 'creditbus_http_requests_total{route="/v1/exposures",status="503"} 1.0' in counted
    began = time.monotonic()
    child.send_signal(signal.SIGTERM)
    child.wait(STOP_BOUND_S)
    assert time.monotonic() - began < STOP_BOUND_S


def test_a_stream_ends_when_the_feed_is_stopped(start: Start, tokens: Mapping[str, str]) -> None:
    port = free_port()
    child = start("feed", feed_port=port)
    wait_for(port)
    url = f"http://127.0.0.1:{port}/v1/exposures/stream"
    shown = bearer(tokens["court-platform"])
    with httpx.stream("GET", url, headers=shown, timeout=BOUND_S) as stream:
        assert stream.status_code == 200
        began = time.monotonic()
        child.send_signal(signal.SIGTERM)
        child.wait(STOP_BOUND_S)
    assert time.monotonic() - began < STOP_BOUND_S


def test_a_taken_port_is_said_in_one_sentence(process_of: ProcessOf) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit) as said:
            feed.run(process_of("feed", feed_port=port))

    assert said.value.code == (
        f"port {port} of feed is taken by another program: "
        "end that program, or set CREDITBUS_FEED_PORT"
    )


def test_a_refused_login_at_the_broker_ends_the_gateway(start: Start, tmp_path: Path) -> None:
    child = start("gateway", gateway_port=free_port(), kafka_password="wrong")
    said, _ = child.communicate(timeout=BOUND_S)

    assert child.returncode != 0
    assert "the broker refuses this user or password" in said
    assert list(tmp_path.glob("core*")) == []


def test_without_its_keys_nothing_is_built(process_of: ProcessOf) -> None:
    with pytest.raises(ValueError, match="CREDITBUS_ATTESTATION_KEY"):
        gateway.build(process_of("gateway", attestation_key=""))
    with pytest.raises(ValueError, match="CREDITBUS_PERSON_KEY"):
        gateway.build(process_of("gateway", person_key=""))


def test_the_console_shows_the_board_to_operators_only(
    start: Start, tokens: Mapping[str, str]
) -> None:
    port = free_port()
    start("console", console_port=port)
    wait_for(port)
    url = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=url, timeout=BOUND_S) as stranger:
        assert "运维令牌" in stranger.get("/").text
        assert stranger.post("/login", data={"token": tokens["court"]}).status_code == 401
        assert stranger.get("/", params={"token": "nobody's"}).status_code == 401
        assert 'class="console"' not in stranger.get("/").text
    with httpx.Client(base_url=url, timeout=BOUND_S) as operator:
        entered = operator.get("/", params={"token": tokens["watch"], "lang": "en"})
        assert entered.status_code == 303
        assert tokens["watch"] not in entered.headers["Location"]
        page = operator.get(entered.headers["Location"]).text
        pages = {path: operator.get(path, params={"lang": "en"}) for path in PAGES}
        of_a_list = operator.get("/lists", params={"lang": "en", "id": "BL-COURT-SX"}).text
        no_subject = operator.get("/subject", params={"id": "<b>370299</b>", "lang": "en"}).text
    with httpx.Client(base_url=url, timeout=BOUND_S) as stranger:
        logins = {path: stranger.get(path, params={"body": "railway"}).text for path in PAGES}
    assert "Flow through the bus" in page
    assert {path: answer.status_code for path, answer in pages.items()} == dict.fromkeys(PAGES, 200)
    assert "最高人民法院" in of_a_list
    assert "That is no valid credit code" in no_subject
    assert "370299" not in no_subject
    # After the login the page comes that was asked for.
    assert all("运维令牌" in each and "body=railway" in each for each in logins.values())
    assert "page=%2Fowed" in logins["/owed"]
    assert 'src="http' not in page
    assert "失信被执行人名单" not in page
