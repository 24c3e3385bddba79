"""Connections: where the broker is, and the kinds of client that are made with one.

Each setting that is not a default has its reason beside it; most cost somebody a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from confluent_kafka import Consumer, KafkaError, Producer
from confluent_kafka.admin import AdminClient

from creditbus.engine.alarm import Alarm, PatientEar
from creditbus.engine.job import Job
from creditbus.engine.lags import TELL_SECONDS, Lags

Settings = dict[str, Any]


class Ear(Protocol):
    """Who hears what a client reports by itself."""

    def hear(self, error: KafkaError) -> None:
        """Take an error that no call is answered with."""
        ...


class Log(Protocol):
    """Who takes the lines of a client's own log, while it is polled."""

    def log(self, level: int, form: str, facility: str, client: str, told: str, /) -> None:
        """Take one line, as Python's loggers do."""
        ...


TRANSACTION_MS = 15_000  # the longest that a taker-over waits for a dead owner's transaction
SESSION_MS = 6_000  # how long a stopped worker keeps its partitions
QUEUE_RECORDS = 500_000  # how much a producer holds that the broker does not have yet


@dataclass(frozen=True, slots=True)
class Connection:
    """Where the broker is, and what it wants to know of a client (the client library's names).

    ``poll_ms`` is how long a worker may take over one fetch before the group gives it up.
    """

    bootstrap: str
    security: Mapping[str, str] = field(default_factory=dict, repr=False)
    poll_ms: int = 60_000

    def base(self, alarm: Ear) -> Settings:
        """Return the settings that all clients of a worker share."""
        return {
            **self.security,
            "bootstrap.servers": self.bootstrap,
            "error_cb": alarm.hear,
            # The longest that one that is back is not noticed.
            "reconnect.backoff.max.ms": 500,
            "socket.timeout.ms": 15_000,
            # The library's own log lines would repeat on stderr what error_cb tells.
            "log_level": 2,
        }

    def member(self, job: Job[Any], alarm: Alarm, lags: Lags) -> Consumer:
        """Return a member of the group that reads what is committed and commits nothing itself.

        An eager member places equal partition numbers of several topics alike (range); another
        keeps what it has while the group changes (cooperative).
        """
        return Consumer(
            {
                **self.base(PatientEar(alarm) if job.may_wait else alarm),
                "group.id": job.application,
                "group.instance.id": job.name,
                "partition.assignment.strategy": "range" if job.is_eager else "cooperative-sticky",
                "session.timeout.ms": SESSION_MS,
                "heartbeat.interval.ms": 1000,
                "max.poll.interval.ms": self.poll_ms,
                "statistics.interval.ms": int(TELL_SECONDS * 1000),
                "stats_cb": lags.hear,
                **_READING,
                **(WARY if job.may_wait else {}),
            }
        )

    def reader(self, group: str, alarm: Alarm, *, stays: bool = False) -> Consumer:
        """Return a reader of topics; it joins no group and commits nothing.

        It hears of an end within 20 ms. One that stays hears of none and leaves the waiting to the
        broker, which answers at once when something comes and is spared 50 requests a second.
        """
        ends = {"enable.partition.eof": True, "fetch.wait.max.ms": 20}
        return Consumer(
            {**self.base(alarm), "group.id": group, **_READING, **({} if stays else ends)}
        )

    def asker(self, group: str, alarm: Alarm, *, is_hasty: bool = False) -> Consumer:
        """Return what is asked where the group stands; it joins nothing.

        A hasty one does not wait for a transaction that is about to move it.

        An admin client could tell as well, but one that meets a coordinator in motion ends the
        process (librdkafka issue 5040).
        """
        hasty = {"isolation.level": "read_uncommitted"} if is_hasty else {}
        return Consumer({**self.base(alarm), "group.id": group, **_READING, **hasty})

    def transactional(self, name: str, ear: Ear, logger: Log | None = None) -> Producer:
        """Return the one producer of a worker; its name fences an older one of that name.

        A logger is told what the client would otherwise say on stderr, and of lost connections.
        """
        logs = {} if logger is None else {"logger": logger, "log_level": 6}
        return Producer(
            {
                **self.base(ear),
                **logs,
                "transactional.id": name,
                "transaction.timeout.ms": TRANSACTION_MS,
                "acks": "all",
                # Larger batches under load cost everybody less; a commit waits for none of this.
                "linger.ms": 5,
                # A transaction that begins before the last one's markers are written is asked for
                # again after so long; the default of 100 is several times a record's whole way.
                "retry.backoff.ms": 5,
                # The library's own partitioner disagrees with everybody else's about a key.
                "partitioner": "murmur2_random",
                "queue.buffering.max.messages": QUEUE_RECORDS,
                # Counted in records alone: a share keeps the same bytes until they are committed.
                "queue.buffering.max.kbytes": 2_147_483_647,
                "batch.size": 1_000_000,
                "batch.num.messages": 20_000,
                # A missing topic must be told before the watchdog loses patience.
                "topic.metadata.propagation.max.ms": 10_000,
            }
        )

    def idempotent(self, ear: Ear, bound_s: float, *, batch_bytes: int, linger_ms: int) -> Producer:
        """Return a producer without transactions, which says within the bound what became of it.

        A batch waits for ``linger_ms`` at most. Its bytes must stay below what the topic takes of
        one record: the broker measures a whole batch by that, its own bytes too.
        """
        return Producer(
            {
                **self.base(ear),
                "acks": "all",
                "enable.idempotence": True,
                "linger.ms": linger_ms,
                "batch.size": batch_bytes,
                "partitioner": "murmur2_random",
                "message.timeout.ms": int(bound_s * 1000),
                # A missing topic must be told before the bound.
                "topic.metadata.propagation.max.ms": int(bound_s * 500),
            }
        )

    def admin(self, alarm: Alarm) -> AdminClient:
        """Return the client that asks about topics, offsets and groups."""
        return AdminClient(self.base(alarm))


_READING: Settings = {
    "isolation.level": "read_committed",
    "enable.auto.commit": False,
    # The loop always says where to begin; losing the place silently would lose records.
    "auto.offset.reset": "error",
    # The default of a second throttles a reader that empties its queue.
    "fetch.queue.backoff.ms": 5,
    "queued.max.messages.kbytes": 32_768,
}

UNPACKED_BYTES: Final = 4 * 1024 * 1024
"""To how much a batch may unpack in a source that is one party's own; half of it always may.

The library tries buffers of double the size, and none beyond this.
"""

# Of sources that strangers write. They are read in small pieces, in turn, and little ahead: nobody
# waits behind what another has sent at once, and a piece that unpacks ten thousandfold has room.
WARY: Settings = {
    "receive.message.max.bytes": UNPACKED_BYTES,
    "fetch.max.bytes": UNPACKED_BYTES // 2,
    "max.partition.fetch.bytes": 16 * 1024,
    "queued.min.messages": 2000,
    # A topic that was missing, or without a right, is there again this much after.
    "topic.metadata.refresh.interval.ms": 3000,
}
