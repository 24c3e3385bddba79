"""Plays every blow on the shared bus, and tells at the end how long the bystanders waited."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import pytest

from tests.bus_fixtures import LiveBus, running_bus
from tests.siege.blows import Blow
from tests.siege.bystanders import BYSTANDERS, Bystanders, Samples
from tests.siege.culprit import BesiegedBus, CulpritBody
from tests.siege.programme import BLOWS
from tests.siege.siege import Siege

CALM_S = 4.0
ROW = pytest.StashKey[list[tuple[str, dict[str, Samples]]]]()


@dataclass
class Watch:
    """The bystanders of the run, and what they saw in calm."""

    live: LiveBus
    seed: int
    calm: dict[str, Samples] = field(default_factory=dict)
    _begun: int = 0

    def look_in_calm(self) -> None:
        """See what the bystanders see when nothing is struck."""
        quiet = self.bystanders()
        quiet.begin()
        time.sleep(CALM_S)
        self.calm = quiet.end()
        for name, seen in self.calm.items():
            assert not seen.failures, f"{name}, in calm: {seen.failures[0]}"

    def bystanders(self) -> Bystanders:
        """Return bystanders with firms of their own."""
        self._begun += 1
        return Bystanders(self.live, 40_000_000 + self.seed % 100 * 400_000 + self._begun * 1000)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say which blows are played, and with which seed."""
    parser.addoption("--siege", action="store_true", help="play every blow, not the short form")
    parser.addoption("--siege-seed", type=int, default=1, help="strike with this seed")


def pytest_configure(config: pytest.Config) -> None:
    """Begin the table."""
    config.stash[ROW] = []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give the test its blows; without the option a short form is played."""
    if "blow" in metafunc.fixturenames:
        chosen = [each for each in BLOWS if metafunc.config.getoption("--siege") or each.is_short]
        metafunc.parametrize("blow", chosen, ids=[each.name for each in chosen])


@pytest.fixture(scope="session")
def body(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CulpritBody]:
    """The one body that is the siege's own."""
    body = CulpritBody(tmp_path_factory.mktemp("names") / "silent")
    with body.served():
        yield body


@pytest.fixture(scope="session")
def live(body: CulpritBody, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveBus]:
    """The bus of a siege, on which one body is the culprit."""
    with running_bus(tmp_path_factory.mktemp("bus"), partial(BesiegedBus, body)) as running:
        yield running


@pytest.fixture(scope="session")
def watch(live: LiveBus, request: pytest.FixtureRequest) -> Watch:
    """The bystanders' own view of the bus in calm, taken once."""
    watch = Watch(live, request.config.getoption("--siege-seed"))
    watch.look_in_calm()
    return watch


@pytest.fixture
def siege(live: LiveBus, body: CulpritBody, blow: Blow, request: pytest.FixtureRequest) -> Siege:
    """What the blow's script is given."""
    return Siege(live, body, name=blow.name, seed=request.config.getoption("--siege-seed"))


@pytest.fixture
def seen(blow: Blow, request: pytest.FixtureRequest, watch: Watch) -> Iterator[dict[str, Samples]]:
    """What the bystanders see of the blow, to be filled by the test."""
    rows = request.config.stash[ROW]
    if not rows:
        rows.append(("in calm", watch.calm))
    found: dict[str, Samples] = {}
    yield found
    rows.append((blow.name, found))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print what was struck, and the 99th percentile of each bystander's wait in milliseconds."""
    rows = config.stash[ROW]
    if not rows:
        return
    terminalreporter.section("siege: p99 of the bystanders in ms")
    widest = max(len(name) for name, _ in rows)
    terminalreporter.write_line(f"{'':{widest}}" + "".join(f"{name:>10}" for name in BYSTANDERS))
    for name, seen in rows:
        cells = (f"{seen[each].p99 * 1000:>10.0f}" for each in BYSTANDERS if each in seen)
        terminalreporter.write_line(f"{name:{widest}}" + "".join(cells))
