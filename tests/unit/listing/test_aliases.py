"""Facts about old codes become the register: once, told when refused, and at odds only once."""

from __future__ import annotations

from creditbus.domain.acts.refusals import Duplicate, Reason, Refusal
from creditbus.domain.aliases.claims import AliasClaims, SubjectIdentityConflict
from creditbus.engine.values import DictState
from creditbus.listing.aliases import Settled
from creditbus.listing.app import write
from creditbus.listing.decide import TABLES, build
from creditbus.wire.topics import ALIASES
from tests.examples import (
    FIRM,
    OLD_CODE,
    OTHER_FIRM,
    a_codec,
    a_listing,
    a_mapping,
    decided,
    restored,
    some_editions,
)

DECIDE = build(some_editions())
ROOT = f"org9:{OLD_CODE}"


def test_a_fact_is_entered_once() -> None:
    state = DictState()
    outputs = decided(DECIDE, state, [a_mapping(), a_mapping(event_id="again")])
    assert [output.stream for output in outputs] == ["aliases", "taken", "duplicates"]
    claims, _, repeat = (output.value for output in outputs)
    assert isinstance(claims, AliasClaims)
    assert isinstance(repeat, Duplicate)
    assert claims.root == ROOT
    assert all(output.origin for output in outputs)


def test_older_word_is_refused_and_told() -> None:
    facts = [a_mapping(record_revision=2), a_mapping()]
    *_, output = decided(DECIDE, DictState(), facts)
    assert isinstance(output.value, Refusal)
    assert output.value.reason is Reason.REVISION_SUPERSEDED


def test_a_conflict_is_told_when_it_comes_and_when_it_goes() -> None:
    state = DictState()
    at_odds = a_mapping(record_id="XJM-2", subject_id=OTHER_FIRM)
    outputs = decided(DECIDE, state, [a_mapping(), at_odds])
    assert [output.stream for output in outputs] == [
        *("aliases", "taken"),
        *("aliases", "conflicts", "taken"),
    ]
    conflict = outputs[-2].value
    assert isinstance(conflict, SubjectIdentityConflict)
    assert conflict.candidates == (FIRM, OTHER_FIRM)
    assert conflict.caused_by == at_odds.envelope.event_id
    state = restored(state, TABLES)
    third = a_mapping(record_id="XJM-3")
    assert [output.stream for output in decided(DECIDE, state, [third])] == ["aliases", "taken"]
    mended = a_mapping(record_id="XJM-2", record_revision=2)
    *_, settled, _ = decided(DECIDE, state, [mended])
    assert settled.value == Settled(ROOT)


def test_the_register_lies_beside_its_conflict_under_keys_of_their_own() -> None:
    outputs = decided(
        DECIDE, DictState(), [a_mapping(), a_mapping(record_id="2", subject_id=OTHER_FIRM)]
    )
    outputs = [output for output in outputs if output.stream != "taken"]
    produced = [write(a_codec(), output) for output in outputs[1:]]
    assert [each.topic for each in produced] == [ALIASES, ALIASES]
    assert [each.key for each in produced] == [ROOT.encode(), f"{ROOT}#conflict".encode()]
    assert [a_codec().decode(each.value) for each in produced] == [
        output.value for output in outputs[1:]
    ]


def test_subjects_are_left_alone() -> None:
    state = DictState()
    outputs = decided(DECIDE, state, [a_listing(), a_mapping()])
    assert [output.stream for output in outputs] == ["standings", "aliases", "taken"]
