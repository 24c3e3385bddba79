"""The publisher with a broker on paper: how long it waits, and what whoever waited is told."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest
from confluent_kafka import KafkaError

from creditbus.sdk import links, publisher
from creditbus.sdk.outbox import Outbox
from creditbus.sdk.pins import pinned_codec
from creditbus.sdk.publisher import NotPublished, Publisher, Unsendable
from tests.examples import a_bid_bar
from tests.unit.sdk.paper import NOBODY, PaperLink, a_used_outbox

URL = f"http://{NOBODY}"


@pytest.fixture
def box(tmp_path: Path) -> Path:
    path = tmp_path / "outbox.sqlite"
    a_used_outbox(path, URL).close()
    return path


@pytest.fixture
def source(box: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    monkeypatch.setattr(publisher, "BrokerLink", PaperLink)
    with closing(Publisher("tender", kafka=NOBODY, registry=URL, password="", outbox=box)) as made:
        yield made


def link_of(source: Publisher) -> PaperLink:
    return cast(PaperLink, source.silence().link)


def test_flush_waits_for_as_long_as_records_go_out(
    source: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "SILENCE_S", 1.0)
    link_of(source).pace = 1
    for number in range(30):
        source.send(a_bid_bar(record_id=f"{number}"))
    source.keep()
    began = time.monotonic()
    source.flush()
    assert time.monotonic() - began > 1.0


def test_flush_tells_of_a_broker_that_takes_nothing(
    source: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "SILENCE_S", 0.3)
    link = link_of(source)
    link.is_held = True
    source.send(a_bid_bar())
    with pytest.raises(
        NotPublished, match=r"1 records of tender have no receipt.* none for \d+ s: is it up"
    ):
        source.flush()
    link.is_held = False
    source.flush()


def test_a_closed_one_takes_nothing(source: Publisher) -> None:
    with source:
        source.send(a_bid_bar(record_id="1"))
    link = link_of(source)
    for take in (source.send, source.publish):
        with pytest.raises(NotPublished, match=r"closed.*make a new one"):
            take(a_bid_bar(record_id="2"))
    source.close()
    assert link.taken == 1


@pytest.mark.parametrize("wait", ["publish", "flush"])
def test_whoever_waits_for_a_receipt_is_told_that_another_has_closed(
    source: Publisher, box: Path, wait: str
) -> None:
    link = link_of(source)
    link.is_held = True
    event = a_bid_bar()
    told: list[str] = []

    def wait_for_it() -> None:
        try:
            if wait == "publish":
                source.publish(event)
            else:
                source.send(event)
                source.flush()
        except NotPublished as failure:
            told.append(str(failure))

    waits = threading.Thread(target=wait_for_it, daemon=True)
    waits.start()
    while not link.sent:
        time.sleep(0.01)
    source.close()
    waits.join(links.SILENCE_S / 2)
    assert ["closed" in each for each in told] == [True]
    with closing(Outbox(box, "tender")) as kept:
        assert kept.waiting() == 1


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Publisher:
    """A source without an outbox."""
    monkeypatch.setattr(publisher, "BrokerLink", PaperLink)
    with closing(a_used_outbox(tmp_path / "asked.sqlite", URL)) as used:
        monkeypatch.setattr(publisher, "pinned_codec", lambda *_: pinned_codec(URL, {}, used))
        return Publisher("tender", kafka=NOBODY, registry=URL, password="")


def test_nobody_states_for_another(source: Publisher) -> None:
    with pytest.raises(Unsendable, match="court is somebody else, and this is tender's") as told:
        source.send(a_bid_bar(source="court"))
    assert told.value.field == "/envelope/source"
    source.publish(a_bid_bar())


@pytest.mark.parametrize("has_outbox", [True, False])
def test_each_record_that_failed_is_named(
    source: Publisher, bare: Publisher, *, has_outbox: bool
) -> None:
    sender = source if has_outbox else bare
    events = [a_bid_bar(record_id=f"AG-{number}") for number in range(4)]
    too_large = KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)
    link_of(sender).errors = {each.envelope.event_id: too_large for each in events[:3]}
    for each in events:
        sender.send(each)
    with pytest.raises(NotPublished, match="tender, record AG-0: the record is over") as told:
        sender.flush()
    assert [note[:25] for note in told.value.__notes__] == [
        "and tender, record AG-1: ",
        "and tender, record AG-2: ",
    ]
    sender.flush()
    sender.close()


def test_close_waits_where_nothing_else_keeps_what_was_sent(bare: Publisher) -> None:
    bare.send(a_bid_bar())
    bare.close()
    assert link_of(bare).taken == 1
    with pytest.raises(NotPublished, match="closed"):
        bare.send(a_bid_bar())


def test_close_tells_what_the_broker_did_not_take(
    bare: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "SILENCE_S", 0.3)
    link_of(bare).is_held = True
    bare.send(a_bid_bar())
    with pytest.raises(NotPublished, match="1 records of tender have no receipt"):
        bare.close()
    bare.close()


FORGOTTEN = """
import sys
from contextlib import closing
from pathlib import Path
from creditbus.sdk import publisher
from creditbus.sdk.outbox import Outbox
from creditbus.sdk.pins import pinned_codec
from tests.examples import a_bid_bar
from tests.unit.sdk.paper import PaperLink
path, url, outbox = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
link = PaperLink()
link.is_held = sys.argv[4] == "held"
publisher.BrokerLink = lambda *_: link
publisher._LAST_S = 0.5
if outbox == "bare":
    with closing(Outbox(path, "tender")) as used:
        codec = pinned_codec(url, {}, used)
    publisher.pinned_codec = lambda *_: codec
import atexit
atexit.register(lambda: print("taken", link.taken))
made = publisher.Publisher(
    "tender", kafka="", registry=url, password="", outbox=path if outbox == "kept" else None
)
for number in range(3):
    made.send(a_bid_bar(record_id=f"{number}"))
"""


@pytest.mark.parametrize(
    ("outbox", "broker", "taken", "said"),
    [
        ("bare", "there", 3, ""),
        ("kept", "there", 3, ""),
        ("bare", "held", 0, "3 records of tender were not sent: use the publisher in a `with`"),
        ("kept", "held", 0, "3 records of tender wait in the outbox for the next start: use"),
    ],
)
def test_a_program_that_forgets_to_close_is_helped_and_told(
    box: Path, outbox: str, broker: str, taken: int, said: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORGOTTEN, str(box), URL, outbox, broker],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.split() == ["taken", f"{taken}"]
    assert said in done.stderr
    assert bool(said) == bool(done.stderr)
    if outbox == "kept":
        with closing(Outbox(box, "tender")) as left:
            assert left.waiting() == 3 - taken


def test_a_login_that_cannot_be_lets_the_outbox_go(box: Path) -> None:
    for _ in range(2):
        with pytest.raises(NotPublished, match="has no password"):
            Publisher("tender", kafka=NOBODY, registry=URL, password="", outbox=box)


FORKED = """
import os, sys, time
for take in (lambda: made.send(a_bid_bar()), made.flush, made.keep, made.pump):
    made.keep()
    if os.fork() == 0:
        try:
            take()
        except publisher.NotPublished as told:
            print(told, flush=True)
        made.close()
        sys.exit()
    os.wait()
"""


@pytest.mark.parametrize("outbox", ["bare", "kept"])
def test_a_publisher_is_not_inherited(box: Path, outbox: str) -> None:
    done = subprocess.run(
        # From 3.12 on Python warns of any fork beside threads; here that is what is tried.
        [
            *(sys.executable, "-W", "ignore::DeprecationWarning"),
            *("-c", FORGOTTEN + FORKED, str(box), URL, outbox, "there"),
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        timeout=60,
    )
    said = [line for line in done.stdout.splitlines() if "taken" not in line]
    assert len(said) == 4
    assert all("was made before this process was forked: make one in" in each for each in said)
    assert done.stdout.endswith("taken 3\n")
    assert done.stderr == ""
