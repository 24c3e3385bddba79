"""Ctrl-C is heard, but never between a process and the record of it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from creditbus.stack.interrupts import ASKING, held_back, raise_when_asked
from creditbus.stack.processes import Child, Launch, RunningProcess, popen, recorded


@pytest.fixture(autouse=True)
def _own_handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in ASKING}
    raise_when_asked()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", ASKING)
def test_every_way_to_ask_raises_as_ctrl_c_does(number: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)


def test_what_is_held_back_is_heard_at_the_end_of_the_block() -> None:
    done = []

    def block() -> None:
        with held_back():
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("whole")

    with pytest.raises(KeyboardInterrupt):
        block()
    assert done == ["whole"]


def test_a_thread_has_nothing_to_hold_back() -> None:
    passed = []

    def block() -> None:
        with held_back():
            passed.append(threading.current_thread().name)

    thread = threading.Thread(target=block, name="other")
    thread.start()
    thread.join()
    assert passed == ["other"]


def test_a_process_that_is_started_as_somebody_asks_is_recorded(tmp_path: Path) -> None:
    def interrupted(launch: Launch) -> RunningProcess:
        running = popen(launch)
        os.kill(os.getpid(), signal.SIGINT)
        return running

    argv = (sys.executable, "-c", "import time; time.sleep(60)")
    launch = Launch(name="sleeper", argv=argv, env={}, log=tmp_path / "log")
    child = Child(launch, tmp_path / "records", interrupted)
    with pytest.raises(KeyboardInterrupt):
        child.start()
    (identity,) = recorded(tmp_path / "records")
    assert identity.pid == child.pid
    child.kill()
    assert recorded(tmp_path / "records") == []
