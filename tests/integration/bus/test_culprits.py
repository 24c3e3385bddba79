"""Whatever is away, frozen, refusing or misnamed is called by its name, and in seconds."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from creditbus.sdk.publisher import NotPublished, Publisher
from tests.bus_fixtures import LiveBus
from tests.examples import a_bid_bar

SECONDS = 29.0
"""Less than the half minute after which a flush gives up by itself, whatever is wrong."""

NOBODY = "nobody-has-this-name.invalid"

Where = Callable[[LiveBus], dict[str, str]]


@pytest.fixture
def frozen() -> Iterator[int]:
    """A port that is listened on, where nobody ever answers."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        yield int(door.getsockname()[1])


@pytest.fixture
def stranger() -> Iterator[int]:
    """The port of a web server that is no registry."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>It works</html>")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def told(live: LiveBus, **changes: str) -> str:
    """Return what an agency is told with one thing wrong, and see that it is told soon."""
    began = time.monotonic()
    with (
        pytest.raises(NotPublished) as failure,
        Publisher(
            "tender",
            kafka=changes.get("kafka", live.file.bootstrap),
            registry=changes.get("registry", live.file.registry_url),
            password=changes.get("password", live.file.credentials["tender"]),
        ) as publisher,
    ):
        publisher.publish(a_bid_bar(record_id="culprits"))
    assert time.monotonic() - began < SECONDS
    return str(failure.value)


def test_a_wrong_password_is_called_one_in_seconds(live: LiveBus) -> None:
    assert "refuses the password" in told(live, password="wrong")


def test_a_broker_of_no_name_is_told_with_the_name(live: LiveBus) -> None:
    sentence = told(live, kafka=f"{NOBODY}:9092")
    assert NOBODY in sentence
    assert "have no receipt" in sentence


def test_a_registry_that_is_away_is_told_with_its_address(live: LiveBus) -> None:
    for url in ("http://127.0.0.1:1/apis/ccompat/v7", f"http://{NOBODY}/apis/ccompat/v7"):
        sentence = told(live, registry=url)
        assert f"the registry at {url} does not answer" in sentence
        assert "nothing was sent" in sentence


def test_a_frozen_registry_is_told_in_seconds(live: LiveBus, frozen: int) -> None:
    assert "the registry at" in told(live, registry=f"http://127.0.0.1:{frozen}")


def test_what_is_no_registry_is_told(live: LiveBus, stranger: int) -> None:
    assert "the registry at" in told(live, registry=f"http://127.0.0.1:{stranger}")


def test_an_incomplete_registry_address_is_told_with_a_whole_one(live: LiveBus) -> None:
    base = live.file.registry_url.removesuffix("/apis/ccompat/v7")
    assert "the registry at" in told(live, registry=base)


def test_a_record_that_is_too_large_fails_alone(live: LiveBus) -> None:
    with Publisher(
        "tender",
        kafka=live.file.bootstrap,
        registry=live.file.registry_url,
        password=live.file.credentials["tender"],
    ) as publisher:
        with pytest.raises(NotPublished, match="256 KiB"):
            publisher.publish(a_bid_bar(record_id="large", subject_name="名" * 100_000))
        receipt = publisher.publish(a_bid_bar(record_id="culprits-small"))
        assert receipt.inbox == "credit.inbox.tender.v1"
