"""The stream of fates over real HTTP, followed by the SDK: what is told, and to whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import httpx
import pytest

from creditbus.gateway.app import build
from creditbus.runtime.clock import SystemClock
from creditbus.runtime.http.credentials import file_of
from creditbus.runtime.process import Process
from creditbus.runtime.redis.writes import FateOutcome, Writes
from creditbus.sdk.gateway import FateNews, Gateway, GatewayRefused
from creditbus.wire.answers import FateState
from creditbus.wire.topics import DUPLICATES, inbox
from tests.integration.http.conftest import PrivateRedis, ProcessOf, bearer, on_a_port


@pytest.fixture
def process(process_of: ProcessOf) -> Process:
    return process_of("gateway")


@pytest.fixture
def address(process: Process) -> Iterator[str]:
    with on_a_port(process, build) as address:
        yield address


def decide(redis: PrivateRedis, number: int, source: str = "court") -> None:
    """Let views write that a record at an offset was a duplicate."""
    writes = Writes(DUPLICATES, 0, 0)
    writes.pass_by(number)
    outcome = FateOutcome(
        state=FateState.DUPLICATE, record_id=f"record {number}", record_revision=1, event_id="e"
    )
    writes.note_outcome(number, f"{inbox(source)}/0/{number}", outcome, SystemClock().now())
    redis.hold(writes)


def told(news: FateNews) -> int | None:
    return None if news.fate is None else news.fate.offset


def test_a_source_follows_its_own_fates_and_goes_on_where_it_ended(
    address: str, redis: PrivateRedis, tokens: Mapping[str, str]
) -> None:
    with Gateway(address, tokens["court"]) as door:
        events = door.follow()
        begun = next(events)
        assert (begun.fate, begun.gap) == (None, "")
        decide(redis, 1)
        decide(redis, 2, source="tax")
        decide(redis, 3)
        heard = list(islice(events, 2))
        assert [told(each) for each in heard] == [1, 3]
        events.close()
        again = door.follow(heard[0].cursor)
        assert told(next(again)) == 3
        again.close()
        lost = door.follow("of another bus")
        assert "pages" in next(lost).gap
        lost.close()


def test_only_who_may_ask_is_told(address: str, tokens: Mapping[str, str]) -> None:
    path = f"{address}/v1/fates/stream"
    for party, status in (("court to state", 403), ("trade-centre", 403), ("expired", 401)):
        assert httpx.get(path, headers=bearer(tokens[party]), timeout=30).status_code == status
    with Gateway(address, "no token") as door, pytest.raises(GatewayRefused):
        next(door.follow())
    with Gateway(address, tokens["court to ask"]) as door:
        assert next(door.follow()).cursor


def test_a_token_that_is_taken_away_ends_its_stream(
    address: str, redis: PrivateRedis, tokens: Mapping[str, str], tmp_path: Path
) -> None:
    with Gateway(address, tokens["court"]) as door:
        events = door.follow()
        assert next(events).cursor
        (tmp_path / "tokens.json").write_bytes(file_of([]))
        assert list(events) == []
        decide(redis, 1)
        with pytest.raises(GatewayRefused):
            next(door.follow())
