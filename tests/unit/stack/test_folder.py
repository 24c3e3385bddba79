"""A folder belongs to one stack, and what it tells of credentials only to its owner."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from creditbus.stack.cluster import Cluster
from creditbus.stack.errors import FolderInUse, NotWritable
from creditbus.stack.folder import (
    Folder,
    FolderLock,
    StackFile,
    holder,
    replace_private,
    write_private,
)
from creditbus.stack.kafka import refuse_orphan
from creditbus.stack.ports import Ports
from tests.unit.sdk.paper import no_room


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / ".creditbus")
    made.make()
    return made


def a_stack_file() -> StackFile:
    file = StackFile(
        ports=Ports(),
        bootstrap="",
        registry_url="",
        redis_url="",
        credentials={"court": "c"},
        secrets={"redis": "r"},
    )
    file.at(Ports(), Cluster())
    return file


def test_second_stack_is_refused_with_the_holder(folder: Folder) -> None:
    first = FolderLock(folder)
    first.acquire()
    with pytest.raises(FolderInUse, match=f"pid {os.getpid()}"):
        FolderLock(folder).acquire()
    first.release()
    first.acquire()
    first.release()


def test_holder_is_known_while_it_holds(folder: Folder) -> None:
    lock = FolderLock(folder)
    assert holder(folder) is None
    lock.acquire()
    assert holder(folder) == os.getpid()
    lock.release()
    assert holder(folder) is None


def test_folder_is_closed_to_others(folder: Folder) -> None:
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_stack_file_comes_back_and_is_its_owners(folder: Folder) -> None:
    a_stack_file().save(folder.stack_file)
    assert StackFile.load(folder.stack_file) == a_stack_file()
    assert stat.S_IMODE(folder.stack_file.stat().st_mode) == 0o600
    assert not list(folder.path.glob("*.partial"))


def test_addresses_follow_the_ports() -> None:
    file = a_stack_file()
    file.at(Ports(kafka=1, registry=2, redis=3), Cluster())
    assert file.bootstrap == "127.0.0.1:1"
    assert file.registry_url == "http://127.0.0.1:2/apis/ccompat/v7"
    assert file.redis_url == "redis://:r@127.0.0.1:3/0"
    assert file.credentials == {"court": "c"}


def test_broker_data_without_credentials_is_refused(folder: Folder) -> None:
    (folder.kafka / "data").mkdir()
    refuse_orphan(folder.kafka, has_credentials=True)
    with pytest.raises(FolderInUse, match=r"stack\.json"):
        refuse_orphan(folder.kafka, has_credentials=False)


def test_what_cannot_be_written_is_a_sentence_and_changes_nothing(tmp_path: Path) -> None:
    file, folder = tmp_path / "tokens.json", tmp_path / "folder"
    folder.mkdir()
    write_private(file, b"old")
    for path in (folder, file / "tokens.json", tmp_path / "nowhere" / "tokens.json"):
        with pytest.raises(NotWritable, match=f"{path} cannot be written"):
            write_private(path, b"new")
    with no_room(), pytest.raises(NotWritable, match="the disk has room"):
        write_private(file, b"new")
    assert file.read_bytes() == b"old"
    assert sorted(tmp_path.iterdir()) == [folder, file]


def test_a_file_that_is_replaced_keeps_its_rights_and_a_new_one_is_its_owners(
    tmp_path: Path,
) -> None:
    file = tmp_path / "webhooks.json"
    replace_private(file, b"first")
    assert (stat.S_IMODE(file.stat().st_mode), file.read_bytes()) == (0o600, b"first")
    file.chmod(0o644)
    replace_private(file, b"second")
    assert (stat.S_IMODE(file.stat().st_mode), file.read_bytes()) == (0o644, b"second")
