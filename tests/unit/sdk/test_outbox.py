"""The outbox on a real disk: what was kept is there, whoever was killed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from creditbus.sdk.outbox import Outbox
from creditbus.sdk.pins import Framed
from creditbus.sdk.receipts import NotPublished, Outgoing
from tests.unit.sdk.paper import no_room

KILLED = """
import os, signal, sys
from pathlib import Path
from creditbus.sdk.outbox import Outbox
from creditbus.sdk.receipts import Outgoing
outbox = Outbox(Path(sys.argv[1]), "tender")
numbers = [outbox.keep([Outgoing(f"{n}-{m}", b"k", b"v", ()) for m in range(3)]) for n in range(9)]
outbox.keep([Outgoing("last", b"k", b"v", ())], numbers[:4])
os.kill(os.getpid(), signal.SIGKILL)
"""


def a_record(name: str) -> Outgoing:
    return Outgoing(name, b"key", name.encode(), (("ce_id", name.encode()),))


def held(outbox: Outbox) -> list[Outgoing]:
    found, number = [], 0
    while (group := outbox.after(number)) is not None:
        number, records = group
        found += records
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.sqlite"


def test_groups_are_held_in_their_order_until_they_are_settled(path: Path) -> None:
    outbox = Outbox(path, "tender")
    first = outbox.keep([a_record("a"), a_record("b")])
    second = outbox.keep([a_record("c")])
    assert held(outbox) == [a_record("a"), a_record("b"), a_record("c")]
    assert (outbox.waiting(), outbox.last()) == (3, second)
    outbox.keep([a_record("d")], [first])
    assert [each.event_id for each in held(outbox)] == ["c", "d"]
    outbox.close()


def test_a_number_is_never_given_twice(path: Path) -> None:
    outbox = Outbox(path, "tender")
    first = outbox.keep([a_record("a")])
    outbox.keep((), [first])
    outbox.close()
    with closing(Outbox(path, "tender")) as again:
        assert again.keep([a_record("b")]) > first


def test_what_was_kept_outlives_a_kill(path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    with closing(Outbox(path, "tender")) as outbox:
        names = [each.event_id for each in held(outbox)]
    assert names == [*(f"{n}-{m}" for n in range(4, 9) for m in range(3)), "last"]


def test_schemas_are_kept_by_registry(path: Path) -> None:
    outbox = Outbox(path, "tender")
    framed = {"entry_listed": Framed("{}", 7)}
    outbox.keep_framed("http://one", framed)
    assert outbox.framed("http://one") == framed
    assert outbox.framed("http://other") == {}
    outbox.close()


def test_what_is_refused_is_set_aside_and_not_lost(path: Path) -> None:
    outbox = Outbox(path, "tender")
    outbox.refuse(a_record("large"), "it is too large")
    outbox.close()
    with closing(Outbox(path, "tender")) as again:
        assert again.refused() == [("large", "it is too large")]


def test_one_process_at_a_time(path: Path) -> None:
    outbox = Outbox(path, "tender")
    with pytest.raises(NotPublished, match="in use, as another process's outbox"):
        Outbox(path, "tender")
    outbox.close()
    Outbox(path, "tender").close()


def test_an_outbox_belongs_to_one_source(path: Path) -> None:
    Outbox(path, "tender").close()
    with pytest.raises(NotPublished, match="outbox of tender: give court one of its own"):
        Outbox(path, "court")


@pytest.mark.parametrize("content", [b"no database at all, but long enough" * 40])
def test_what_is_no_outbox_is_told(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(NotPublished, match="cannot be used"):
        Outbox(path, "tender")
    assert path.read_bytes() == content


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotPublished, match="Is its folder there"):
        Outbox(tmp_path / "nowhere" / "outbox.sqlite", "tender")


def test_nobody_but_its_owner_reads_it(path: Path) -> None:
    before = os.umask(0o022)
    try:
        with closing(Outbox(path, "tender")) as outbox:
            outbox.keep([a_record("a")])
            modes = {each.name: each.stat().st_mode & 0o777 for each in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == {path.name: 0o600, f"{path.name}-wal": 0o600}


def test_one_that_others_could_read_is_closed_to_them(path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    left = (path, path.with_name(f"{path.name}-wal"))
    for each in left:
        each.chmod(0o644)
    with closing(Outbox(path, "tender")) as outbox:
        assert [each.stat().st_mode & 0o777 for each in left] == [0o600, 0o600]
        # The lock is held all the same, and nothing that was kept is lost.
        with pytest.raises(NotPublished, match="in use, as another process's outbox"):
            Outbox(path, "tender")
        assert held(outbox)[-1] == Outgoing("last", b"k", b"v", ())


@pytest.mark.parametrize("size", [10, 8 << 20])
def test_a_full_disk_is_told_and_keeps_all_that_it_had(path: Path, size: int) -> None:
    with closing(Outbox(path, "tender")) as outbox:
        outbox.keep([a_record("a")])
        for _ in range(2):
            with no_room(), pytest.raises(NotPublished, match=r"disk I/O error\. .* is there room"):
                outbox.keep([Outgoing("b", b"key", bytes(size), ())])
        outbox.keep([a_record("c")])
        assert held(outbox) == [a_record("a"), a_record("c")]


def test_what_is_kept_is_on_the_disk_and_of_one_process(path: Path) -> None:
    with closing(Outbox(path, "tender")) as outbox:
        file = outbox._file  # noqa: SLF001 - a connection alone tells its own settings
        told = {
            name: file.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "locking_mode")
        }
    assert told == {"journal_mode": "wal", "synchronous": 2, "locking_mode": "exclusive"}


def test_the_outbox_of_a_newer_sdk_is_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(NotPublished, match="newer SDK"):
        Outbox(path, "tender")
