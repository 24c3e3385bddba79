"""Batches that cannot be unpacked: how far one reaches, by its head alone.

The client library unpacks a batch before it tells anything of it, so of one that it cannot unpack
it cannot say where the next one begins. The head is never packed (the record batch of Kafka's
message format 2), and aiokafka gives the bytes as they came.
"""

from __future__ import annotations

import asyncio
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.structs import TopicPartition

from creditbus.runtime.kafka.clients import KAFKA, Place
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.runtime.tls import of_servers

# First offset, length, leader's epoch, format, checksum, attributes, last offset less the first.
_HEAD: Final = struct.Struct(">qiibIhi")
_WAIT_MS: Final = 500
_MOST_BYTES: Final = 1024
_READ_COMMITTED: Final = 1


def offsets_behind(process: Process, place: Place, offset: int) -> range:
    """Return the offsets from this one to the last of the batch that holds it, none at the end.

    Raises ``Unavailable`` when the broker does not give it.
    """
    try:
        # On a thread of its own, because whoever asks may run a loop.
        with ThreadPoolExecutor(1) as pool:
            batch = pool.submit(lambda: asyncio.run(_first_bytes(process, place, offset))).result()
    except KafkaError as failure:
        raise Unavailable(KAFKA, f"{place[0]}/{place[1]} at {offset}: {failure}") from failure
    if len(batch) < _HEAD.size:
        return range(offset, offset)
    first, _, _, _, _, _, more = _HEAD.unpack_from(batch)
    return range(offset, first + more + 1)


async def _first_bytes(process: Process, place: Place, offset: int) -> bytes:
    """Return what a fetch at an offset brings: it begins with the batch that holds it."""
    topic, partition = place
    client = _client(process)
    try:
        await client.bootstrap()
        await client.set_topics([topic])
        leader = client.cluster.leader_for_partition(TopicPartition(topic, partition))
        if leader is None or leader < 0:
            raise Unavailable(KAFKA, f"{topic}/{partition} has no leader")
        wanted = [(topic, [(partition, offset, _MOST_BYTES)])]
        answer = await client.send(
            leader, FetchRequest(_WAIT_MS, 1, _MOST_BYTES, _READ_COMMITTED, wanted)
        )
    finally:
        await client.close()
    return bytes(answer.topics[0][1][0][-1] or b"")


def _client(process: Process) -> AIOKafkaClient:
    settings = process.settings
    over_tls = settings.kafka_protocol == "SASL_SSL"
    return AIOKafkaClient(
        bootstrap_servers=settings.kafka,
        security_protocol=process.security["security.protocol"],
        ssl_context=of_servers(settings).context() if over_tls else None,
        sasl_mechanism=settings.kafka_mechanism,
        sasl_plain_username=settings.kafka_user or None,
        sasl_plain_password=settings.kafka_password or None,
    )
