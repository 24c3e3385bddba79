"""The copied city is events of the log: readable, each copy new to listing, in lawful order."""

from __future__ import annotations

from collections import Counter

from creditbus.bench import cases
from creditbus.domain.acts.events import EntryListed, EntryRemoved
from creditbus.domain.law.catalogue import Catalogue
from creditbus.wire.records import Codec


def test_copies_are_readable_and_about_other_subjects(catalogue: Catalogue, codec: Codec) -> None:
    size = len(cases.quarter(catalogue, codec))
    identities: Counter[tuple[str, str, int]] = Counter()
    subjects: list[set[str]] = [set(), set()]

    for number, (key, value) in enumerate(cases.events(catalogue, codec, 2 * size)):
        event = codec.decode(value)
        assert isinstance(event, EntryListed | EntryRemoved)
        envelope = event.envelope
        assert key.decode() == envelope.subject_id
        identities[envelope.source, envelope.record_id, envelope.record_revision] += 1
        subjects[number // size].add(envelope.subject_id)

    assert subjects[0].isdisjoint(subjects[1])
    assert len(identities) > size
    assert max(identities.values()) <= 3


def test_copies_are_the_same_every_time(catalogue: Catalogue, codec: Codec) -> None:
    first = list(cases.events(catalogue, codec, 100))

    assert first == list(cases.events(catalogue, codec, 100))
