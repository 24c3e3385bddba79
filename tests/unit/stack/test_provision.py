"""What the broker is asked of its topics is asked again where the answer was broken off."""

from __future__ import annotations

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any, cast

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource

from creditbus.stack.provision import check_topics
from creditbus.wire.topics import Topic, topics

TABLE: tuple[Topic, ...] = topics((), ())[:3]


class PaperAdmin:
    """A broker with every topic as it should be, but for errors that it gives first."""

    def __init__(self, *errors: int) -> None:
        self.errors = list(errors)

    def list_topics(self, **_: object) -> Any:
        found = {each.name: SimpleNamespace(partitions=range(each.partitions)) for each in TABLE}
        return SimpleNamespace(topics=found)

    def describe_configs(
        self, asked: list[ConfigResource], **_: object
    ) -> dict[ConfigResource, Future[Any]]:
        error = self.errors.pop(0) if self.errors else None
        settings = {each.name: each.settings() for each in TABLE}
        found: dict[ConfigResource, Future[Any]] = {}
        for each in asked:
            found[each] = Future()
            if error is not None:
                found[each].set_exception(KafkaException(KafkaError(error)))
            else:
                held = settings[each.name].items()
                found[each].set_result({k: SimpleNamespace(value=v) for k, v in held})
        return found


def test_a_broker_that_goes_while_it_is_asked_is_no_difference() -> None:
    admin = PaperAdmin(KafkaError._DESTROY_BROKER, KafkaError._TRANSPORT)
    assert check_topics(cast(AdminClient, admin), TABLE) == []
    assert admin.errors == []


def test_a_refusal_is_not_asked_again() -> None:
    admin = PaperAdmin(KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError._TRANSPORT)
    with pytest.raises(KafkaException):
        check_topics(cast(AdminClient, admin), TABLE)
    assert len(admin.errors) == 1
