"""Audit: what each position became, what is open or became two things, and what bodies owe."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import msgspec
import pytest

from creditbus.audit.decide import Sum, merged, reconcile, tally, total
from creditbus.domain.effects.directives import Action, Directive
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.ids import ObligationId
from tests.examples import SCHEMA_FOLDER

AT: Final = "credit.inbox.court.v1/0/7"
WRITTEN_AT: Final = datetime(2026, 5, 11, 2, 30, tzinfo=UTC)


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


def obligation(stated: Directive, *, settled: bool) -> Obligation:
    return Obligation(
        obligation_id=stated.obligation_id,
        directive_id=stated.directive_id,
        body=stated.body,
        measure_id=stated.measure_id,
        action=stated.action,
        lane=stated.lane,
        revision=stated.revision,
        subject_id=stated.subject_id,
        stated_at=WRITTEN_AT,
        settled_at=WRITTEN_AT if settled else None,
    )


def test_only_what_is_settled_at_its_last_revision_is_owed_no_more() -> None:
    apply, lift = directive(1, 1, Action.APPLY), directive(1, 2, Action.LIFT)
    before = reconcile([apply, lift], [obligation(apply, settled=True)])
    assert (before.obligations, before.lifts, before.owed, before.adds_up) == (1, 1, 1, False)
    known = [obligation(apply, settled=True), obligation(lift, settled=False)]
    assert reconcile([apply, lift], known).owed == 1
    after = reconcile([apply, lift], [*known, obligation(lift, settled=True)])
    assert (after.settled, after.owed, after.adds_up) == (1, 0, True)


def test_what_delivery_has_not_taken_in_is_owed() -> None:
    assert reconcile([directive(1, 1, Action.APPLY)], []).owed == 1


def test_repeated_directives_and_records_count_once() -> None:
    applies = [directive(number, 1, Action.APPLY) for number in (1, 2, 1)]
    found = reconcile(applies, [obligation(applies[0], settled=True)] * 2)
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
