"""The pins where the registry is away: what was kept of it will do, however it is away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partialmethod
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from creditbus.sdk.outbox import Outbox
from creditbus.sdk.pins import pinned_codec
from creditbus.sdk.receipts import NotPublished
from creditbus.wire.records import Codec
from tests.unit.sdk.paper import NOBODY, a_used_outbox


@contextmanager
def a_registry(status: int) -> Iterator[str]:
    """A registry, or a proxy before it, that says the same to all."""

    class Answer(BaseHTTPRequestHandler):
        do_GET = partialmethod(BaseHTTPRequestHandler.send_error, status)  # noqa: N815 - its name

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_registry_that_cannot_answer_is_away(tmp_path: Path, status: int) -> None:
    with (
        a_registry(status) as url,
        closing(a_used_outbox(tmp_path / "used.sqlite", url)) as used,
        closing(Outbox(tmp_path / "new.sqlite", "tender")) as new,
    ):
        assert isinstance(pinned_codec(url, {}, used), Codec)
        with pytest.raises(NotPublished, match=f"does not answer .status {status}"):
            pinned_codec(url, {}, new)


def test_nobody_at_its_address_is_away(tmp_path: Path) -> None:
    with closing(a_used_outbox(tmp_path / "used.sqlite", f"http://{NOBODY}")) as used:
        assert isinstance(pinned_codec(f"http://{NOBODY}", {}, used), Codec)


@pytest.mark.parametrize(("status", "said"), [(404, "does not hold"), (403, "refuses to answer")])
def test_a_registry_that_answers_otherwise_is_told(tmp_path: Path, status: int, said: str) -> None:
    with (
        a_registry(status) as url,
        closing(a_used_outbox(tmp_path / "used.sqlite", url)) as used,
        pytest.raises(NotPublished, match=said),
    ):
        pinned_codec(url, {}, used)
