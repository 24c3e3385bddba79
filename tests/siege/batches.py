"""Raw batches: what no client library would write, but any program may send."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy as Builder
from aiokafka.structs import TopicPartition

from tests.bus_fixtures import LiveBus

_ROOM = 250_000
_BOUND_MS = 30_000


class RawName(str):
    """A header name that is these bytes, whatever text they are or are not."""

    __slots__ = ("raw",)

    raw: bytes

    @classmethod
    def of(cls, raw: bytes) -> RawName:
        """Return the name."""
        name = cls("raw")
        name.raw = raw
        return name

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """Return the bytes."""
        assert (encoding, errors) == ("utf-8", "strict")
        return self.raw


def put_named(
    live: LiveBus, party: str, topic: str, value: bytes | None, names: Sequence[bytes]
) -> int:
    """Put one record with headers of these names into a topic; return its offset."""
    batch = Builder(2, 0, 0, -1, -1, -1, _ROOM)
    headers = [(RawName.of(name), b"") for name in names]
    batch.append(0, timestamp=1, key=b"key", value=value, headers=headers)
    return asyncio.run(_put(live, party, topic, bytes(batch.build())))


async def _put(live: LiveBus, party: str, topic: str, batch: bytes) -> int:
    client = AIOKafkaClient(
        bootstrap_servers=live.file.bootstrap,
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="SCRAM-SHA-256",
        sasl_plain_username=party,
        sasl_plain_password=live.file.credentials[party],
    )
    try:
        await client.bootstrap()
        await client.set_topics([topic])
        leader = client.cluster.leader_for_partition(TopicPartition(topic, 0))
        asked = ProduceRequest(
            transactional_id=None,
            required_acks=-1,
            timeout=_BOUND_MS,
            topics=[(topic, [(0, batch)])],
        )
        answer = await client.send(leader, asked)
    finally:
        await client.close()
    _, error, offset, *_ = answer.topics[0][1][0]
    assert error == 0, f"the broker refused it with {error}"
    return int(offset)
