"""Modes: what an operator wants of a worker, as a file that may be damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from creditbus.runtime.workers.modes import Mode, WantedMode


@pytest.mark.parametrize("mode", Mode)
def test_what_is_wanted_is_read_back(tmp_path: Path, mode: Mode) -> None:
    (tmp_path / "dispatch-0").mkdir()
    wanted = WantedMode(tmp_path, "dispatch-0")
    wanted.write(mode)
    assert wanted.read() is mode


@pytest.mark.parametrize("damaged", [b"", b"pau", b"\xff\x00"])
def test_a_damaged_wish_is_told_with_its_file_and_the_way_on(
    tmp_path: Path, damaged: bytes
) -> None:
    (tmp_path / "dispatch-0").mkdir()
    (tmp_path / "dispatch-0" / "mode").write_bytes(damaged)
    wanted = WantedMode(tmp_path, "dispatch-0")
    with pytest.raises(ValueError, match=r"dispatch-0/mode is damaged .* `creditbus resume`"):
        wanted.read()
    wanted.write(Mode.RUNNING)
    assert wanted.read() is Mode.RUNNING
