"""The logs of a bus by the names of its processes, or of a service by its own."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from creditbus.cli.journals import follow
from creditbus.cli.main import app
from creditbus.stack.folder import Folder

LOGS = {"kafka": 3, "listing-0": 60, "listing-1": 2}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = Folder(tmp_path)
    folder.make()
    for name, count in LOGS.items():
        said = "".join(f"{name} said {number}\n" for number in range(count))
        (folder.logs / f"{name}.log").write_text(said)
    return tmp_path


def ask(home: Path, *words: str) -> tuple[int, str]:
    told = CliRunner().invoke(app, ["logs", *words, "--home", str(home)])
    return told.exit_code, told.output


def test_the_end_of_one_log_is_told_as_it_is(home: Path) -> None:
    code, told = ask(home, "listing-0")
    assert code == 0
    assert told.splitlines() == [f"listing-0 said {number}" for number in range(10, 60)]


def test_a_service_tells_the_logs_of_all_its_workers(home: Path) -> None:
    _, told = ask(home, "listing", "-n", "1")
    assert told.splitlines() == ["listing-0  listing-0 said 59", "listing-1  listing-1 said 1"]


def test_without_a_name_it_tells_which_logs_there_are(home: Path) -> None:
    _, told = ask(home)
    assert [line.split()[0] for line in told.splitlines()] == list(LOGS)


def test_a_name_that_no_process_has_is_answered_with_those_that_there_are(home: Path) -> None:
    code, told = ask(home, "listning")
    assert code == 2
    assert "kafka, listing-0, listing-1" in told


def test_machines_are_told_lines_by_process(home: Path) -> None:
    _, told = ask(home, "listing", "-n", "1", "--json")
    assert json.loads(told) == {
        "listing-0": ["listing-0 said 59"],
        "listing-1": ["listing-1 said 1"],
    }


def test_where_no_bus_was_started_it_says_how_to_start_one(tmp_path: Path) -> None:
    code, told = ask(tmp_path)
    assert code == 1
    assert "creditbus up" in told


def test_what_is_written_later_is_told_once_and_whole_though_the_log_begins_anew(
    tmp_path: Path,
) -> None:
    log, heard, ending = tmp_path / "a.log", list[str](), threading.Event()
    log.write_text("before\n")
    ears = threading.Thread(
        target=follow, args=({"": log}, {"": log.stat().st_size}, heard.append, ending)
    )
    ears.start()
    try:
        with log.open("a") as file:
            file.write("one\ntw")
            file.flush()
            wait_for(lambda: heard == ["one"])
            file.write("o\n")
        wait_for(lambda: heard == ["one", "two"])
        log.write_text("anew\n")
        wait_for(lambda: heard == ["one", "two", "anew"])
    finally:
        ending.set()
        ears.join()


def wait_for(holds: object) -> None:
    assert callable(holds)
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
