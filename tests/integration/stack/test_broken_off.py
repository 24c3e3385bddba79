"""A start that is broken off leaves nothing running, wherever it was, and the next one works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import psutil
import pytest

BOUND_S: Final = 120
MOMENTS: Final = ("valkey answers", "kafka answers", "schemas are published", "services are ready")
"""After which sentence the start is broken off; the first comes while Java still boots."""


def launched(home: Path) -> subprocess.Popen[str]:
    """Begin to start a whole bus on a folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "creditbus", "up", "--home", str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={
            **{name: value for name, value in _inherited().items() if name in {"HOME", "PATH"}},
            "PYTHONPATH": os.pathsep.join(sys.path),
            "CREDITBUS_FREE_PORTS": "true",
        },
        start_new_session=True,
    )


def _inherited() -> dict[str, str]:
    return psutil.Process().environ()


def heard(launcher: subprocess.Popen[str], sentence: str) -> str:
    """Read what the launcher says up to a sentence."""
    assert launcher.stdout is not None
    said = ""
    for line in launcher.stdout:
        said += line
        if sentence in line:
            return said
    raise AssertionError(f"the launcher ended without {sentence!r}: {said}")


def running_on(home: Path) -> list[str]:
    """Return the processes that have the folder in their command or environment."""
    found = []
    for process in psutil.process_iter():
        try:
            words = " ".join((*process.cmdline(), *process.environ().values()))
            if str(home) in words and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        (MOMENTS[0], signal.SIGINT),
        (MOMENTS[1], signal.SIGTERM),
        (MOMENTS[2], signal.SIGHUP),
    ],
)
def test_a_start_that_is_broken_off_leaves_nothing_running(
    tmp_path: Path, moment: str, number: signal.Signals
) -> None:
    with launched(tmp_path) as launcher:
        said = heard(launcher, moment)
        assert running_on(tmp_path), "there was something to end"
        launcher.send_signal(number)
        launcher.send_signal(number)  # who is in a hurry asks twice
        assert launcher.stdout is not None
        said += launcher.stdout.read()
        assert launcher.wait(BOUND_S) in {0, 130, -number}, said
    assert "Traceback" not in said
    assert MOMENTS[3] not in said, "whoever asks is not kept waiting for the whole start"
    assert running_on(tmp_path) == []


def test_the_next_start_works_on_what_was_left(tmp_path: Path) -> None:
    for moment in (MOMENTS[1], MOMENTS[3]):
        with launched(tmp_path) as launcher:
            heard(launcher, moment)
            launcher.send_signal(signal.SIGINT)
            launcher.communicate(timeout=BOUND_S)
    assert running_on(tmp_path) == []
