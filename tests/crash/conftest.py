"""Plays every scenario with every seed on the shared broker, and tells the sums at the end."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from creditbus.engine.worker import Connection
from creditbus.stack.local import LocalStack
from tests.crash.programme import SCENARIOS
from tests.crash.run import Run
from tests.crash.scenarios import Scenario
from tests.crash.truth import Verdict, judge


@dataclass
class Tally:
    """The sums of one scenario over its seeds."""

    seeds: int = 0
    kills: int = 0
    records: int = 0
    lost: int = 0
    repeated: int = 0
    unfinished: int = 0
    seconds: float = 0.0

    def add(self, run: Run, verdict: Verdict | None, seconds: float) -> None:
        """Add what a run did and what it lost; no verdict where records still wait."""
        self.seeds += 1
        self.kills += run.kills
        self.records += run.records
        self.seconds += seconds
        if verdict is None:
            self.unfinished += 1
        else:
            self.lost += len(verdict.lost)
            self.repeated += len(verdict.repeated) + len(verdict.disordered)


@dataclass
class Book:
    """The tallies by the name of the scenario."""

    tallies: dict[str, Tally] = field(default_factory=dict)

    def of(self, name: str) -> Tally:
        """Return the scenario's tally."""
        return self.tallies.setdefault(name, Tally())


BOOK = pytest.StashKey[Book]()
RUN = pytest.StashKey[Run]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say how often each scenario is played."""
    parser.addoption("--seeds", type=int, default=0, help="play all scenarios with seeds 1 to N")
    parser.addoption("--seed", type=int, default=0, help="play with this seed alone")


def pytest_configure(config: pytest.Config) -> None:
    """Begin the book."""
    config.stash[BOOK] = Book()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test of a scenario its seeds; without the option a short form is played."""
    seeds = metafunc.config.getoption("--seeds")
    alone = metafunc.config.getoption("--seed")
    if "scenario" in metafunc.fixturenames:
        chosen = [each for each in SCENARIOS if seeds or alone or each.is_short]
        metafunc.parametrize("scenario", chosen, ids=[each.name for each in chosen])
    if "seed" in metafunc.fixturenames:
        drawn = [alone] if alone else range(1, max(1, seeds) + 1)
        metafunc.parametrize("seed", drawn, ids=[f"seed{number}" for number in drawn])


@pytest.fixture(scope="session")
def connection(stack: LocalStack) -> Connection:
    """Where the shared broker is, as its administrator."""
    settings = {key: str(value) for key, value in stack.client_config("admin").items()}
    return Connection(settings.pop("bootstrap.servers"), settings)


@pytest.fixture
def run(
    request: pytest.FixtureRequest,
    connection: Connection,
    stack: LocalStack,
    tmp_path: Path,
    scenario: Scenario,
    seed: int,
) -> Iterator[Run]:
    """A run of the scenario with the seed, which is written into the book."""
    run = scenario.stage(
        connection,
        tmp_path,
        seed=seed,
        broker=stack.server("kafka"),
        partitions=scenario.partitions,
    )
    request.node.stash[RUN] = run
    started = time.monotonic()
    yield run
    for actor in run.team.values():
        actor.kill()
    run.broker_back()
    seconds = time.monotonic() - started
    verdict = judge(run) if run.is_done() else None
    request.config.stash[BOOK].of(scenario.name).add(run, verdict, seconds)
    run.close()
    # Its clients go with it: hundreds of them would be too many.
    del request.node.stash[RUN]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, Any]:
    """Tell of a failure how to play it again, and what the workers said."""
    report = yield
    if report.failed and call.when == "call" and RUN in item.stash:
        parameters = item.callspec.params  # type: ignore[attr-defined]
        again = f"make crash SEED={parameters['seed']} ARGS='-k {parameters['scenario'].name}'"
        report.sections.append(("play it again", again))
        report.sections.append(("what the workers said", item.stash[RUN].logs))
    return report


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print what was struck and what was lost."""
    tallies = config.stash[BOOK].tallies
    if not tallies:
        return
    head = ("scenario", "seeds", "kills", "records", "lost", "repeated", "unfinished", "seconds")
    rows = [
        (
            name,
            *(f"{number:,}" for number in (t.seeds, t.kills, t.records)),
            *(f"{number:,}" for number in (t.lost, t.repeated, t.unfinished)),
            f"{t.seconds:.1f}",
        )
        for name, t in tallies.items()
    ]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    terminalreporter.section("crashes")
    for row in (head, *rows):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        terminalreporter.write_line("  ".join(cells))
