"""Offsets: what the client answers without a fault and without meaning is asked again."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, NamedTuple, cast

import pytest
from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from creditbus.engine import offsets
from creditbus.engine.failures import Reaction, kind_of


class Answer(NamedTuple):
    offset: int


class Admin:
    """Answers as the client does; notes which topics it was made to look at anew."""

    def __init__(self, offset: int) -> None:
        self._offset = offset
        self.looked: list[str] = []

    def list_offsets(
        self, asked: dict[TopicPartition, Any], **_bounds: Any
    ) -> dict[TopicPartition, Future[Answer]]:
        answers = {}
        for place in asked:
            answers[place] = Future[Answer]()
            answers[place].set_result(Answer(self._offset))
        return answers

    def list_topics(self, topic: str, timeout: float) -> None:
        assert timeout > 0
        self.looked.append(topic)


@pytest.mark.parametrize("nowhere", [-1001, -1, -2])
def test_an_offset_that_is_none_is_asked_again_at_whoever_leads_now(nowhere: int) -> None:
    admin = Admin(nowhere)
    for ask in (offsets.log_ends, offsets.log_starts):
        with pytest.raises(KafkaException) as raised:
            ask(cast("AdminClient", admin), [("changelog", 3)])
        assert kind_of(raised.value) in {Reaction.SILENT, Reaction.RETRY}
    assert admin.looked == ["changelog", "changelog"]


def test_an_empty_log_begins_and_ends_at_zero() -> None:
    admin = cast("AdminClient", Admin(0))
    assert offsets.log_ends(admin, [("changelog", 3)]) == {("changelog", 3): 0}
