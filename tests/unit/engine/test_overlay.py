"""The overlay's scan, where chance seldom looks: a deletion that stands before the limit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from creditbus.engine.overlay import Overlay
from creditbus.engine.store import Store, StoreMark
from tests.unit.engine.doubles import COUNTS


@pytest.fixture
def overlay(tmp_path: Path) -> Iterator[Overlay]:
    store = Store(tmp_path / "p0")
    made = Overlay(store, (COUNTS,))
    made.take({COUNTS: dict.fromkeys("abcd", 1)})
    store.write(made.rows, StoreMark(topic_id="t", offset=1, at=0))
    made.clear()
    yield made
    store.close()


def test_a_scan_goes_on_behind_uncommitted_deletions(overlay: Overlay) -> None:
    overlay.take({COUNTS: {"a": None, "b": None}})
    assert overlay.scan(COUNTS, "a", "z", 1) == [("c", 1)]


def test_a_scan_puts_uncommitted_rows_in_their_place(overlay: Overlay) -> None:
    overlay.take({COUNTS: {"bb": 2, "c": 3}})
    assert overlay.scan(COUNTS, "b", "d", 9) == [("b", 1), ("bb", 2), ("c", 3)]


def test_a_scan_without_room_finds_nothing(overlay: Overlay) -> None:
    assert overlay.scan(COUNTS, "a", "z", 0) == []
    assert overlay.scan(COUNTS, "z", "a", 9) == []
