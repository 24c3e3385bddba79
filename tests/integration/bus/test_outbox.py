"""A source that is killed: its next start empties the outbox, and nothing counts twice."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from creditbus.domain.acts.events import EntryListed
from creditbus.domain.ids import SubjectId
from creditbus.sdk.async_publisher import AsyncPublisher
from creditbus.sdk.outbox import Outbox
from creditbus.sdk.publisher import NotPublished, Publisher, Unsendable
from tests.bus_fixtures import LiveBus, a_firm, eventually
from tests.examples import a_bid_bar

PROGRAM: Final = """
import json, sys
from pathlib import Path
from creditbus.sdk.publisher import Publisher
from tests.examples import a_bid_bar
login, path, run, subject = json.loads(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
publisher = Publisher("tender", **login, outbox=path)
number = 0
while True:
    for _ in range(20):
        publisher.send(a_bid_bar(record_id=f"{run}-{number}", subject_id=subject))
        number += 1
    publisher.keep()
    print(number, flush=True)
"""
ONCE: Final = ((1, {"APPLIED"}), (1, {"APPLIED", "DUPLICATE"}))
FLUSH_S: Final = 30.0
"""How long a flush waits for receipts before it says that the broker is away."""

ROOT: Final = Path(__file__).parents[3]


@pytest.fixture
def login(live: LiveBus) -> dict[str, Any]:
    return {
        "kafka": live.file.bootstrap,
        "registry": live.file.registry_url,
        "password": live.file.credentials["tender"],
    }


def decided(gateway: httpx.Client, record: str) -> list[str]:
    """Return what became of each arrival of a record, nothing while any waits."""
    answer = gateway.get(f"/v1/records/{record}")
    states = [each["state"] for each in answer.json().get("arrivals", [])]
    return [] if "WAITING" in states else states


def test_a_killed_source_loses_nothing_and_counts_once(
    live: LiveBus, subject: SubjectId, login: dict[str, Any], tmp_path: Path
) -> None:
    path, run = tmp_path / "outbox.sqlite", f"killed-{subject}"
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, json.dumps(login), str(path), run, subject],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as killed:
        assert killed.stdout is not None
        kept = [int(killed.stdout.readline()) for _ in range(10)][-1]
        killed.send_signal(signal.SIGKILL)
    box = Outbox(path, "tender")
    assert box.waiting() > 0
    box.close()

    with Publisher("tender", **login, outbox=path) as following:
        following.flush()

    box = Outbox(path, "tender")
    assert box.waiting() == 0
    box.close()
    with live.http("gateway", "tender") as gateway:
        for number in reversed(range(kept)):
            record = f"{run}-{number}"
            found = eventually(partial(decided, gateway, record))
            assert (found.count("APPLIED"), set(found)) in ONCE, record
    (received,) = eventually(lambda: live.received(subject))
    assert received.action == "APPLY"


def test_a_broker_that_is_away_is_waited_for_by_the_outbox(
    subject: SubjectId, login: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "outbox.sqlite"
    event = a_bid_bar(record_id=f"away-{subject}", subject_id=subject)
    Publisher("tender", **login, outbox=path).close()  # it has asked the registry once

    away = login | {"kafka": "127.0.0.1:1"}
    publisher = Publisher("tender", **away, outbox=path)
    publisher.send(event)
    publisher.close()

    receipts: list[object] = []
    with Publisher("tender", **login, outbox=path) as back:
        back.send(a_bid_bar(record_id=f"next-{subject}", subject_id=subject), receipts.append)
    assert len(receipts) == 1
    box = Outbox(path, "tender")
    assert box.waiting() == 0
    box.close()


@pytest.mark.parametrize("has_outbox", [False, True])
def test_a_wrong_password_is_told_while_a_flush_would_still_wait(
    login: dict[str, Any], tmp_path: Path, *, has_outbox: bool
) -> None:
    outbox = tmp_path / "outbox.sqlite" if has_outbox else None
    wrong = login | {"password": "wrong"}
    began = time.monotonic()
    with (
        pytest.raises(NotPublished, match="refuses the password"),
        Publisher("tender", **wrong, outbox=outbox) as publisher,
    ):
        publisher.send(a_bid_bar(record_id="wrong-password", subject_id=a_firm()))
    assert time.monotonic() - began < FLUSH_S


def test_the_asyncio_twin_gives_receipts_in_order_and_refuses_in_the_same_words(
    subject: SubjectId, login: dict[str, Any], tmp_path: Path
) -> None:
    def a_bar(record: object) -> EntryListed:
        return a_bid_bar(record_id=record, subject_id=subject)

    async def publish() -> None:
        async with AsyncPublisher("tender", **login, outbox=tmp_path / "box.sqlite") as publisher:
            sent = [await publisher.send(a_bar(f"twin-{subject}-{n}")) for n in range(50)]
            with pytest.raises(Unsendable, match="/envelope/record_id"):
                _ = await publisher.send(a_bar(3))
            one = await publisher.publish(a_bar(f"twin-{subject}-last"))
            receipts = await asyncio.gather(*sent)
        assert [each.offset for each in receipts] == sorted({each.offset for each in receipts})
        assert one.offset > receipts[-1].offset

        with pytest.raises(NotPublished, match="refuses the password"):
            async with AsyncPublisher("tender", **login | {"password": "wrong"}) as publisher:
                _ = await publisher.publish(a_bar("twin-wrong"))

    asyncio.run(publish())
