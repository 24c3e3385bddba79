"""A damaged store ends the worker once and is built again; a full disk sets nothing aside."""

from __future__ import annotations

from pathlib import Path

import pytest

from creditbus.engine.breakage import StoreBroken, meaning, sign
from creditbus.engine.changelog import Stretch, open_store
from creditbus.engine.failures import Halt
from creditbus.engine.layout import Layout
from creditbus.engine.storage import Storage
from creditbus.engine.store import Store, StoreMark
from tests.unit.engine.doubles import Journal

MARK = StoreMark(topic_id="t", offset=1, at=0)
STRETCH = Stretch(topic="log", partition=0, start=0, end=10, layout=Layout(topic_id="t"), at=0)


def damaged(folder: Path) -> Store:
    """Return an open store whose only table is damaged where its rows are."""
    store = Store(folder)
    store.write([(f"key-{number}".encode(), b"value") for number in range(500)], MARK)
    store.close()
    for table in folder.glob("*.sst"):
        content = bytearray(table.read_bytes())
        for place in range(0, len(content) // 2, 50):
            content[place] ^= 0xFF
        table.write_bytes(content)
    return Store(folder)


def test_a_damaged_block_is_told_when_it_is_read_and_leaves_a_sign(tmp_path: Path) -> None:
    store = damaged(tmp_path / "p0")
    with pytest.raises(StoreBroken, match=r"p0 cannot be read: Corruption.*builds it again"):
        store.scan(b"key", b"kez", 1000)
    store.close()
    assert "Corruption" in sign(tmp_path / "p0").read_text()


def test_the_next_start_builds_a_store_with_the_sign_again(tmp_path: Path) -> None:
    folder = tmp_path / "p0"
    Store(folder).close()
    sign(folder).write_text("Corruption: a block")
    store = open_store(Storage(tmp_path), STRETCH, Journal())
    assert store.mark is None
    store.close()
    assert (tmp_path / "p0.aside-1").is_dir()
    assert not sign(folder).exists()


def test_a_full_disk_is_no_damage(tmp_path: Path) -> None:
    told = Exception("IO error: No space left on device: While appending to file: p0/000004.log")
    assert isinstance(meaning(tmp_path / "p0", told), Halt)
    assert not sign(tmp_path / "p0").exists()


def test_a_block_is_no_lock(tmp_path: Path) -> None:
    told = Exception("Corruption: block checksum mismatch")
    assert isinstance(meaning(tmp_path / "p0", told), StoreBroken)
