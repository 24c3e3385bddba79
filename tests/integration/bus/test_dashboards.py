"""Every expression of every dashboard and rule has data on a living bus that Prometheus scrapes."""

from __future__ import annotations

import asyncio
import math
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import yaml
from rich.console import Console

from creditbus.demo.run import Demonstration, next_run
from creditbus.stack.ports import HOST
from tests.bus_fixtures import LiveBus, eventually
from tests.examples import FIRM
from tests.integration.http.conftest import free_port
from tests.monitoring.boards import BOARDS
from tests.monitoring.expressions import FOLDER, RULES, rules

EVENTS: Final = 300
PER_SECOND: Final = 40
SEED: Final = 5
RULED_BOUND_S: Final = 90.0
"""By when the recording rules have seen what the city did."""

EVALUATED_S: Final = 5.0
"""Some scrapes and evaluations, at a test's pace."""

OF_THE_MACHINE: Final = frozenset(
    f"{level}Budget{how}" for level in ("Removal", "Listing", "Check") for how in ("Burns", "Wanes")
)
"""Alerts on levels in time: they say how busy the machine is that plays the tests."""

OF_THE_ODD: Final = frozenset({"topk(10, creditbus_sequence_missing)"})
"""What has data only once a source has left out a number, which the city never does."""

CHECK: Final = {"matter": "bid-registration", "purpose": "bid-qualification"}

pytestmark = pytest.mark.skipif(
    shutil.which("prometheus") is None,
    reason="needs Prometheus: `apt-get install prometheus`; .ci/run installs it",
)


class Watching:
    """A Prometheus beside the bus, with the project's own settings at a test's pace."""

    def __init__(self, address: str) -> None:
        self._client = httpx.Client(base_url=address, timeout=10)

    def values(self, expression: str) -> list[float]:
        """Return what an expression gives now, figures that are none left out."""
        answer = self._client.get("/api/v1/query", params={"query": expression})
        assert answer.is_success, (expression, answer.text)
        found = [float(each["value"][1]) for each in answer.json()["data"]["result"]]
        return [each for each in found if not math.isnan(each)]

    def is_up(self) -> bool:
        """Return whether it answers."""
        try:
            return self._client.get("/-/ready").is_success
        except httpx.TransportError:
            return False

    def close(self) -> None:
        """Let go of its connections."""
        self._client.close()

    def alerts(self, *states: str) -> set[str]:
        """Return the alerts in these states."""
        answer = self._client.get("/api/v1/alerts").json()["data"]["alerts"]
        return {each["labels"]["alertname"] for each in answer if each["state"] in states}


def settings(live: LiveBus, folder: Path) -> Path:
    """Write the project's settings with the ports of this bus and its rules at a quick pace."""
    told: dict[str, Any] = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    told["global"] |= {"scrape_interval": "1s", "evaluation_interval": "1s"}
    told["rule_files"] = []
    for path in RULES:
        quick = folder / path.name
        quick.write_text(path.read_text().replace("interval: 1m", "interval: 1s"))
        told["rule_files"].append(str(quick))
    [job] = told["scrape_configs"]
    job["file_sd_configs"] = [{"files": [str(live.bus.stack.folder.scrapes_file)]}]
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(told))
    return file


@pytest.fixture
def watching(live: LiveBus, tmp_path: Path) -> Iterator[Watching]:
    """Run Prometheus for a test."""
    port = free_port()
    server = subprocess.Popen(
        [
            "prometheus",
            f"--config.file={settings(live, tmp_path)}",
            f"--storage.tsdb.path={tmp_path / 'series'}",
            f"--web.listen-address={HOST}:{port}",
            "--log.level=error",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    found = Watching(f"http://{HOST}:{port}")
    try:
        eventually(found.is_up)
        yield found
    finally:
        found.close()
        server.terminate()
        server.wait(10)


def live_on(live: LiveBus) -> None:
    """Let the city live for a while, and somebody ask."""
    demonstration = Demonstration(live.file, live.process(), Console(quiet=True))
    statements = demonstration.city(SEED, next_run(live.sites.home)).statements(EVENTS)

    async def run() -> None:
        await demonstration.live(statements, per_second=PER_SECOND)
        await demonstration.settle()

    asyncio.run(run())
    with live.http("query", "trade-centre") as query:
        for _ in range(40):
            # On a busy machine views may be behind for a moment, and then nobody is answered.
            eventually(lambda: query.post("/v1/checks", json={"subject": FIRM, **CHECK}).is_success)
            time.sleep(0.1)


def test_every_expression_has_data_and_only_what_the_city_does_fires(
    live: LiveBus, watching: Watching
) -> None:
    eventually(lambda: watching.values("up"))
    time.sleep(EVALUATED_S)
    left = watching.alerts("pending", "firing")  # of what other tests have done to this bus
    live_on(live)
    shown = {query.expression for board in BOARDS for view in board.views for query in view.queries}
    recorded = {rule["record"] for rule in rules() if "record" in rule}

    def lacking() -> list[str]:
        return [
            each for each in sorted((shown | recorded) - OF_THE_ODD) if not watching.values(each)
        ]

    deadline = time.monotonic() + RULED_BOUND_S
    while (without := lacking()) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert without == []
    # The city states decisions of long ago, whose clocks have run out, and some bytes no record.
    of_the_city = {"DeadLetters", "LegalClockMissed"}
    assert watching.alerts("firing") - left <= of_the_city | OF_THE_MACHINE
