"""What is read of an inbox that waits, from what its worker's health tells of it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import msgspec
import pytest

from creditbus.engine.failures import Hindrance
from creditbus.engine.health import Parked
from creditbus.runtime.health import Readiness
from creditbus.runtime.interventions.wishes import ParkedInbox


class Told(msgspec.Struct):
    parked: tuple[ParkedInbox, ...]


@pytest.mark.parametrize(("partition", "position"), [(0, 7), (0, None), (None, None)])
def test_an_inbox_is_read_as_its_worker_tells_it(
    partition: int | None, position: int | None
) -> None:
    parked = Parked(
        topic="credit.inbox.court.v1",
        partition=partition,
        position=position,
        reason=Hindrance.BATCH_UNREADABLE,
        why="a batch cannot be unpacked",
        since=datetime(2026, 11, 23, 4, tzinfo=UTC),
    )
    told = msgspec.json.encode(Readiness(is_ready=True, parked=(parked,)).told)
    (read,) = msgspec.json.decode(told, type=Told).parked
    assert asdict(read) == {**asdict(parked), "worker": 0}
    assert (read.source, read.place) == ("court", parked.place)
