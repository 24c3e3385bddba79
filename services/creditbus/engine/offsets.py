"""Offsets: where the group stands, and where a partition's log begins and ends.

Both clients that are asked live as long as the worker: a fresh one takes a second to find its way.
"""

from __future__ import annotations

from collections.abc import Sequence

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from creditbus.engine.failures import error_of
from creditbus.engine.health import Source

_ASK_SECONDS = 5.0
# A broker that was restarted leads its partitions in a new epoch.
MOVED = frozenset(
    {
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.NOT_LEADER_FOR_PARTITION,
    }
)


def committed(asker: Consumer, sources: Sequence[Source]) -> dict[Source, int | None]:
    """Return the next offsets of the asker's group, none where it has none.

    Raises (to be asked again) while a transaction that will move one of them is still open, unless
    the asker is hasty.
    """
    wanted = [TopicPartition(topic, partition) for topic, partition in sources]
    found: dict[Source, int | None] = {}
    for place in asker.committed(wanted, timeout=_ASK_SECONDS):
        if place.error is not None:
            raise KafkaException(place.error)
        found[place.topic, place.partition] = place.offset if place.offset >= 0 else None
    return found


def log_starts(admin: AdminClient, sources: Sequence[Source]) -> dict[Source, int]:
    """Return the offset of the first record each log still holds."""
    return _ask(admin, sources, OffsetSpec.earliest())  # type: ignore[no-untyped-call]


def log_ends(admin: AdminClient, sources: Sequence[Source]) -> dict[Source, int]:
    """Return the offset behind the last record, including what is not committed yet."""
    return _ask(admin, sources, OffsetSpec.latest())  # type: ignore[no-untyped-call]


def _ask(admin: AdminClient, sources: Sequence[Source], where: OffsetSpec) -> dict[Source, int]:
    asked = admin.list_offsets(
        {TopicPartition(topic, partition): where for topic, partition in sources},
        isolation_level=IsolationLevel.READ_UNCOMMITTED,
        request_timeout=_ASK_SECONDS,
    )
    try:
        found = {(place.topic, place.partition): asked[place].result().offset for place in asked}
        _refuse_nowhere(found)
    except KafkaException as failure:
        if error_of(failure).code() in MOVED:
            # The client would go on asking as if nothing had happened: only this makes it look.
            for topic in {topic for topic, _ in sources}:
                admin.list_topics(topic, timeout=_ASK_SECONDS)
        raise
    return found


def _refuse_nowhere(found: dict[Source, int]) -> None:
    """Raise, to be asked again, where the client gives an invalid offset and no fault with it.

    It does while the partition has just got another leader (seen: -1001 with one of three brokers
    killed). Taken for an answer, it would begin a partition nowhere or take a changelog for empty.
    """
    for (topic, partition), offset in found.items():
        if offset < 0:
            why = f"{topic}/{partition} has no leader yet that could say ({offset})"
            raise KafkaException(KafkaError(KafkaError.NOT_LEADER_FOR_PARTITION, why))
