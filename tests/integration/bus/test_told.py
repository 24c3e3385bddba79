"""A source is told of its fates at the address that it names, signed, for as long as it wants."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from creditbus.domain.ids import SubjectId
from creditbus.sdk.receiver import FateReceiver, Forged
from creditbus.stack.ports import HOST
from creditbus.wire.answers import FateState
from tests.bus_fixtures import LiveBus, eventually, press
from tests.examples import a_bid_bar
from tests.integration.bus.test_way_out import a_publisher

SOURCE = "tender"
Taken = list[tuple[dict[str, str], bytes]]


@contextmanager
def an_address() -> Iterator[tuple[str, Taken]]:
    """Take whatever is sent to an address of this process."""
    taken: Taken = []

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((dict(self.headers.items()), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_given: object) -> None:
            """Say nothing of each request."""

    with ThreadingHTTPServer((HOST, 0), Taker) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{HOST}:{server.server_port}/fates", taken
        server.shutdown()


def test_a_source_is_told_at_its_address_and_whoever_forges_that_is_found_out(
    live: LiveBus, subject: SubjectId, tmp_path: Path
) -> None:
    file, record = tmp_path / "secret", f"told-{subject}"
    with an_address() as (url, taken):
        code, told = press(live, "sources", "webhook", SOURCE, url, "--into", str(file))
        assert code == 0, told
        secret = file.read_text().strip()
        assert (secret in told, file.stat().st_mode & 0o777) == (False, 0o600)
        receiver = FateReceiver(secret)
        # What is decided before the first message is left to the pages, as that message says.
        eventually(lambda: taken)
        with a_publisher(live, SOURCE) as publisher:
            publisher.publish(a_bid_bar(subject_id=subject, record_id=record))
            publisher.publish(a_bid_bar(subject_id=subject, record_id=f"{record}-b", bases=()))

        def fates() -> dict[str, FateState] | None:
            messages = [receiver.read(headers, body)[1] for headers, body in taken]
            found = {each.record_id: each.state for told in messages for each in told.fates}
            return found if {record, f"{record}-b"} <= found.keys() else None

        found = eventually(fates)
        assert (found[record], found[f"{record}-b"]) == (FateState.APPLIED, FateState.REFUSED)
        headers, body = taken[-1]
        with pytest.raises(Forged):
            receiver.read(headers, body.replace(b"REFUSED", b"APPLIED") + b" ")
        assert press(live, "sources", "webhook", SOURCE, "--off")[0] == 0
    code, told = press(live, "sources", "webhook", SOURCE)
    assert (code, "has no webhook" in told) == (0, True)
