"""The demonstration city: repeatable, lawful, and what it predicts of each record comes true."""

from __future__ import annotations

import hmac
from collections import Counter
from datetime import date
from hashlib import sha256
from typing import Final

import msgspec
import pytest

from creditbus.audit.decide import tally, total
from creditbus.demo.city import NAME_PREFIX, City, Fate, Submitted, organisation
from creditbus.domain.effects.directives import Statement
from creditbus.domain.identifiers.uscc import UNIFIED
from creditbus.domain.ids import SubjectId
from creditbus.domain.subjects import USCC, SubjectKind
from creditbus.engine.values import Arrival, DictState, Slice
from creditbus.intake.decide import build as build_intake
from creditbus.listing.decide import build as build_listing
from creditbus.wire.records import Undecodable
from creditbus.wire.topics import inbox, party_of_inbox
from tests.examples import (
    a_catalogue,
    a_codec,
    a_turn,
    an_arrival,
    decided,
    some_editions,
)

TODAY: Final = date(2026, 11, 23)
KEY: Final = b"attestation"


def attest(raw: bytes) -> bytes:
    return hmac.digest(KEY, raw, "sha256")


def vouched(stated: bytes, raw: bytes) -> bool:
    return stated == attest(raw)


LISTING: Final = build_listing(some_editions())


def statements(count: int = 1500, *, seed: int = 7, run: str = "r1") -> list[Submitted]:
    return City(some_editions(), seed=seed, run=run, today=TODAY).statements(count)


def as_the_gateway_hands_it_on(statement: Submitted) -> Statement:
    """Return the event of a statement; a person's number has become a token."""
    assert statement.event is not None
    if statement.person is None:
        return statement.event
    token = sha256(statement.person.number.encode()).hexdigest()
    envelope = msgspec.structs.replace(
        statement.event.envelope,
        subject_id=SubjectId(f"person:{token}"),
        subject_kind=SubjectKind.NATURAL_PERSON,
        adult_on_decision=True,
    )
    return msgspec.structs.replace(statement.event, envelope=envelope)


class Bus:
    """Intake and listing in memory, and what the topics would tell of each position."""

    def __init__(self) -> None:
        self.received: dict[str, set[str]] = {}
        self.admitted: dict[str, int] = {}
        self.fates: list[tuple[str, str]] = []
        self.log: list[Arrival[Statement]] = []
        self._intake = build_intake(some_editions(), party_of_inbox, vouched)
        self._state = DictState()
        decided(LISTING, self._state, [a_turn(TODAY)])

    def take(self, statement: Submitted) -> Fate:
        """Return what became of a statement."""
        topic = inbox(statement.source)
        offset = len(self.received.setdefault(statement.source, set()))
        origin = f"{topic}/0/{offset}"
        self.received[statement.source].add(origin)
        if statement.event is None:
            with pytest.raises(Undecodable):
                a_codec().decode(statement.raw)
            self.fates.append((origin, "dead"))
            return Fate.DEAD
        event = as_the_gateway_hands_it_on(statement)
        attestation = attest(a_codec().encode(event)) if statement.person is not None else None
        arrival = an_arrival(
            event, topic=topic, offset=offset, headers=(("attestation", attestation),)
        )
        arrived = Slice(topic=topic, partition=0, columns=[arrival])
        (output,) = self._intake(arrived, DictState()).outputs
        if output.stream == "refusals":
            self.fates.append((origin, "refused"))
            return Fate.REFUSED
        self.admitted[origin] = self.admitted.get(origin, 0) + 1
        return self._list(event, origin)

    def _list(self, event: Statement, origin: str) -> Fate:
        for output in decided(LISTING, self._state, [event]):
            if output.stream in {"duplicates", "refusals"}:
                fate = Fate.DUPLICATE if output.stream == "duplicates" else Fate.REFUSED
                self.fates.append((origin, fate))
                return fate
        return Fate.APPLIED


def test_same_seed_says_the_same() -> None:
    assert statements() == statements()


@pytest.mark.parametrize("other", [{"seed": 8}, {"run": "r2"}])
def test_another_seed_or_run_says_something_else(other: dict[str, object]) -> None:
    said = {each.event.envelope.record_id for each in statements() if each.event is not None}
    others = statements(**other)  # type: ignore[arg-type]
    assert others != statements()
    if "run" in other:
        assert not said & {each.event.envelope.record_id for each in others if each.event}


@pytest.mark.parametrize("count", [100, 1500])
def test_every_source_speaks(count: int) -> None:
    said = {statement.source for statement in statements(count)}
    assert said == set(a_catalogue().sources)
    assert len(said) == 62


@pytest.mark.parametrize("seed", [1, 7])
def test_prediction_of_every_record_comes_true(seed: int) -> None:
    bus = Bus()
    said = statements(seed=seed)
    wrong = [
        (number, statement, fate)
        for number, statement in enumerate(said)
        if (fate := bus.take(statement)) is not statement.fate
    ]
    assert wrong == []
    sums = total(tally(bus.received, bus.admitted, bus.fates, set()))
    predicted = Counter(statement.fate for statement in said)
    assert sums.received == len(said)
    assert sums.received == sums.applied + sums.duplicate + sums.refused + sums.dead
    assert (sums.applied, sums.duplicate, sums.refused, sums.dead) == (
        predicted[Fate.APPLIED],
        predicted[Fate.DUPLICATE],
        predicted[Fate.REFUSED],
        predicted[Fate.DEAD],
    )
    assert all(predicted[fate] for fate in Fate)


def test_everything_is_made_up_and_says_so() -> None:
    for statement in statements():
        if statement.event is None:
            continue
        assert statement.event.envelope.synthetic
        name = getattr(statement.event, "subject_name", None)
        assert name is None or name.startswith(NAME_PREFIX)
        code = statement.event.envelope.subject_id.removeprefix(USCC)
        assert code[2:].startswith("3702000000")
        assert code[:2] in {"91", "11"}
        assert statement.person is None or statement.person.number.startswith("SYN-")


def test_record_about_a_person_carries_no_name() -> None:
    persons = [each for each in statements() if each.person is not None]
    assert persons
    assert all(getattr(each.event, "subject_name", None) is None for each in persons)


def test_organisations_are_valid_and_told_apart() -> None:
    made = [organisation(number) for number in (0, 1, 31, 923_520, 923_521, 92_352_099)]
    assert len(set(made)) == len(made)
    assert all(UNIFIED.why_not(subject.removeprefix(USCC)) == "" for subject in made)
