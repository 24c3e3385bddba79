"""The nursery: a child of it is as one that was started as a program, to whoever supervises it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from creditbus.stack.nursery import Nursery
from creditbus.stack.processes import Launch

BOUND_S = 30.0


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    kept = Nursery()
    kept.start()
    yield kept
    kept.close()


def a_launch(folder: Path, what: str) -> Launch:
    """Return how the nursling is run, with its output in ``log``."""
    return Launch(
        name="nursling",
        argv=(sys.executable, "-m", "tests.unit.stack.nursling", what, "more"),
        env={"MARK": "here", "PYTHONPATH": "."},
        log=folder / "log",
    )


def test_a_child_has_its_own_session_arguments_environment_and_log(
    nursery: Nursery, tmp_path: Path
) -> None:
    running = nursery.spawn(a_launch(tmp_path, "tell"))
    assert running.wait(BOUND_S) == 7
    assert running.poll() == 7
    assert (tmp_path / "log").read_text() == "['tell', 'more'] ['MARK'] True\n"


def test_a_child_that_is_killed_ends_with_minus_the_signal(
    nursery: Nursery, tmp_path: Path
) -> None:
    running = nursery.spawn(a_launch(tmp_path, "sleep"))
    assert running.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        running.wait(0.1)
    running.send_signal(signal.SIGKILL)
    assert running.wait(BOUND_S) == -signal.SIGKILL
    running.send_signal(signal.SIGTERM)


def test_two_that_watch_a_child_both_learn_how_it_ended(nursery: Nursery, tmp_path: Path) -> None:
    for _ in range(20):
        running = nursery.spawn(a_launch(tmp_path, "sleep"))
        with ThreadPoolExecutor(4) as watchers:
            codes = [watchers.submit(running.wait, BOUND_S) for _ in range(4)]
            running.send_signal(signal.SIGKILL)
            assert {code.result() for code in codes} == {-signal.SIGKILL}
    assert nursery.spawn(a_launch(tmp_path, "tell")).wait(BOUND_S) == 7
    assert not isinstance(running, subprocess.Popen), "the nursery has not died"


def test_a_fault_is_in_the_log_and_ends_the_child_alone(nursery: Nursery, tmp_path: Path) -> None:
    assert nursery.spawn(a_launch(tmp_path, "fail")).wait(BOUND_S) == 1
    assert "ValueError: broken" in (tmp_path / "log").read_text()
    assert nursery.spawn(a_launch(tmp_path, "tell")).wait(BOUND_S) == 7


def test_what_is_imported_leaves_no_thread_that_a_fork_would_lose(
    nursery: Nursery, tmp_path: Path
) -> None:
    child = nursery.spawn(a_launch(tmp_path, "tell"))
    parent = psutil.Process(child.pid).parent()
    assert parent is not None
    assert parent.num_threads() == 1
    child.wait(BOUND_S)


def test_a_nursery_that_has_died_is_done_without(tmp_path: Path) -> None:
    nursery = Nursery()
    nursery.start()
    nursery.close()
    running = nursery.spawn(a_launch(tmp_path, "tell"))
    assert isinstance(running, subprocess.Popen)
    assert running.wait(BOUND_S) == 7
    assert (tmp_path / "log").read_text() == "['tell', 'more'] ['MARK'] True\n"
    nursery.close()


def test_a_nursery_that_is_silent_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("creditbus.stack.nursery.ANSWER_BOUND_S", 0.2)
    silent = Nursery()
    silent.start()
    # It imports for longer than it may be silent, as one would that hangs.
    running = silent.spawn(a_launch(tmp_path, "tell"))
    assert isinstance(running, subprocess.Popen)
    assert running.wait(BOUND_S) == 7
    silent.close()


def test_a_program_that_is_no_python_module_is_started_as_ever(
    nursery: Nursery, tmp_path: Path
) -> None:
    launch = Launch(name="true", argv=("/bin/true",), env={}, log=tmp_path / "log")
    running = nursery.spawn(launch)
    assert isinstance(running, subprocess.Popen)
    assert running.wait(BOUND_S) == 0


def test_children_go_on_when_the_launcher_is_gone(tmp_path: Path) -> None:
    nursery = Nursery()
    nursery.start()
    running = nursery.spawn(a_launch(tmp_path, "sleep"))
    nursery.close()
    assert psutil.pid_exists(running.pid)
    os.kill(running.pid, signal.SIGKILL)
