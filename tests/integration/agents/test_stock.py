"""What stock Faust does where the discipline of the agents holds: each fault can be seen.

When one of these tests fails, Faust has mended a fault, and a piece of the discipline may go.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
import pytest
from confluent_kafka import Producer

from creditbus.runtime.settings import environment
from creditbus.stack.local import LocalStack
from creditbus.stack.principals import ADMIN
from tests.integration.agents.conftest import standing
from tests.integration.agents.taker import BIG
from tests.integration.views.stage import BOUND_S, ROOT, free_port, wait_until
from tests.stack_fixtures import ThrowawayTopic

FED: Final[dict[str, tuple[bytes, ...]]] = {
    "fails": (b"before", b"fail", b"behind"),
    "takes": (b"before", b"fail", b"behind", b"x", b"y", b"z"),
    "decodes": (b'"before"', b"\xff", b'"behind"'),
    "sends": (b"before", b"behind"),
}


@dataclass
class Stock:
    """A process of stock Faust that has been given everything."""

    child: subprocess.Popen[bytes]
    home: Path
    topics: dict[str, str]
    stack: LocalStack
    web_port: int

    @property
    def is_through(self) -> bool:
        """Whether every agent whose work can be seen has had its last record."""
        return all("behind" in self.taken(agent) for agent in ("fails", "decodes", "sends"))

    def taken(self, agent: str) -> list[str]:
        """Return what an agent has written down."""
        path = self.home / agent
        return path.read_text().splitlines() if path.exists() else []

    def standing(self, agent: str) -> int | None:
        """Return where the group stands in the topic of an agent."""
        return standing(self.stack, self.topics["group"], self.topics[agent])


@pytest.fixture(scope="module")
def stock(
    stack: LocalStack, tmp_path_factory: pytest.TempPathFactory, throwaway_topic: ThrowawayTopic
) -> Iterator[Stock]:
    """One process for all these tests."""
    home, port = tmp_path_factory.mktemp("stock"), free_port()
    topics = {agent: throwaway_topic() for agent in FED}
    topics["outputs"] = throwaway_topic(config={"max.message.bytes": str(BIG // 2)})
    topics["group"] = f"stock-{topics['fails']}"
    (home / "topics.json").write_text(json.dumps(topics))
    producer = Producer(stack.client_config(ADMIN))
    for agent, values in FED.items():
        for value in values:
            producer.produce(topics[agent], value)
    assert producer.flush(BOUND_S) == 0
    settings = {
        "home": str(home),
        "kafka": stack.file.bootstrap,
        "kafka_user": ADMIN,
        "kafka_password": stack.file.credentials[ADMIN],
    }
    with (home / "log").open("wb") as log:
        child = subprocess.Popen(
            [
                *(sys.executable, "-m", "faust", "-A", "tests.integration.agents.stock"),
                *("worker", "-l", "warn", "--web-port", str(port)),
            ],
            env=environment(settings) | {"PYTHONPATH": f"{ROOT / 'services'}:{ROOT}"},
            cwd=home,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    running = Stock(child, home, topics, stack, port)
    try:
        wait_until(lambda: child.poll() is not None or running.is_through, 2 * BOUND_S)
        assert child.poll() is None, (home / "log").read_text()
        yield running
    finally:
        child.kill()
        child.wait(BOUND_S)


def test_a_record_that_fails_is_passed_and_the_process_goes_on(stock: Stock) -> None:
    """Faults 2 and 14."""
    wait_until(lambda: stock.standing("fails") == 3)
    assert stock.taken("fails") == ["before", "behind"]
    assert stock.child.poll() is None


def test_a_batch_with_a_failure_is_passed_as_a_whole(stock: Stock) -> None:
    """Fault 3: and with it what was buffered behind."""
    wait_until(lambda: stock.standing("takes") == len(FED["takes"]))
    assert not any("before" in line for line in stock.taken("takes"))


def test_a_record_that_cannot_be_decoded_vanishes(stock: Stock) -> None:
    """Fault 4."""
    wait_until(lambda: stock.standing("decodes") == 3)
    assert stock.taken("decodes") == ["before", "behind"]


def test_what_the_broker_refuses_is_passed(stock: Stock) -> None:
    """Fault 6."""
    wait_until(lambda: stock.standing("sends") == 2)
    assert stock.taken("sends") == ["before", "behind"]


def test_a_door_is_open_although_the_web_is_not_enabled(stock: Stock) -> None:
    """Fault 12."""

    def listening() -> set[int]:
        opened = psutil.Process(stock.child.pid).net_connections(kind="tcp")
        return {each.laddr.port for each in opened if each.status == psutil.CONN_LISTEN}

    wait_until(lambda: stock.web_port in listening())


def test_the_log_is_loud_although_it_is_told_to_warn(stock: Stock) -> None:
    """Fault 13."""
    assert stock.taken("level")[0] == "DEBUG"
