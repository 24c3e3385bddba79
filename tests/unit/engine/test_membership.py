"""What a membership says of itself while one of its sources is set aside.

tests/integration/engine has the group itself on a real broker.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import structlog
from confluent_kafka import Consumer, KafkaError, TopicPartition

from creditbus.engine.checkpoint import Checkpoint
from creditbus.engine.health import Source
from creditbus.engine.membership import Membership
from creditbus.engine.restore import RestoreGround
from creditbus.engine.shares import Share
from creditbus.engine.wayside import Wayside
from tests.unit.engine.doubles import NOON
from tests.unit.engine.test_wayside import COURT, TAX


class WatchedShare(Share):
    """A share that notes, as it is closed, what the membership says is being restored."""

    said: list[tuple[Source, ...]]
    group: Membership

    def close(self, caught_up_at: int | None = None) -> None:
        self.said.append(self.group.restoring)
        super().close(caught_up_at)


class WatchedClient:
    """A client that notes the same as it is told to let go."""

    def __init__(self, group: Membership) -> None:
        self.group, self.said, self.let_go = group, list[tuple[Source, ...]](), list[str]()

    def incremental_unassign(self, places: Sequence[TopicPartition]) -> None:
        self.said.append(self.group.restoring)
        self.let_go += [place.topic for place in places]


def test_a_source_that_is_set_aside_is_never_said_to_be_restored() -> None:
    """A worker that restores is not ready, and whoever watches it would hear so of all inboxes."""
    topics = {COURT[0], TAX[0]}
    ground: Any = SimpleNamespace(job=SimpleNamespace(tables=(), may_wait=topics, is_eager=False))
    wayside = Wayside(
        topics, structlog.get_logger(), lambda: NOON, goes_on=lambda _: None, clock=lambda: 0.0
    )
    group = Membership(cast(RestoreGround, ground), cast(Checkpoint, None), wayside)
    shares = {source: WatchedShare(source[1], {source[0]: 7}) for source in (COURT, TAX)}
    group._running.update(shares)  # noqa: SLF001 - as the group gave them
    group.assigned = (COURT, TAX)
    client = WatchedClient(group)
    aside = shares[COURT]
    aside.group, aside.said = group, client.said
    group.set_aside(
        cast(Consumer, client), aside, KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)
    )
    assert client.said == [(), ()]
    assert group.restoring == ()
    assert client.let_go == [COURT[0]]
    assert group.shares == [shares[TAX]]
    assert wayside.unplaced == {COURT}
