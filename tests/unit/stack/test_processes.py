"""Supervised processes: ended in order, found again after a crash, never confused with others.

The children are real, small Python programs; the launcher that crashes is a process of its own.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec
import psutil
import pytest

from creditbus.stack.errors import NotReady
from creditbus.stack.processes import (
    SERVER_RANK,
    SERVICE_RANK,
    Child,
    Identity,
    Launch,
    exit_sentence,
    is_alive,
    recorded,
    stop_all,
    stop_leftovers,
    uptime,
)
from creditbus.stack.supervisor import Supervisor

SLEEP: Final = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN: Final = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('up', flush=True); time.sleep(60)"
)
LAST_WORD: Final = """
import pathlib, signal, sys, time
def end(*_):
    with open(sys.argv[1], 'a') as file: file.write(sys.argv[2] + ' ')
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print('up', flush=True)
time.sleep(60)
"""
LAUNCHER: Final = """
import pathlib, sys, time
from creditbus.stack.processes import Child, Launch
folder = pathlib.Path(sys.argv[1])
for name, rank in (("server", 0), ("worker", 1)):
    argv = [sys.executable, "-c", sys.argv[2], str(folder / "words"), name]
    log = folder / f"{name}.log"
    launch = Launch(name=name, argv=argv, env={}, log=log, rank=rank)
    child = Child(launch, folder / "records")
    child.start()
    child.wait_until(lambda: "up" in log.read_text(), 10)
print("ready", flush=True)
time.sleep(60)
"""

MakeChild = Callable[..., Child]


@pytest.fixture
def child_of(tmp_path: Path) -> Iterator[MakeChild]:
    made: list[Child] = []

    def make(name: str, program: str = SLEEP, *arguments: str, rank: int = SERVICE_RANK) -> Child:
        argv = [sys.executable, "-c", program, *arguments]
        log = tmp_path / f"{name}.log"
        launch = Launch(name=name, argv=argv, env={}, log=log, rank=rank)
        made.append(Child(launch, tmp_path / "records"))
        return made[-1]

    yield make
    stop_all(made, 1)


def started(child: Child) -> Child:
    child.start()
    child.wait_until(lambda: "up" in child.tail(), 10)
    return child


def wait_for(holds: Callable[[], bool], bound_s: float = 10) -> None:
    deadline = time.monotonic() + bound_s
    while not holds():
        assert time.monotonic() < deadline, f"not within {bound_s} s"
        time.sleep(0.02)


def test_stopped_child_leaves_neither_process_nor_record(
    child_of: MakeChild, tmp_path: Path
) -> None:
    child = started(child_of("one"))
    (identity,) = recorded(tmp_path / "records")
    assert is_alive(identity)
    child.stop()
    assert not psutil.pid_exists(identity.pid)
    assert recorded(tmp_path / "records") == []


def test_stubborn_child_is_killed_after_the_bound(child_of: MakeChild) -> None:
    child = started(child_of("one", STUBBORN))
    child.stop(bound_s=0.3)
    assert child.exit_code() == -signal.SIGKILL


def test_child_does_not_hear_the_terminal(child_of: MakeChild) -> None:
    child = started(child_of("one"))
    assert child.pid is not None
    assert os.getsid(child.pid) == child.pid != os.getsid(0)


def test_services_end_before_servers(child_of: MakeChild, tmp_path: Path) -> None:
    words = tmp_path / "words"
    server = started(child_of("server", LAST_WORD, str(words), "server", rank=SERVER_RANK))
    worker = started(child_of("worker", LAST_WORD, str(words), "worker"))
    stop_all([server, worker])
    assert words.read_text().split() == ["worker", "server"]


def test_child_that_dies_at_start_is_told_with_its_log(child_of: MakeChild) -> None:
    child = child_of("one", "raise SystemExit('no such folder')")
    child.start()
    with pytest.raises(NotReady, match=r"code 1 (.|\n)*no such folder"):
        child.wait_until(lambda: False, 10)


def test_child_that_never_answers_is_told(child_of: MakeChild) -> None:
    child = started(child_of("one"))
    with pytest.raises(NotReady, match=r"within 0\.1 s"):
        child.wait_until(lambda: False, 0.1)


def test_what_a_leftover_leaves_behind_itself_is_ended_too(tmp_path: Path) -> None:
    """A training that is told to end goes at once, and its server would write its cache first."""
    parent = (
        "import subprocess, sys, time;"
        "child = subprocess.Popen([sys.executable, '-c', sys.argv[1]], stdout=subprocess.PIPE);"
        "child.stdout.readline(); print(child.pid, flush=True); time.sleep(60)"
    )
    argv = (sys.executable, "-c", parent, STUBBORN)
    launch = Launch(name="parent", argv=argv, env={}, log=tmp_path / "log")
    child = Child(launch, tmp_path / "records")
    child.start()
    child.wait_until(lambda: (tmp_path / "log").read_text().endswith("\n"), 10)
    grandchild = psutil.Process(int((tmp_path / "log").read_text()))
    assert [left.pid for left in stop_leftovers(tmp_path / "records")] == [child.pid]
    deadline = time.monotonic() + 10
    while child.is_running():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    while grandchild.is_running() and grandchild.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_leftovers_of_a_killed_launcher_are_ended_in_order(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(tmp_path), LAST_WORD],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
    ) as launcher:
        assert launcher.stdout is not None
        assert launcher.stdout.readline() == b"ready\n"
        launcher.kill()
    left = recorded(tmp_path / "records")
    assert [identity.name for identity in left if is_alive(identity)] == ["server", "worker"]
    assert stop_leftovers(tmp_path / "records") == left
    assert not any(is_alive(identity) for identity in left)
    assert (tmp_path / "words").read_text().split() == ["worker", "server"]
    assert stop_leftovers(tmp_path / "records") == []


def test_pid_of_another_program_is_left_alone(child_of: MakeChild, tmp_path: Path) -> None:
    stranger = started(child_of("stranger"))
    assert stranger.pid is not None
    records = tmp_path / "old"
    records.mkdir()
    old = Identity(name="old", pid=stranger.pid, created=1.0, rank=SERVER_RANK)
    (records / "old.json").write_bytes(msgspec.json.encode(old))
    assert stop_leftovers(records) == []
    assert stranger.is_running()
    assert list(records.iterdir()) == []


def test_dead_child_is_started_again_and_said(child_of: MakeChild) -> None:
    said: list[str] = []
    supervisor = Supervisor(said.append)
    child = started(child_of("one"))
    supervisor.keep(child)
    first = child.pid
    child.send(signal.SIGKILL)
    wait_for(lambda: child.restarts == 1 and child.is_running())
    supervisor.stop()
    assert child.pid != first
    assert not child.is_running()
    assert "one ended by SIGKILL; it starts again in 1 s" in said[0]


FAILS = """
import json, os
print("up, the time number " + os.environ["CREDITBUS_RESTARTS"], flush=True)
why = "log/3/17 is bad; mend it"
print(json.dumps({"level": "error", "event": "the process ends", "why": why}))
print(json.dumps({"level": "info", "event": "the app has stopped"}))
raise SystemExit(3)
"""


def test_how_a_child_ended_is_said_and_it_is_told_how_often_it_was_started(
    child_of: MakeChild,
) -> None:
    said: list[str] = []
    supervisor = Supervisor(said.append)
    child = child_of("one", FAILS)
    child.start()
    supervisor.keep(child)
    wait_for(lambda: len(said) == 2, 15)
    supervisor.stop()
    assert "one ended with code 3: log/3/17 is bad; mend it; it starts again in 2 s" in said[1]
    assert "up, the time number 1" in child.launch.log.read_text()


def test_record_of_a_child_tells_its_restarts_and_its_last_exit(
    child_of: MakeChild, tmp_path: Path
) -> None:
    child = child_of("one", FAILS)
    child.start()
    wait_for(lambda: child.exit_code() == 3)
    assert child.note_exit() == "ended with code 3: log/3/17 is bad; mend it"
    child.restarts += 1
    child.start()
    (identity,) = recorded(tmp_path / "records")
    assert (identity.restarts, identity.last_exit) == (1, child.last_exit)
    assert uptime(identity) < 60


@pytest.mark.parametrize(
    ("code", "log", "sentence"),
    [
        (3, None, "ended with code 3"),
        (3, "", "ended with code 3"),
        (1, "Traceback\nValueError: no\n", "ended with code 1: ValueError: no"),
        (4, '{"level":"error","event":"a step hangs"}\nbye', "ended with code 4: a step hangs"),
        (-9, '{"level":"error","event":"older"}', "ended by SIGKILL"),
        (0, '{"level":"info","event":"worker has stopped"}', None),
    ],
)
def test_exit_is_told_in_a_sentence(
    code: int, log: str | None, sentence: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "one.log"
    if log is not None:
        path.write_text(log)
    told = exit_sentence(code, path)
    assert told == sentence or (sentence is None and told.startswith("ended with code 0"))


def test_what_an_earlier_life_said_is_not_told_of_this_one(tmp_path: Path) -> None:
    path = tmp_path / "one.log"
    path.write_text('{"level":"error","event":"older"}\n')
    begins = path.stat().st_size
    assert exit_sentence(1, path, begins) == "ended with code 1"


def test_child_that_cannot_be_started_again_is_said_and_tried_on(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o700)
    said: list[str] = []
    supervisor = Supervisor(said.append)
    launch = Launch(name="one", argv=[str(program)], env={}, log=tmp_path / "one.log")
    child = Child(launch, tmp_path / "records")
    child.start()
    wait_for(lambda: child.exit_code() == 3)
    program.unlink()
    supervisor.keep(child)
    wait_for(lambda: len(said) == 2)
    supervisor.stop()
    assert "ended with code 3; it starts again in 1 s" in said[0]
    assert "could not be started (No such file or directory); it starts again in 2 s" in said[1]


def test_what_is_wrong_with_one_child_leaves_no_other_unwatched(
    child_of: MakeChild, tmp_path: Path
) -> None:
    said: list[str] = []
    supervisor = Supervisor(said.append)
    odd, sound = started(child_of("odd")), started(child_of("sound"))
    # Nothing can be written where its record lies, as on a full disk.
    record = tmp_path / "records" / "odd.json"
    record.unlink()
    record.mkdir()
    supervisor.keep(odd)
    supervisor.keep(sound)
    odd.send(signal.SIGKILL)
    wait_for(lambda: len(said) == 1)
    sound.send(signal.SIGKILL)
    wait_for(lambda: sound.restarts == 1 and sound.is_running())
    record.rmdir()
    supervisor.stop()
    assert said[0].startswith("odd cannot be looked after (IsADirectoryError(")


def test_stopped_supervisor_restarts_nothing(child_of: MakeChild) -> None:
    supervisor = Supervisor(lambda _sentence: None)
    child = started(child_of("one"))
    supervisor.keep(child)
    supervisor.stop()
    time.sleep(0.3)
    assert (child.restarts, child.is_running()) == (0, False)
