"""The roll call: sees that somebody reads each partition of the sources.

A cooperative group moves a partition in two rebalances: the first takes it, the second gives it
(KIP-429). A static member that dies between the two and is back within its session is handed what
it had without any rebalance (KIP-345); so the second never comes, and what was taken is read by
nobody, for ever. Nobody's lag shows it. When two looks find the same gap, the member that has the
least to lose leaves and joins again: that makes the group count anew.
"""

from __future__ import annotations

import struct
import threading
import uuid
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from creditbus.engine.alarm import Alarm
from creditbus.engine.failures import Reaction, kind_of
from creditbus.engine.health import Source
from creditbus.engine.job import Job

LOOK_SECONDS: Final = 3.0
_ASK_SECONDS: Final = 1.0
_STABLE: Final = "Stable"
_SHORT: Final = struct.Struct(">h")
_INT: Final = struct.Struct(">i")


@dataclass(frozen=True, slots=True)
class Roll:
    """Who reads what, as the group's coordinator has it."""

    readers: frozenset[tuple[str, frozenset[Source]]]
    partitions: frozenset[Source]

    @property
    def unread(self) -> frozenset[Source]:
        """The partitions that nobody reads."""
        return self.partitions.difference(*(sources for _, sources in self.readers))

    @property
    def freest(self) -> str:
        """The member that reads the fewest partitions, the first by its id among several."""
        return min((len(sources), member) for member, sources in self.readers)[1]


class RollCall:
    """Looks every few seconds, from a thread of its own, until it is dismissed.

    ``absent`` are the sources that the last look found out of reach, with what the broker said,
    None before there was one.
    """

    def __init__(self, admin: AdminClient, job: Job[Any], alarm: Alarm) -> None:
        self._admin = admin
        self._job = job
        self._alarm = alarm
        self._unanswered = 0
        self._before: Roll | None = None
        self.absent: Mapping[str, KafkaError] | None = None
        self._wanted = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="roll call", daemon=True)
        self._thread.start()

    def is_ours_to_close(self) -> bool:
        """Return, once, whether there is a gap that this member should close."""
        is_wanted = self._wanted.is_set()
        self._wanted.clear()
        return is_wanted

    def dismiss(self) -> None:
        """Look no more; returns when the last look is over."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            roll = self._look()
            lasts = roll is not None and roll == self._before and bool(roll.unread)
            self._before = None if lasts else roll
            # The client would tell its member id as well, but that call was seen to hang.
            if roll is not None and lasts and instance_of(roll.freest) == self._job.name:
                self._wanted.set()

    def _look(self) -> Roll | None:
        """Return the roll, None while the group is changing or the broker does not answer."""
        with self._listening(), warnings.catch_warnings():
            # Its successors ask by way of the coordinator, and end the process when that moves
            # (librdkafka's issues 4605 and 5040).
            warnings.simplefilter("ignore", DeprecationWarning)
            partitions = frozenset(self._partitions())
            groups: Any = self._admin.list_groups(self._job.application, timeout=_ASK_SECONDS)
            for group in groups:
                if group.state == _STABLE and all(member.assignment for member in group.members):
                    readers = frozenset(
                        (member.id, frozenset(assigned(member.assignment)))
                        for member in group.members
                    )
                    return Roll(readers, partitions)
        return None

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Note a broker that is silent twice in a row: one that is frozen drops nobody."""
        try:
            yield
        except KafkaException as failure:
            self._unanswered += 1
            if self._unanswered > 1 and kind_of(failure) is Reaction.SILENT:
                self._alarm.wait("the broker does not answer: it is frozen, or out of reach")
        else:
            self._unanswered = 0

    def _partitions(self) -> list[Source]:
        found: list[Source] = []
        absent: dict[str, KafkaError] = {}
        for topic in self._job.sources:
            known = self._admin.list_topics(topic, timeout=_ASK_SECONDS).topics[topic]
            found += [(topic, partition) for partition in known.partitions]
            if known.error is not None and not known.partitions:
                absent[topic] = known.error
        self.absent = absent
        return found


def instance_of(member: str) -> str:
    """Return the static name in a member id: the coordinator appends a dash and a UUID to it.

    >>> instance_of("listing-0-7f3d4c1e-0000-4000-8000-000000000000")
    'listing-0'
    """
    return member[: -len(f"-{uuid.UUID(int=0)}")]


def assigned(assignment: bytes) -> Sequence[Source]:
    """Return the partitions in a member's assignment, as the consumer protocol writes them.

    >>> assigned(bytes.fromhex("0001 00000001 0003 6c6f67 00000002 00000000 00000003 00000000"))
    [('log', 0), ('log', 3)]
    """
    found: list[Source] = []
    (topics,) = _INT.unpack_from(assignment, _SHORT.size)
    place = _SHORT.size + _INT.size
    for _ in range(topics):
        (length,) = _SHORT.unpack_from(assignment, place)
        place += _SHORT.size
        topic = assignment[place : place + length].decode()
        place += length
        (count,) = _INT.unpack_from(assignment, place)
        place += _INT.size
        found += [
            (topic, partition)
            for (partition,) in _INT.iter_unpack(assignment[place : place + count * _INT.size])
        ]
        place += count * _INT.size
    return found
