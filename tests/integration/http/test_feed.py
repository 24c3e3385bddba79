"""The feed: what may be seen, what changed, and how a stream is taken up again."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
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
    ROOT,
    Opened,
    PrivateRedis,
    ProcessOf,
    bearer,
    on_a_port,
)

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
BOUND_S = 30.0
BEGUN_S = 60.0
MANY = 120


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
    with on_a_port(process, build) as address:
        yield address


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

    def put(self, shown: Exposure, *, is_complete: bool = True) -> None:
        writes = Writes(EXPOSURES, 0, 0)
        writes.put_exposure(self._offset, shown)
        self._hold(writes, is_complete=is_complete)

    def withdraw(self, number: int, *, is_complete: bool = True) -> None:
        writes = Writes(EXPOSURES, 0, 0)
        writes.withdraw_exposure(self._offset, EntryId(f"entry-{number}"))
        self._hold(writes, is_complete=is_complete)

    def _hold(self, writes: Writes, *, is_complete: bool) -> None:
        self._redis.hold(writes, is_complete=is_complete)
        self._offset += 1


def told(lines: Iterator[str], count: int) -> list[dict[str, str]]:
    """Return the next events of a stream, each with its id if it has one."""
    events: list[dict[str, str]] = []
    event: dict[str, str] = {}
    for line in lines:
        name, _, text = line.partition(": ")
        if line == "" and "data" in event:
            content = json.loads(event["data"])
            events.append({**event, "entry": content.get("entry_id", "")})
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


def test_a_cursor_of_another_build_is_gone_or_no_cursor(
    feed: TestClient, tokens: Mapping[str, str]
) -> None:
    shown = bearer(tokens["court-platform"])
    for cursor in ("1-5", "nonsense", "-", "1-" + "9" * 40, "\x00", "１-５"):
        answer = feed.get("/v1/exposures", params={"after": cursor}, headers=shown)
        assert (answer.status_code, answer.json()["reason"]) == (410, "CURSOR_GONE"), cursor


def test_without_redis_nothing_is_shown(
    feed: TestClient, redis: PrivateRedis, tokens: Mapping[str, str]
) -> None:
    redis.stop()

    for query in ("", "?after=1-5"):
        answer = feed.get(f"/v1/exposures{query}", headers=bearer(tokens["court-platform"]))
        assert (answer.status_code, answer.json()["reason"]) == (503, "UNAVAILABLE")


@pytest.mark.parametrize("last", ["1-5", "nonsense", "1764500000000000-" + "9" * 16, "é"])
def test_a_reader_that_comes_again_from_elsewhere_is_told_to_begin_anew(
    address: str, redis: PrivateRedis, tokens: Mapping[str, str], last: str
) -> None:
    exposed = Exposed(redis)
    exposed.put(exposure(1))
    shown = bearer(tokens["court-platform"]) | {"Last-Event-ID": last.encode()}
    with stream_of(address, shown) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        reset, standing = told(stream.iter_lines(), 2)
    assert (reset["event"], json.loads(reset["data"])["exposures"]) == ("reset", 1)
    assert (standing["event"], standing["entry"]) == ("exposed", "entry-1")
    assert "id" not in reset
    assert standing["id"]


def test_a_stream_stays_through_a_flush_and_an_absence_of_redis_and_tells_what_stands_then(
    address: str, redis: PrivateRedis, tokens: Mapping[str, str]
) -> None:
    shown, exposed = bearer(tokens["court-platform"]), Exposed(redis)
    exposed.put(exposure(1))
    with stream_of(address, shown) as stream:
        lines = stream.iter_lines()
        told(lines, 1)
        redis.flush()
        time.sleep(0.5)
        redis.hold(is_complete=False)
        exposed.put(exposure(2))
        reset, standing = told(lines, 2)
        assert (reset["event"], standing["entry"]) == ("reset", "entry-2")
        redis.flush()
        redis.hold()
        (reset,) = told(lines, 1)
        assert (reset["event"], json.loads(reset["data"])["exposures"]) == ("reset", 0)
        redis.server.send_signal(signal.SIGSTOP)
        time.sleep(3)
        redis.server.send_signal(signal.SIGCONT)
        exposed.put(exposure(3))
        (change,) = told(lines, 1)
        assert (change["event"], change["entry"]) == ("exposed", "entry-3")
    # And whoever begins while there is no Redis is told when there is.
    redis.server.send_signal(signal.SIGSTOP)
    with stream_of(address, {**shown, "Last-Event-ID": change["id"]}) as stream:
        redis.server.send_signal(signal.SIGCONT)
        exposed.withdraw(3)
        (change,) = told(stream.iter_lines(), 1)
    assert (change["event"], change["entry"]) == ("withdrawn", "entry-3")


def test_old_views_tell_withdrawals_at_once_and_exposures_when_they_are_current(
    address: str, feed: TestClient, redis: PrivateRedis, tokens: Mapping[str, str]
) -> None:
    shown, exposed = bearer(tokens["court-platform"]), Exposed(redis)
    exposed.put(exposure(1))
    with stream_of(address, shown) as stream:
        lines = stream.iter_lines()
        told(lines, 1)
        cursor = feed.get("/v1/exposures", headers=shown).json()["cursor"]
        redis.lapse()
        exposed.put(exposure(2), is_complete=False)
        exposed.withdraw(1, is_complete=False)
        (change,) = told(lines, 1)
        assert (change["event"], change["entry"]) == ("withdrawn", "entry-1")
        answer = feed.get("/v1/exposures", params={"after": cursor}, headers=shown)
        changes = answer.json()
        assert [each["entry_id"] for each in changes["changes"]] == ["entry-1"]
        assert (changes["is_current"], changes["cursor"]) == (False, cursor)
        assert changes["as_of"]
        assert int(answer.headers["Age"]) >= 0
        assert feed.get("/v1/exposures", headers=shown).status_code == 503
        redis.hold()
        first, second = told(lines, 2)
        assert [first["entry"], second["entry"]] == ["entry-2", "entry-1"]
        changes = feed.get("/v1/exposures", params={"after": cursor}, headers=shown).json()
        assert (len(changes["changes"]), changes["is_current"]) == (2, True)


def test_a_stream_ends_when_its_token_is_taken_away(
    address: str, process: Process, tokens: Mapping[str, str]
) -> None:
    with stream_of(address, bearer(tokens["court-platform"])) as stream:
        path = process.settings.tokens
        kept = path.read_bytes()
        path.with_suffix(".new").write_bytes(b"[]")
        path.with_suffix(".new").replace(path)
        try:
            assert [line for line in stream.iter_lines() if line.startswith("event")] == []
        finally:
            path.write_bytes(kept)


def test_many_streams_and_many_readers_at_once_are_all_told(
    address: str, redis: PrivateRedis, tokens: Mapping[str, str]
) -> None:
    shown, exposed = bearer(tokens["court-platform"]), Exposed(redis)
    exposed.put(exposure(1))

    async def follow(client: httpx.AsyncClient, begun: asyncio.Barrier) -> list[str]:
        found: list[str] = []
        async with client.stream("GET", "/v1/exposures/stream") as stream:
            assert stream.status_code == 200
            async for line in stream.aiter_lines():
                if not line.startswith("event: "):
                    continue
                found.append(line.partition(": ")[2])
                if len(found) == 1:
                    await begun.wait()
                if found == ["exposed", "withdrawn"]:
                    return found
        return found

    async def all_of_them() -> list[list[str]]:
        limits, begun = httpx.Limits(max_connections=None), asyncio.Barrier(MANY + 1)
        async with httpx.AsyncClient(
            base_url=address, headers=shown, timeout=60, limits=limits
        ) as client:
            following = [asyncio.create_task(follow(client, begun)) for _ in range(MANY)]
            # What is withdrawn before one of them has begun, that one would never hear of.
            async with asyncio.timeout(BEGUN_S):
                await begun.wait()
            answers = await asyncio.gather(*(client.get("/v1/exposures") for _ in range(MANY)))
            assert {answer.status_code for answer in answers} == {200}
            await asyncio.to_thread(exposed.withdraw, 1)
            return await asyncio.gather(*following)

    assert asyncio.run(all_of_them()) == [["exposed", "withdrawn"]] * MANY


@pytest.mark.parametrize(
    "program", [(sys.executable, "follow_feed.py"), ("node", "follow-feed.mjs")]
)
def test_the_clients_of_the_docs_show_what_may_be_seen_and_nothing_else(
    address: str,
    redis: PrivateRedis,
    tokens: Mapping[str, str],
    tmp_path: Path,
    program: tuple[str, str],
) -> None:
    if shutil.which(program[0]) is None:
        pytest.skip(f"{program[0]} is not installed")
    exposed, shown = Exposed(redis), tmp_path / "shown.json"
    argv = [program[0], str(ROOT / "examples" / program[1]), address]
    argv += [tokens["court-platform"], str(shown)]

    def shows(*numbers: int) -> None:
        wanted = {f"entry-{number}" for number in numbers}
        deadline = time.monotonic() + 3 * BOUND_S
        while not shown.exists() or json.loads(shown.read_text())["entries"].keys() != wanted:
            assert time.monotonic() < deadline, shown.read_text() if shown.exists() else "nothing"
            time.sleep(0.05)

    exposed.put(exposure(1))
    exposed.put(exposure(2))
    client = subprocess.Popen(argv)
    try:
        shows(1, 2)
        exposed.withdraw(1)
        shows(2)
        redis.flush()
        redis.hold(is_complete=False)
        exposed.put(exposure(3))
        shows(3)
    finally:
        client.kill()
        client.wait()
    exposed.withdraw(3)
    exposed.put(exposure(4))
    client = subprocess.Popen(argv)
    try:
        shows(4)
    finally:
        client.kill()
        client.wait()
    wrong = subprocess.run([*argv[:3], "nobody's", str(shown)], capture_output=True, check=False)
    assert wrong.returncode == 1
    assert b"does not know this token" in wrong.stderr


def stream_of(address: str, headers: Mapping[str, str | bytes]) -> Any:
    """Open a stream of the feed."""
    url = f"{address}/v1/exposures/stream"
    return httpx.stream("GET", url, headers=dict(headers), timeout=BOUND_S)  # type: ignore[arg-type]


def test_the_document_names_both_forms(feed: TestClient) -> None:
    document = feed.get("/openapi.json").json()

    assert {"Snapshot", "Changes", "Change", "Exposure"} <= document["components"]["schemas"].keys()
    assert msgspec.json.encode(document)
