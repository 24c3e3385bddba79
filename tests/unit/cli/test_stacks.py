"""Starting what runs already changes nothing of it, and says where it is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from creditbus.cli.main import app
from creditbus.runtime.settings import UnknownSetting, read_settings
from creditbus.stack.folder import Folder, FolderLock, StackFile
from creditbus.stack.ports import Ports, free


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


def a_home(folder: Path, **fields: Any) -> Folder:
    home = Folder(folder)
    home.make()
    StackFile(
        ports=free(),
        bootstrap="",
        registry_url="",
        redis_url="",
        credentials={},
        **fields,
    ).save(home.stack_file)
    return home


@pytest.mark.parametrize("word", ["pause", "resume", "drain"])
@pytest.mark.parametrize("number", ["3", "-1", "1"])
def test_a_worker_that_nobody_declared_is_refused_and_leaves_nothing(
    tmp_path: Path, word: str, number: str
) -> None:
    home = a_home(tmp_path)
    told = CliRunner().invoke(app, [word, "listing", "--worker", number, "--home", str(tmp_path)])
    assert told.exit_code == 2
    assert f"there is no worker listing-{number}, only listing-0" in " ".join(told.stderr.split())
    assert list(home.state.iterdir()) == []


def test_a_worker_that_nobody_declared_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    told = CliRunner().invoke(app, ["run", "listing", "--worker", "1"])
    assert told.exit_code == 2
    assert "CREDITBUS_WORKERS='{\"listing\": 2}' declares more" in " ".join(told.stderr.split())
    monkeypatch.setenv("CREDITBUS_WORKERS", '{"listing": 2}')
    told = CliRunner().invoke(app, ["run", "listing", "--worker", "2"])
    assert "only listing-0, listing-1" in " ".join(told.stderr.split())


@pytest.mark.parametrize(
    ("workers", "why"),
    [('{"listng": 2}', "no service listng"), ('{"listing": 0}', "greater"), ("2", "WORKERS")],
)
def test_a_declaration_that_means_nothing_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, workers: str, why: str
) -> None:
    monkeypatch.setenv("CREDITBUS_WORKERS", workers)
    with pytest.raises(UnknownSetting, match=why):
        read_settings()


def test_what_the_bus_was_started_with_is_declared(tmp_path: Path) -> None:
    a_home(tmp_path, workers={"listing": 2})
    told = CliRunner().invoke(app, ["drain", "listing", "--worker", "2", "--home", str(tmp_path)])
    assert "only listing-0, listing-1" in " ".join(told.stderr.split())
