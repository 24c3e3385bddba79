"""Starting what runs already changes nothing of it, and says where it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from creditbus.cli.main import app
from creditbus.stack.folder import Folder, FolderLock, StackFile
from creditbus.stack.ports import Ports


@pytest.mark.parametrize("way", [(), ("-d",), ("-d", "--bodies")])
def test_a_second_start_says_that_it_runs_and_touches_nothing(
    tmp_path: Path, way: tuple[str, ...]
) -> None:
    folder = Folder(tmp_path)
    folder.make()
    log = folder.logs / "launcher.log"
    log.write_text("what the first start said")
    StackFile(
        ports=Ports(gateway=8765),
        bootstrap="127.0.0.1:19092",
        registry_url="http://127.0.0.1:18081",
        redis_url="",
        credentials={},
    ).save(folder.stack_file)
    lock = FolderLock(folder)
    lock.acquire()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    told = CliRunner().invoke(app, ["up", *way, "--home", str(tmp_path)])
    after = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    lock.release()
    assert told.exit_code == 0, told.output
    assert f"it runs already, started by pid {os.getpid()}" in told.output
    assert "http://127.0.0.1:8765" in told.output
    assert log.read_text() == "what the first start said"
    assert after == before


@pytest.mark.parametrize("way", [(), ("-d",)])
def test_a_home_that_cannot_be_made_is_a_sentence(tmp_path: Path, way: tuple[str, ...]) -> None:
    (tmp_path / "file").write_text("no folder")
    told = CliRunner().invoke(app, ["up", *way, "--home", str(tmp_path / "file" / "home")])
    assert told.exit_code == 1
    assert "cannot be made or written" in told.stderr
    assert "--home" in told.stderr
