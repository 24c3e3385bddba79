"""How soon a source is told what became of its records: by the stream, and by webhook.

A whole bus; one source publishes at a fixed rate, follows its own stream and takes its own signed
webhook in this process. ``NAME_ms`` are from the decision, as the broker dates it, to the fate's
being read here; ``published_p99_ms`` from the broker's receipt on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from creditbus.bench.buses import BenchBus, bench_bus
from creditbus.bench.machine import probe_ms
from creditbus.bench.observer import percentile
from creditbus.bench.publishers import SOURCE, events_of
from creditbus.bench.rows import BenchRow
from creditbus.runtime.clock import SystemClock
from creditbus.runtime.http.source_webhooks import SourceWebhook, file_of
from creditbus.sdk.gateway import Gateway
from creditbus.sdk.publisher import Publisher
from creditbus.sdk.receipts import NotPublished
from creditbus.sdk.receiver import FateReceiver
from creditbus.stack.bus import new_webhook_secret, token_name
from creditbus.stack.folder import SOURCE_WEBHOOKS, write_private
from creditbus.stack.ports import HOST
from creditbus.wire.answers import RecordFate

SERVICES: Final = ("intake", "listing", "views", "gateway", "delivery")
BOUND_S: Final = 120.0
WARM_UP_S: Final = 10.0
"""For how long a bus that was just started is not measured."""
_LOOK_S: Final = 0.05


class ToldTimes:
    """When each fate was heard in one of the ways, by its offset; the first time counts."""

    def __init__(self) -> None:
        self.heard: dict[int, tuple[datetime, datetime]] = {}
        self.begun = threading.Event()

    def hear(self, fates: Sequence[RecordFate]) -> None:
        """Note some fates, heard now."""
        now = SystemClock().now()
        for fate in fates:
            if fate.decided_at is not None:
                self.heard.setdefault(fate.offset, (fate.decided_at, now))

    def row(self, name: str, rate: float, published: dict[int, datetime]) -> BenchRow:
        """Return how long it took."""
        of_run = {offset: each for offset, each in self.heard.items() if offset in published}
        waits = [(now - at).total_seconds() * 1000 for at, now in of_run.values()]
        whole = [
            (now - published[offset]).total_seconds() * 1000 for offset, (_, now) in of_run.items()
        ]
        return BenchRow(
            name=name,
            events=len(published),
            offered=rate,
            p50_ms=round(percentile(waits, 0.5), 1),
            p99_ms=round(percentile(waits, 0.99), 1),
            extra={
                "missing": float(len(published) - len(of_run)),
                "published_p99_ms": round(percentile(whole, 0.99), 1),
                "probe_ms": probe_ms(),
            },
        )


def told(rate: float, seconds: int) -> list[BenchRow]:
    """Publish at a rate for so long; return a row for each of the two ways of being told."""
    stream, webhook = ToldTimes(), ToldTimes()
    warm_up = int(rate * WARM_UP_S)
    events = events_of("told", warm_up + int(rate * seconds))
    with bench_bus(SERVICES) as here, _taken(here, webhook), _followed(here, stream):
        for way in (stream, webhook):
            assert way.begun.wait(BOUND_S), "the source is told from now on"
        published: dict[int, datetime] = {}
        with Publisher(
            SOURCE,
            kafka=here.file.bootstrap,
            registry=here.file.registry_url,
            password=here.file.credentials[SOURCE],
        ) as publisher:
            began = time.monotonic()
            for number, event in enumerate(events):
                time.sleep(max(0.0, began + number / rate - time.monotonic()))
                receipt = publisher.publish(event)
                if number >= warm_up:
                    published[receipt.offset] = SystemClock().now()
        deadline = time.monotonic() + BOUND_S
        while time.monotonic() < deadline and any(
            published.keys() - way.heard.keys() for way in (stream, webhook)
        ):
            time.sleep(_LOOK_S)
    return [
        stream.row("told_stream", rate, published),
        webhook.row("told_webhook", rate, published),
    ]


@contextmanager
def _followed(here: BenchBus, way: ToldTimes) -> Iterator[None]:
    """Follow the source's stream in a thread of its own; it ends with the bus."""
    address = f"http://{HOST}:{here.file.ports.gateway}"

    def follow() -> None:
        with (
            suppress(NotPublished),
            Gateway(address, here.file.secrets[token_name(SOURCE)]) as door,
        ):
            for news in door.follow():
                way.begun.set()
                way.hear([news.fate] if news.fate is not None else [])

    threading.Thread(target=follow, daemon=True).start()
    yield


@contextmanager
def _taken(here: BenchBus, way: ToldTimes) -> Iterator[None]:
    """Take the source's webhook at an address of this process."""
    secret = new_webhook_secret()
    receiver = FateReceiver(secret)

    class FateTaker(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Verify a message and take it."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            _, found = receiver.read(dict(self.headers.items()), body)
            way.begun.set()
            way.hear(found.fates)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_given: object) -> None:
            """Say nothing of each request."""

    server = ThreadingHTTPServer((HOST, 0), FateTaker)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://{HOST}:{server.server_port}/"
    row = SourceWebhook(source=SOURCE, url=url, secret=secret)
    write_private(here.sites.home / SOURCE_WEBHOOKS, file_of((row,)))
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
