"""Gives each exercise its ground, times it, and prints the table of what was played."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Final

import pytest

from tests.exercises.city import City, Toll
from tests.exercises.drill import Drill
from tests.exercises.exercise import ROOT, Exercise
from tests.exercises.ground import Ground, own_ground
from tests.exercises.page import RECORD, Played, recorded, write
from tests.exercises.programme import EXERCISES

_PLAYED: Final = pytest.StashKey[list[Played]]()
_TURNS = count(1)
FIRST_SUBJECT: Final = 60_000_000


@dataclass(frozen=True)
class Stopwatch:
    """Where the test says what it has played."""

    rows: list[Played]

    @contextmanager
    def timed(self, exercise: Exercise, drill: Drill) -> Iterator[Toll]:
        """Time the block, which fills in what it cost; an exercise that fails did not hold."""
        began, toll = time.monotonic(), drill.city.toll
        is_over = False
        try:
            yield toll
            is_over = True
        finally:
            self.rows.append(
                Played(
                    name=exercise.name,
                    commands=drill.typed,
                    seconds=round(time.monotonic() - began, 1),
                    lost=toll.lost,
                    repeated=toll.repeated,
                    stale=toll.stale,
                    unasked_s=round(toll.unasked_s, 1),
                    unmoved_s=round(toll.unmoved_s, 1),
                    held=is_over and toll.held,
                    is_over=is_over,
                )
            )


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say whether what is played is put on record."""
    parser.addoption("--record", action="store_true", help=f"write {RECORD}, and its page")


def pytest_configure(config: pytest.Config) -> None:
    """Begin the table."""
    config.stash[_PLAYED] = []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give the test its exercises."""
    if "exercise" in metafunc.fixturenames:
        metafunc.parametrize("exercise", EXERCISES, ids=[each.name for each in EXERCISES])


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A bus that was started by the command line, for the exercises of one run."""
    ground = own_ground(tmp_path_factory.mktemp("ground"))
    yield ground
    ground.type("creditbus down")


@pytest.fixture
def ground(
    exercise: Exercise, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ground]:
    """The ground of one exercise: the one of the run, or with several brokers its own."""
    if exercise.brokers == 1:
        yield request.getfixturevalue("own")
    else:
        alone = own_ground(tmp_path_factory.mktemp("brokers"), exercise.brokers)
        yield alone
        alone.type("creditbus down")


@pytest.fixture
def drill(ground: Ground, exercise: Exercise) -> Drill:
    """What the script of the exercise is given, with a city of its own firms."""
    return Drill(ground, exercise, City(ground, FIRST_SUBJECT + next(_TURNS) * 100_000))


@pytest.fixture
def stopwatch(request: pytest.FixtureRequest) -> Stopwatch:
    """The table that the run fills."""
    return Stopwatch(request.config.stash[_PLAYED])


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print each exercise with its commands, its seconds, and whether everything held."""
    rows = config.stash[_PLAYED]
    if not rows:
        return
    terminalreporter.section("exercises")
    for row in rows:
        terminalreporter.write_line(row.sentence())
    if config.getoption("--record"):
        over = [row for row in rows if row.is_over]
        write(ROOT / RECORD, recorded(ROOT / RECORD), over)
        terminalreporter.write_line(f"on record in {RECORD}; `make pages` writes the page")
