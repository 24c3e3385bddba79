"""The second try of tests on servers: what fails always fails, and what fails at first is told."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

TESTS: Final = Path(__file__).parents[1]
TWICE: Final = ("contract", "integration", "integration/engine")
ONCE: Final = ("crash", "property", "siege", "simulation", "tidy", "unit/engine")
WHY: Final = {"always": "it fails again", "at_first": "the machine was slow"}
TRIES: Final = f"""
tries = []

def test_always():
    raise AssertionError("{WHY["always"]}")

def test_at_first():
    tries.append(1)
    assert len(tries) > 1, "{WHY["at_first"]}"
"""


def test_a_second_try_hides_nothing_and_is_for_tests_on_servers_alone(tmp_path: Path) -> None:
    shutil.copy(TESTS / "conftest.py", tmp_path)
    for place in (*TWICE, *ONCE):
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
        (tmp_path / place / "test_tries.py").write_text(TRIES)
    begin = [sys.executable, "-m", "pytest", "-n0", "-p", "no:cacheprovider", "-v"]
    where = ["--rootdir", str(tmp_path), "-c", str(TESTS.parent / "pyproject.toml"), "."]
    done = subprocess.run(
        [*begin, *where], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    for place in TWICE:
        assert tries_of(done.stdout, place, "always") == ["RERUN", "FAILED"]
        assert tries_of(done.stdout, place, "at_first") == ["RERUN", "PASSED"]
        for name, why in WHY.items():
            failure = done.stdout.partition(f"failed at first: {place}/test_tries.py::test_{name}")
            assert why in failure[2].partition("failed at first: ")[0]
    for place in ONCE:
        assert tries_of(done.stdout, place, "always") == ["FAILED"]
        assert tries_of(done.stdout, place, "at_first") == ["FAILED"]


def tries_of(told: str, place: str, name: str) -> list[str]:
    """Return what came of each try of a test, as pytest tells while it plays."""
    begin = f"{place}/test_tries.py::test_{name} "
    lines = [line.removeprefix(begin) for line in told.splitlines() if line.startswith(begin)]
    return [line.split()[0] for line in lines]
