"""Headers: CloudEvents attributes of an event, a trace that its id begins, and their reading."""

from __future__ import annotations

import pytest

from creditbus.wire.headers import (
    ORIGIN,
    REDRIVEN,
    TRACEPARENT,
    event_headers,
    first_sent,
    header,
)
from tests.examples import an_envelope


def test_event_carries_its_cloud_events_attributes() -> None:
    headers = dict(event_headers("entry_listed", an_envelope(event_id="f" * 32)))
    assert headers == {
        "ce_specversion": b"1.0",
        "ce_id": b"f" * 32,
        "ce_type": b"entry.listed.v1",
        "ce_source": b"court",
        "ce_time": b"2026-03-02T01:30:00+00:00",
        TRACEPARENT: f"00-{'f' * 32}-{'f' * 16}-01".encode(),
    }


@pytest.mark.parametrize(
    ("event_id", "trace"),
    [
        ("0123456789abcdef", "0" * 16 + "0123456789abcdef"),
        ("01234567-89ab-cdef-0123-456789abcdef", "0123456789abcdef" * 2),
        ("a" * 40, "a" * 32),
    ],
)
def test_trace_begins_with_the_event(event_id: str, trace: str) -> None:
    headers = dict(event_headers("entry_removed", an_envelope(event_id=event_id)))
    assert headers[TRACEPARENT].decode().split("-")[1] == trace


@pytest.mark.parametrize("event_id", ["", "0" * 32, "court-17", "（2026）测1号"])
def test_id_that_makes_no_trace_makes_none(event_id: str) -> None:
    headers = dict(event_headers("entry_listed", an_envelope(event_id=event_id)))
    assert TRACEPARENT not in headers
    assert headers["ce_id"] == event_id.encode()


def test_last_header_of_a_name_counts() -> None:
    headers = [(ORIGIN, b"first"), ("other", b"x"), (ORIGIN, b"last")]
    assert header(headers, ORIGIN) == b"last"
    assert header(headers, "none") is None
    assert header(None, ORIGIN) is None


@pytest.mark.parametrize(
    ("place", "is_one"),
    [
        ("63/140737488355327", True),
        ("64/0", False),
        ("0/140737488355328", False),
        ("999999999/999999999999999999", False),
        ("00/1", False),
        ("0/", False),
    ],
)
def test_a_place_that_no_record_can_have_is_none(place: str, is_one: object) -> None:
    sent = f"in/{place}".encode()
    assert first_sent("in", [(REDRIVEN, sent)]) == (sent if is_one else None)
