"""The publisher with a broker on paper: how long it waits, and what whoever waited is told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest

from creditbus.sdk import links, publisher
from creditbus.sdk.publisher import NotPublished, Publisher
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
