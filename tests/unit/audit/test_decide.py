"""Audit: what each position became, what is open or became two things, and what bodies owe."""

from __future__ import annotations

from typing import Final

import msgspec
import pytest

from creditbus.audit.decide import Sum, merged, reconcile, tally, total
from creditbus.domain.effects.directives import Action, Directive, Outcome
from creditbus.domain.ids import ObligationId
from tests.examples import SCHEMA_FOLDER, an_acknowledgement

AT: Final = "credit.inbox.court.v1/0/7"


@pytest.mark.parametrize(
    ("admitted", "fates", "undecided", "became"),
    [
        (0, [], False, "open"),
        (1, [], True, "open"),
        (1, [], False, "applied"),
        (1, ["duplicate"], False, "duplicate"),
        (1, ["refused"], False, "refused"),
        (0, ["refused"], False, "refused"),
        (0, ["dead"], False, "dead"),
        (2, [], False, "twice"),
        (2, ["duplicate"], False, "twice"),
        (1, ["duplicate", "duplicate"], False, "twice"),
        (1, ["duplicate", "refused"], False, "twice"),
        (0, ["refused", "dead"], False, "twice"),
        (1, ["dead"], False, "twice"),
        (1, ["buried"], False, "dead"),
        (2, ["buried"], False, "twice"),
    ],
)
def test_position_is_counted_once(
    admitted: int,
    fates: list[str],
    undecided: bool,  # noqa: FBT001 - a case of the table
    became: str,
) -> None:
    (row,) = tally(
        {"court": {AT}},
        {AT: admitted} if admitted else {},
        [(AT, fate) for fate in fates],
        {AT} if undecided else set(),
    )
    names = ("applied", "duplicate", "refused", "dead", "open", "twice")
    counts = {name: getattr(row, name) for name in names}
    assert counts == dict.fromkeys(names, 0) | {became: 1}
    assert row.received == 1
    assert row.adds_up is (became not in {"open", "twice"})


def test_every_party_has_a_row_and_the_total_adds_them() -> None:
    received: dict[str, set[str]] = {"tax": {"t/0/0", "t/0/1"}, "court": {"c/0/0"}, "water": set()}
    rows = tally(
        received, {"t/0/0": 1, "c/0/0": 1}, [("t/0/1", "dead"), ("c/0/0", "refused")], set()
    )
    assert [row.party for row in rows] == ["court", "tax", "water"]
    assert total(rows) == Sum(
        party="total", received=3, applied=1, duplicate=0, refused=1, dead=1, open=0, twice=0
    )
    assert total(rows).adds_up
    assert total([]).received == 0


def test_fate_of_a_position_that_no_inbox_holds_counts_for_nobody() -> None:
    (row,) = tally({"court": {AT}}, {AT: 1}, [("elsewhere/0/0", "dead")], set())
    assert (row.applied, row.dead) == (1, 0)


def directive(number: int, revision: int, action: Action) -> Directive:
    shipped = msgspec.json.decode(
        (SCHEMA_FOLDER / "directive" / "1.json").read_bytes(), type=Directive
    )
    return msgspec.structs.replace(
        shipped, obligation_id=ObligationId(f"{number:032x}"), revision=revision, action=action
    )


def test_only_an_answer_to_the_last_revision_settles_an_obligation() -> None:
    apply, lift = directive(1, 1, Action.APPLY), directive(1, 2, Action.LIFT)
    before = reconcile([apply, lift], [an_acknowledgement(apply)])
    assert (before.obligations, before.lifts, before.owed, before.adds_up) == (1, 1, 1, False)
    after = reconcile([apply, lift], [an_acknowledgement(apply), an_acknowledgement(lift)])
    assert (after.settled, after.owed, after.adds_up) == (1, 0, True)


@pytest.mark.parametrize("outcome", Outcome)
def test_accepted_settles_nothing(outcome: Outcome) -> None:
    owed = directive(1, 1, Action.APPLY)
    found = reconcile([owed], [an_acknowledgement(owed, outcome)])
    assert found.adds_up is (outcome is not Outcome.ACCEPTED)


def test_repeated_directives_and_answers_count_once() -> None:
    applies = [directive(number, 1, Action.APPLY) for number in (1, 2, 1)]
    found = reconcile(applies, [an_acknowledgement(applies[0])] * 2)
    assert (found.obligations, found.applies, found.lifts) == (2, 2, 0)
    assert (found.settled, found.owed) == (1, 1)


@pytest.mark.parametrize(
    ("copies", "fates", "became"),
    [
        ({"a": 1}, [], "applied"),
        ({"a": 1}, ["refused"], "refused"),
        ({"a": 2}, [], "twice"),
        ({"a": 1, "b": 1}, [], "applied"),
        ({"a": 1, "b": 1}, ["refused"], "applied"),
        ({"a": 1, "b": 1}, ["duplicate", "duplicate"], "duplicate"),
        ({"a": 1, "b": 1}, ["duplicate"] * 3, "twice"),
        ({"a": 1, "b": 2}, [], "twice"),
    ],
)
def test_a_removal_that_reaches_several_subjects_is_one_act(
    copies: dict[str, int], fates: list[str], became: str
) -> None:
    elsewhere = ("credit.inbox.court.v1/0/8", "refused")
    renamed, rest = merged({AT: copies}, [elsewhere, *((AT, fate) for fate in fates)])
    assert elsewhere in rest
    (row,) = tally({"court": {AT}}, renamed, rest, set())
    assert getattr(row, became) == 1
