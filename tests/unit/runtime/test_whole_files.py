"""A file that is written whole is there as before until it is there as it shall be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from creditbus.runtime.whole_files import write_whole


def test_it_is_written_into_a_folder_that_was_not_there_and_nothing_is_left_beside(
    tmp_path: Path,
) -> None:
    path = tmp_path / "state" / "listing-0" / "mode"
    write_whole(path, b"paused")
    write_whole(path, b"drained")
    assert path.read_bytes() == b"drained"
    assert list(path.parent.iterdir()) == [path]


def test_what_was_there_stays_while_it_is_written_and_when_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "scrapes.json"
    write_whole(path, b"old")
    written = Path.write_bytes

    def fails(partial: Path, content: bytes) -> int:
        written(partial, content[:1])
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "write_bytes", fails)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
