"""A siege: the running bus, the culprit, and what a blow strikes with.

Everything that is drawn is drawn from the seed and the blow's name, so the same seed strikes alike.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Final

from confluent_kafka import KafkaError, Message, Producer

from creditbus.demo.city import organisation
from creditbus.domain.acts.refusals import DeadLetter
from creditbus.domain.ids import SubjectId
from creditbus.sdk.publisher import Publisher
from creditbus.wire.topics import DEAD_LETTERS, inbox
from tests.bus_fixtures import LiveBus
from tests.siege.culprit import CulpritBody

CULPRIT: Final = "court"
OTHERS: Final = ("tax", "customs")
"""Who strikes: the first alone, or several; never the agency that stands by."""

FLUSH_S: Final = 30.0
Headers = Sequence[tuple[str | bytes, bytes | None]]


class Siege:
    """What the script of a blow is given."""

    def __init__(self, live: LiveBus, body: CulpritBody, *, name: str, seed: int) -> None:
        self.live = live
        self.body = body
        self.dice = random.Random(f"{seed} {name}")
        self.culprit = CULPRIT
        self.others = OTHERS

    def subject(self) -> SubjectId:
        """Return a made-up organisation that hardly anybody else uses."""
        return organisation(1_000_000 + self.dice.randrange(30_000_000))

    def publisher(self, password: str = "") -> Publisher:
        """Return a publisher of the culprit, with its own password if none is given."""
        file = self.live.file
        return Publisher(
            self.culprit,
            kafka=file.bootstrap,
            registry=file.registry_url,
            password=password or file.credentials[self.culprit],
        )

    def producer(self, source: str = "", **settings: Any) -> Producer:
        """Return a raw producer that logs in as a source, the culprit if none is named."""
        party = source or self.culprit
        config = self.live.bus.stack.client_config(party)
        return Producer({**config, "linger.ms": 0, **settings})

    def put(
        self,
        value: bytes | None,
        *,
        source: str = "",
        key: bytes | None = b"key",
        headers: Headers = (),
        **settings: Any,
    ) -> int:
        """Put one record into a source's inbox as it is; return its offset."""
        party = source or self.culprit
        offsets: list[int] = []

        def delivered(error: KafkaError | None, message: Message) -> None:
            assert error is None, error
            offsets.append(message.offset() or 0)

        producer = self.producer(party, **settings)
        given: Any = list(headers)
        producer.produce(inbox(party), value, key=key, headers=given, on_delivery=delivered)
        assert producer.flush(FLUSH_S) == 0, "the broker did not take it"
        return offsets[0]

    def letters(self, source: str = "") -> dict[int, DeadLetter]:
        """Return the dead letters of a source's inbox by the offset that they are about."""
        topic = inbox(source or self.culprit)
        return {
            each.offset: each
            for each in self.live.reader().values(DEAD_LETTERS)
            if isinstance(each, DeadLetter) and each.topic == topic
        }
