"""Backups: what cannot be built again is copied while its servers stand still, and they go on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil
import pytest

from creditbus.stack import backups
from creditbus.stack.backups import back_up
from creditbus.stack.cluster import Cluster
from creditbus.stack.errors import NotKept
from creditbus.stack.folder import Folder, StackFile
from creditbus.stack.ports import Ports
from creditbus.stack.processes import Child, Launch, recorded

SERVERS: Final = ("kafka", "registry", "listing-0")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    home = Folder(tmp_path / "bus")
    home.make()
    file = StackFile(ports=Ports(), bootstrap="", registry_url="", redis_url="", credentials={})
    file.secrets["redis"] = "x"
    file.at(Ports(), Cluster())
    file.save(home.stack_file)
    (home.kafka / "data").mkdir()
    (home.kafka / "data" / "log").write_bytes(b"1" * 10_000)
    (home.kafka / "tmp").mkdir()
    (home.registry / "registry.mv.db").write_bytes(b"2")
    (home.state / "listing-0").mkdir()
    started = []
    for name in SERVERS:
        argv = (sys.executable, "-c", "import time; time.sleep(60)")
        child = Child(Launch(name=name, argv=argv, env={}, log=home.logs / name), home.records)
        child.start()
        started.append(child)
    yield home
    for child in started:
        child.kill()


def stands_still(folder: Folder, name: str) -> bool:
    (pid,) = [each.pid for each in recorded(folder.records) if each.name == name]
    return psutil.Process(pid).status() == psutil.STATUS_STOPPED


def test_servers_stand_still_for_the_copy_and_go_on(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, bool] = {}
    copied = backups.copy_part

    def watched(part: Path, into: Path) -> None:
        seen.update({name: stands_still(folder, name) for name in SERVERS})
        copied(part, into)

    monkeypatch.setattr(backups, "copy_part", watched)
    done = back_up(folder, tmp_path / "kept")
    assert [seen[name] for name in SERVERS] == [True, True, False]
    assert not any(stands_still(folder, name) for name in SERVERS)
    assert done.bytes >= 10_000
    kept = {path.relative_to(tmp_path / "kept").as_posix() for path in tmp_path.glob("kept/**/*")}
    assert {"stack.json", "kafka/data/log", "registry/registry.mv.db"} <= kept
    assert not any(name.startswith(("state", "valkey", "kafka/tmp")) for name in kept)
    assert (tmp_path / "kept").stat().st_mode & 0o077 == 0


def test_a_copy_that_fails_leaves_nobody_standing(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_words: object, **_how: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 1, "", "no space left on device")

    monkeypatch.setattr(subprocess, "run", fails)
    with pytest.raises(NotKept, match="no space left"):
        back_up(folder, tmp_path / "kept")
    assert not any(stands_still(folder, name) for name in SERVERS)


def test_nothing_is_written_over(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "other").touch()
    with pytest.raises(NotKept, match="holds something already"):
        back_up(folder, tmp_path / "kept")


def test_a_folder_without_a_bus_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotKept, match="no bus was started"):
        back_up(Folder(tmp_path / "none"), tmp_path / "kept")
