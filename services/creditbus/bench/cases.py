"""Cases: listing's own events by the million: the demonstration city, copied with other subjects.

One quarter of the city is made and encoded as the bus would; every copy of it replaces, in the
bytes, what has a fixed length: the subject, and the beginnings of record id and event id. So each
copy is new to the job, and a million cost seconds instead of minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from typing import Final

import msgspec

from creditbus.bench.supply import Headers, producer_of, put
from creditbus.demo.city import City, Fate, Submitted, organisation
from creditbus.domain.acts.events import EntryListed, EntryRemoved, Envelope
from creditbus.domain.ids import SubjectId
from creditbus.domain.law.catalogue import Catalogue
from creditbus.domain.subjects import PERSON, SubjectKind
from creditbus.stack.principals import ClientConfig
from creditbus.wire.headers import ORIGIN
from creditbus.wire.records import Codec

SEED: Final = 7
QUARTER: Final = 4000
TODAY: Final = date(2026, 6, 1)
_RUN: Final = "quarter0"
_EVENT_CHARACTERS: Final = 8
_ORIGIN: Final[Headers] = [(ORIGIN, b"credit.inbox.court.v1/0/1")]


class Pattern(msgspec.Struct, frozen=True):
    """One event's bytes, cut at what a copy replaces; ``life`` is the entry that it is about."""

    life: int
    is_person: bool
    parts: tuple[bytes, bytes, bytes, bytes]
    """Before the event id's beginning, the record id's, the subject, and the rest."""


def events(catalogue: Catalogue, codec: Codec, count: int) -> Iterator[tuple[bytes, bytes]]:
    """Give keys and values of so many events of the log, each subject's in their order."""
    patterns = quarter(catalogue, codec)
    lives = max(pattern.life for pattern in patterns) + 1
    for number in range(count):
        copy, place = divmod(number, len(patterns))
        pattern = patterns[place]
        subject = _subject(copy * lives + pattern.life, is_person=pattern.is_person)
        before, between, behind, rest = pattern.parts
        mark = b"%08x" % copy
        yield subject, b"".join((before, mark, between, mark, behind, subject, rest))


def supply(client: ClientConfig, topic: str, given: Iterator[tuple[bytes, bytes]]) -> None:
    """Write events to a topic as intake writes them."""
    producer = producer_of(client, 20)
    for key, value in given:
        put(producer, topic, key, value, headers=_ORIGIN)
    assert producer.flush(120) == 0, "the broker did not take every event"


def quarter(catalogue: Catalogue, codec: Codec) -> list[Pattern]:
    """Return the patterns of one quarter of the city: what intake would let through."""
    city = City(catalogue, seed=SEED, run=_RUN, today=TODAY)
    lives: dict[str, int] = {}
    patterns = []
    for statement in city.statements(QUARTER):
        event = _admitted(statement)
        if event is not None:
            life = lives.setdefault(event.envelope.record_id, len(lives))
            patterns.append(_pattern(event, codec.encode(event), life))
    return patterns


def _admitted(statement: Submitted) -> EntryListed | EntryRemoved | None:
    event = statement.event
    if not isinstance(event, EntryListed | EntryRemoved):
        return None  # other acts name the record that listed, which a pattern would have to follow
    if statement.fate is Fate.REFUSED and not event.envelope.bases:
        return None
    if statement.person is None:
        return event
    token = SubjectId(PERSON + sha256(event.envelope.record_id.encode()).hexdigest())
    envelope = msgspec.structs.replace(
        event.envelope,
        subject_id=token,
        subject_kind=SubjectKind.NATURAL_PERSON,
        adult_on_decision=True,
    )
    return msgspec.structs.replace(event, envelope=envelope)


def _pattern(event: EntryListed | EntryRemoved, value: bytes, life: int) -> Pattern:
    envelope: Envelope = event.envelope
    event_at = value.index(envelope.event_id.encode())
    record_at = value.index(envelope.record_id.encode(), event_at)
    subject_at = value.index(envelope.subject_id.encode(), record_at)
    parts = (
        value[:event_at],
        value[event_at + _EVENT_CHARACTERS : record_at],
        value[record_at + len(_RUN) : subject_at],
        value[subject_at + len(envelope.subject_id) :],
    )
    is_person = envelope.subject_kind is SubjectKind.NATURAL_PERSON
    return Pattern(life, is_person, parts)


def _subject(number: int, *, is_person: bool) -> bytes:
    if is_person:
        return PERSON.encode() + sha256(b"%d" % number).hexdigest().encode()
    return organisation(number).encode()
