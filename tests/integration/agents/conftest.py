"""The stage of the agents' tests: topics of their own, takers, and where their group stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from creditbus.stack.local import LocalStack
from creditbus.stack.principals import ADMIN
from tests.integration.agents.taker import Part
from tests.integration.engine.stage import asker, standing_of
from tests.integration.views.stage import BOUND_S, Running, Stage, stage_on
from tests.stack_fixtures import ThrowawayTopic


@dataclass
class Scene:
    """One topic, who follows it, and what they were given."""

    stage: Stage
    topic: str

    def start(self, **part: Any) -> Running:
        """Start a process that follows the topic with everybody's rights."""
        played = Part(topic=self.topic, taken=str(self._taken), **part)
        password = self.stage.stack.file.credentials[ADMIN]
        return self.stage.start("views", played.main, kafka_user=ADMIN, kafka_password=password)

    def feed(self, *values: str | bytes | None, partition: int = 0) -> None:
        """Produce records to one partition."""
        producer = self.producer()
        for value in values:
            producer.produce(self.topic, value, b"key", partition)
        assert producer.flush(BOUND_S) == 0

    def producer(self, **settings: str) -> Producer:
        """Return a producer with everybody's rights."""
        return Producer({**self.stage.stack.client_config(ADMIN), "linger.ms": 0, **settings})

    def transact(self, transactions: Iterable[tuple[str, bool]]) -> None:
        """Produce one record a transaction, which is committed or aborted."""
        producer = self.producer(**{"transactional.id": self.topic})
        producer.init_transactions(BOUND_S)
        for value, is_committed in transactions:
            producer.begin_transaction()
            producer.produce(self.topic, value, b"key", 0)
            producer.flush(BOUND_S)
            if is_committed:
                producer.commit_transaction(BOUND_S)
            else:
                producer.abort_transaction(BOUND_S)

    @property
    def taken(self) -> list[str]:
        """What was given to any process, in the order in which it was given."""
        lines = self._taken.read_text().splitlines() if self._taken.exists() else []
        return [line.partition(" ")[2] for line in lines]

    def standing(self, partition: int = 0) -> int | None:
        """Return where the group stands."""
        return standing(self.stage.stack, self.topic, self.topic, partition)

    @property
    def _taken(self) -> Path:
        return self.stage.folder / "taken"


def standing(stack: LocalStack, group: str, topic: str, partition: int = 0) -> int | None:
    """Return where a group stands in a partition, none if nowhere."""
    place = (topic, partition)
    with closing(asker(stack.client_config("admin"), group)) as asking:
        return standing_of(asking, [place])[place]


@pytest.fixture
def scene(stack: LocalStack, tmp_path: Path, throwaway_topic: ThrowawayTopic) -> Iterator[Scene]:
    """A scene whose processes end with the test."""
    with stage_on(stack, tmp_path) as stage:
        yield Scene(stage, throwaway_topic(partitions=2))
