"""Listing decides each event under the edition of its day, and a replay finds the same law."""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec
import pytest

from creditbus.domain.acts.activations import edition_activated
from creditbus.domain.acts.events import EntryListed
from creditbus.domain.acts.refusals import Reason, Refusal
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import BasisId, ListId
from creditbus.domain.law.editions import Edition, Editions, EditionUnknown
from creditbus.engine.values import DictState, Output
from creditbus.listing.decide import TABLES, build
from tests.examples import a_catalogue, a_listing, a_turn, decided, some_editions, state_hash

LAST: Final = date(2026, 3, 31)
FIRST: Final = date(2026, 4, 1)
OLD, NEW = some_editions().on(LAST), some_editions().latest
ALL: Final = {
    OLD.edition: Edition(catalogue=OLD, in_force_from=date(2025, 7, 1)),
    NEW.edition: Edition(catalogue=NEW, in_force_from=FIRST, follows=OLD.edition),
}


def begun_with(edition: str) -> Editions:
    """Return the succession of a process that began with an edition and may find the others."""
    return Editions(ALL[edition], ALL.get)


def an_operator(decided_on: date, basis: str) -> EntryListed:
    """Return customs' listing of an authorised operator, under one of its two orders."""
    return a_listing(
        source="customs",
        record_id=f"AEO-{decided_on}-{basis}",
        list_id=ListId("RD-CUS-AEO"),
        bases=(BasisId(basis),),
        provisions=(),
        decided_on=decided_on,
        ends_on=None,
        until_performed=True,
    )


def told(outputs: list[Output]) -> list[str]:
    """Return the reasons of refusals, and the editions of standings, in their order."""
    return [
        output.value.reason if isinstance(output.value, Refusal) else output.value.edition
        for output in outputs
        if isinstance(output.value, Refusal | Standing)
    ]


@pytest.mark.parametrize(
    ("decided_on", "basis", "reason"),
    [
        (LAST, "GACC-251", None),
        (LAST, "GACC-282", Reason.BASIS_UNKNOWN),
        (FIRST, "GACC-251", Reason.BASIS_NOT_IN_FORCE),
        (FIRST, "GACC-282", None),
    ],
)
def test_a_decision_falls_under_the_rule_of_its_day(
    decided_on: date, basis: str, reason: Reason | None
) -> None:
    decide, state = build(some_editions()), DictState()
    decided(decide, state, [a_turn(date(2026, 6, 1))])
    outputs = decided(decide, state, [an_operator(decided_on, basis)])
    assert told(outputs) == [reason or NEW.edition]


def test_a_standing_names_the_edition_in_force_when_it_was_settled() -> None:
    decide, state = build(some_editions()), DictState()
    before = decided(decide, state, [a_turn(LAST), an_operator(LAST, "GACC-251")])
    reformed = decided(decide, state, [a_turn(FIRST)])
    after = decided(decide, state, [an_operator(FIRST, "GACC-282")])
    assert told(before) == [OLD.edition]
    assert told(reformed) == [NEW.edition]
    assert told(after) == [NEW.edition]


def test_an_edition_counts_from_its_activation_on() -> None:
    decide, state = build(begun_with(OLD.edition)), DictState()
    early = decided(decide, state, [a_turn(FIRST), an_operator(FIRST, "GACC-282")])
    late = decided(
        decide,
        state,
        [
            edition_activated(ALL[NEW.edition], 0),
            msgspec.structs.replace(an_operator(FIRST, "GACC-282"), rights_stated=True),
        ],
    )
    assert told(early) == [Reason.BASIS_UNKNOWN]
    assert told(late) == [NEW.edition]


def test_a_replay_by_a_younger_process_decides_as_the_first_run_did() -> None:
    log = [
        edition_activated(ALL[OLD.edition], 0),
        a_turn(FIRST),
        an_operator(LAST, "GACC-251"),
        an_operator(FIRST, "GACC-282"),
        edition_activated(ALL[NEW.edition], 0),
        an_operator(FIRST, "GACC-251"),
        edition_activated(ALL[OLD.edition], 0),
        an_operator(date(2026, 4, 2), "GACC-282"),
    ]
    runs = []
    for edition in ALL:
        state = DictState()
        outputs = [
            output
            for place, event in enumerate(log)
            for output in decided(build(begun_with(edition)), state, [event], first=place)
        ]
        runs.append((told(outputs), state_hash(state, TABLES)))
    assert runs[0] == runs[1]
    assert runs[0][0] == [
        OLD.edition,
        Reason.BASIS_UNKNOWN,
        NEW.edition,
        Reason.BASIS_NOT_IN_FORCE,
        NEW.edition,
    ]


def test_an_unknown_edition_stops_the_worker_and_names_its_file() -> None:
    unknown = Edition(catalogue=msgspec.structs.replace(a_catalogue(), edition="f00d"))
    with pytest.raises(EditionUnknown, match=r"f00d\.json.*CREDITBUS_EDITIONS"):
        decided(build(some_editions()), DictState(), [edition_activated(unknown, 0)])
