"""The feed: what may be seen, what changed, and how a stream is taken up again."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

import httpx
import msgspec
import pytest
import uvicorn
from starlette.testclient import TestClient

from creditbus.domain.effects.exposures import Exposure
from creditbus.domain.ids import EntryId, ListId, SourceId
from creditbus.domain.subjects import SubjectKind
from creditbus.feed.app import build
from creditbus.runtime.process import Process
from creditbus.runtime.redis.writes import Writes
from creditbus.wire.topics import EXPOSURES
from tests.examples import FIRM
from tests.integration.http.conftest import (
    Opened,
    PrivateRedis,
    ProcessOf,
    bearer,
    free_port,
    wait_for,
)

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
BOUND_S = 10.0


class SetClock:
    """A clock that stands at one instant."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def now(self) -> datetime:
        return self.instant


@pytest.fixture
def process(process_of: ProcessOf) -> Process:
    process = process_of("feed")
    process.clock = SetClock(NOW)
    return process


@pytest.fixture
def feed(process: Process, opened: Opened) -> TestClient:
    return opened(process, build)


@pytest.fixture
def address(process: Process) -> Iterator[str]:
    """The feed on a port of its own, for streams, which never end in this process."""
    port = free_port()
    config = uvicorn.Config(
        build(process).app, port=port, log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_for(port)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(BOUND_S)
    assert not thread.is_alive()


def exposure(number: int, *, revision: int = 1, ends_at: datetime | None = None) -> Exposure:
    return Exposure(
        entry_id=EntryId(f"entry-{number}"),
        list_id=ListId("BL-COURT-SX"),
        source=SourceId("court"),
        subject_kind=SubjectKind.LEGAL_PERSON,
        subject_id=FIRM,
        subject_name="（测）第一贸易有限公司",
        document_number="（2026）测01执1号",
        provisions=("3",),
        decided_on=date(2026, 3, 2),
        ends_at=ends_at,
        disputed=False,
        revision=revision,
        synthetic=True,
    )


class Exposed:
    """Writes exposures to a Redis, one after the other, as views would."""

    def __init__(self, redis: PrivateRedis) -> None:
        self._redis = redis
        self._offset = 0

    def put(self, shown: Exposure) -> None:
        writes = Writes(EXPOSURES, 0, self._offset)
        writes.put_exposure(self._offset, shown)
        self._hold(writes)

    def withdraw(self, number: int) -> None:
        writes = Writes(EXPOSURES, 0, self._offset)
        writes.withdraw_exposure(self._offset, EntryId(f"entry-{number}"))
        self._hold(writes)

    def _hold(self, writes: Writes) -> None:
        self._redis.hold(writes)
        self._offset += 1


def told(lines: Iterator[str], count: int) -> list[dict[str, str]]:
    """Return the next events of a stream, each with its id if it has one."""
    events: list[dict[str, str]] = []
    event: dict[str, str] = {}
    for line in lines:
        name, _, text = line.partition(": ")
        if line == "" and "data" in event:
            content = json.loads(event["data"])
            events.append({**event, "entry": content["entry_id"]})
            event = {}
            if len(events) == count:
                return events
        elif name in {"id", "event", "data"}:
            event[name] = text
    raise AssertionError(f"the stream ended after {events}")


def test_a_snapshot_and_then_what_changed(
    feed: TestClient, redis: PrivateRedis, tokens: Mapping[str, str]
) -> None:
    shown, exposed = bearer(tokens["court-platform"]), Exposed(redis)
    exposed.put(exposure(1))
    exposed.put(exposure(2))

    snapshot = feed.get("/v1/exposures", headers=shown).json()
    assert [each["entry_id"] for each in snapshot["exposures"]] == ["entry-1", "entry-2"]

    exposed.withdraw(1)
    exposed.put(exposure(3))
    after = {"after": snapshot["cursor"]}
    changes = feed.get("/v1/exposures", params=after, headers=shown).json()
    assert [(each["change"], each["entry_id"]) for each in changes["changes"]] == [
        ("withdrawn", "entry-1"),
        ("exposed", "entry-3"),
    ]
    assert "subject" not in json.dumps(changes["changes"][0]["exposure"])
    nothing = feed.get("/v1/exposures", params={"after": changes["cursor"]}, headers=shown).json()
    assert nothing["changes"] == []


def test_an_exposure_whose_term_is_over_is_not_shown_though_no_timer_came(
    feed: TestClient, redis: PrivateRedis, tokens: Mapping[str, str]
) -> None:
    shown, exposed = bearer(tokens["court-platform"]), Exposed(redis)
    cursor = feed.get("/v1/exposures", headers=shown).json()["cursor"]
    exposed.put(exposure(1, ends_at=NOW))
    exposed.put(exposure(2, ends_at=NOW + timedelta(seconds=1)))

    snapshot = feed.get("/v1/exposures", headers=shown).json()
    assert [each["entry_id"] for each in snapshot["exposures"]] == ["entry-2"]
    changes = feed.get("/v1/exposures", params={"after": cursor}, headers=shown).json()
    assert [each["change"] for each in changes["changes"]] == ["withdrawn", "exposed"]


def test_a_stream_begins_with_what_stands_and_is_taken_up_where_it_ended(
    address: str, redis: PrivateRedis, tokens: Mapping[str, str]
) -> None:
    shown, exposed = bearer(tokens["court-platform"]), Exposed(redis)
    exposed.put(exposure(1))
    exposed.put(exposure(2))
    url = f"{address}/v1/exposures/stream"
    with httpx.stream("GET", url, headers=shown, timeout=BOUND_S) as stream:
        lines = stream.iter_lines()
        first, second = told(lines, 2)
        assert (first["event"], first["entry"]) == ("exposed", "entry-1")
        assert "id" not in first
        exposed.withdraw(1)
        (change,) = told(lines, 1)
        assert (change["event"], change["entry"]) == ("withdrawn", "entry-1")

    exposed.put(exposure(3))
    again = {**shown, "Last-Event-ID": change["id"]}
    with httpx.stream("GET", url, headers=again, timeout=BOUND_S) as stream:
        (change,) = told(stream.iter_lines(), 1)
    assert (change["event"], change["entry"]) == ("exposed", "entry-3")
    assert second["id"]


@pytest.mark.parametrize("party", ["trade-centre", "stranger", "court"])
@pytest.mark.parametrize("path", ["/v1/exposures", "/v1/exposures/stream"])
def test_only_those_who_read_exposures_get_them(
    feed: TestClient, tokens: Mapping[str, str], party: str, path: str
) -> None:
    answer = feed.get(path, headers=bearer(tokens[party]))

    assert (answer.status_code, answer.json()["status"]) == (403, 403)


@pytest.mark.parametrize("path", ["/v1/exposures?after=%s", "/v1/exposures/stream?after=%s"])
def test_a_cursor_of_another_build_is_gone(
    feed: TestClient, tokens: Mapping[str, str], path: str
) -> None:
    answer = feed.get(path % "1-5", headers=bearer(tokens["court-platform"]))

    assert (answer.status_code, answer.json()["reason"]) == (410, "CURSOR_GONE")


@pytest.mark.parametrize("path", ["/v1/exposures", "/v1/exposures/stream"])
def test_without_redis_nothing_is_shown(
    feed: TestClient, redis: PrivateRedis, tokens: Mapping[str, str], path: str
) -> None:
    redis.stop()

    answer = feed.get(path, headers=bearer(tokens["court-platform"]))
    assert (answer.status_code, answer.json()["reason"]) == (503, "UNAVAILABLE")


def test_the_document_names_both_forms(feed: TestClient) -> None:
    document = feed.get("/openapi.json").json()

    assert {"Snapshot", "Changes", "Change", "Exposure"} <= document["components"]["schemas"].keys()
    assert msgspec.json.encode(document)
