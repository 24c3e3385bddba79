"""A file that is written whole is there as before until it is there as it shall be."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from creditbus.runtime.whole_files import write_whole
from tests.unit.sdk.paper import no_room


def test_it_is_written_into_a_folder_that_was_not_there_and_nothing_is_left_beside(
    tmp_path: Path,
) -> None:
    path = tmp_path / "state" / "listing-0" / "mode"
    write_whole(path, b"paused")
    write_whole(path, b"drained")
    assert path.read_bytes() == b"drained"
    assert list(path.parent.iterdir()) == [path]


def test_what_was_there_stays_and_nothing_is_left_beside_when_the_disk_is_full(
    tmp_path: Path,
) -> None:
    path = tmp_path / "scrapes.json"
    write_whole(path, b"old")
    with no_room(), pytest.raises(OSError, match="File too large"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_of_several_writers_each_writes_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "mode"
    contents = {letter * 100_000 for letter in (b"a", b"b")}
    write_whole(path, min(contents))
    faults: list[OSError] = []

    def write(content: bytes) -> None:
        try:
            for _ in range(50):
                write_whole(path, content)
        except OSError as fault:
            faults.append(fault)

    writers = [threading.Thread(target=write, args=(content,)) for content in contents]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert path.read_bytes() in contents
    for writer in writers:
        writer.join()
    assert faults == []
    assert list(tmp_path.iterdir()) == [path]


def test_it_has_the_rights_of_any_new_file(tmp_path: Path) -> None:
    path, other = tmp_path / "court.toml", tmp_path / "tax.toml"
    write_whole(path, b"")
    other.write_bytes(b"")
    assert path.stat().st_mode == other.stat().st_mode
