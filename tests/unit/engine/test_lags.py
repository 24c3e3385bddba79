"""What a worker says of its lag: records count, markers do not, and what stands still is told."""

from __future__ import annotations

import json
from typing import Final

from creditbus.engine.health import Source
from creditbus.engine.lags import STALLED_SECONDS, Lags

FIRST: Final[Source] = ("events", 0)
SECOND: Final[Source] = ("events", 1)


class Client:
    """Tells lags what a client would, at times of its own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.lags = Lags(lambda: self.now)
        self.places: dict[Source, dict[str, object]] = {}

    def tell(self, source: Source, *, end: int, stands: int, fetched: int = 0) -> None:
        self.places[source] = {
            "fetch_state": "active",
            "ls_offset": end,
            "next_offset": fetched,
            "app_offset": stands,
        }
        partitions = {str(number): place for (_, number), place in self.places.items()}
        self.lags.hear(json.dumps({"topics": {"events": {"partitions": partitions}}}))


def test_lag_is_what_is_not_handed_over() -> None:
    client = Client()
    client.tell(FIRST, end=100, stands=50, fetched=70)
    client.tell(SECOND, end=50, stands=50, fetched=50)
    assert client.lags.behind == {FIRST: 50, SECOND: 0}


def test_a_partition_that_has_given_nothing_yet_stands_where_it_is_fetched() -> None:
    client = Client()
    client.tell(FIRST, end=100, stands=-1001, fetched=70)
    assert client.lags.behind == {FIRST: 30}


def test_a_partition_whose_end_is_unknown_is_not_told() -> None:
    client = Client()
    client.tell(FIRST, end=-1001, stands=5)
    assert client.lags.behind == {}


def test_a_stuck_partition_is_told_although_another_moves() -> None:
    client = Client()
    for number in range(10):
        client.now += STALLED_SECONDS / 5
        client.tell(FIRST, end=100, stands=50)
        client.tell(SECOND, end=101 + number, stands=1 + number)
    stalled = client.lags.stalled([FIRST, SECOND])
    assert stalled is not None
    assert stalled.startswith("events/0 is 50 records behind")
    assert client.lags.stalled([SECOND]) is None


def test_what_had_nothing_to_do_for_long_is_not_stalled_by_its_first_record() -> None:
    client = Client()
    client.tell(FIRST, end=70, stands=70)
    client.now = 10 * STALLED_SECONDS
    client.tell(FIRST, end=70, stands=70)
    client.now += 5
    client.tell(FIRST, end=71, stands=70)
    assert client.lags.stalled([FIRST]) is None


def test_a_partition_that_was_held_back_is_not_blamed_for_that_time() -> None:
    client = Client()
    client.tell(FIRST, end=100, stands=50)
    client.now += STALLED_SECONDS + 1
    client.lags.excuse(FIRST)
    client.lags.excuse(SECOND)  # of which nothing is known yet
    assert client.lags.stalled({FIRST}) is None
    client.now += STALLED_SECONDS + 1
    assert client.lags.stalled({FIRST}) is not None
