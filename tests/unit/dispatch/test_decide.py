"""Dispatch case by case: what a standing asks of a body, what lifts it, and where that goes."""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec
import pytest

from creditbus.dispatch.decide import BODIES, DIRECTIVES, LIFTS, Ledger, build, instruct
from creditbus.domain.effects.directives import Action, Directive, Lane
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import (
    BodyId,
    EventId,
    MeasureId,
    derive_directive_id,
    derive_obligation_id,
)
from creditbus.domain.law.editions import Edition, Editions
from creditbus.engine.values import DictState, Output
from tests.examples import (
    FIRM,
    PERSON,
    a_bid_bar,
    a_catalogue,
    a_listing,
    a_restriction,
    a_standing,
    decided,
    some_editions,
)

DECIDE: Final = build(some_editions())
BAR: Final = derive_obligation_id(FIRM, MeasureId("A03"), BodyId("tender-platform"))


def nothing_of(standing: Standing, revision: int) -> Standing:
    return msgspec.structs.replace(
        standing, entries=(), revision=revision, caused_by=EventId(f"e{revision}")
    )


def told(*standings: Standing) -> tuple[Ledger, list[list[Directive]]]:
    ledger, directives = Ledger(), []
    for standing in standings:
        ledger, new = instruct(ledger, standing, some_editions())
        directives.append(new)
    return ledger, directives


def applied() -> tuple[Ledger, Directive]:
    ledger, [[directive]] = told(a_standing(a_bid_bar()))
    return ledger, directive


def test_active_entry_asks_its_body_to_apply() -> None:
    ledger, directive = applied()
    assert directive.obligation_id == BAR
    assert (directive.action, directive.body, directive.measure_id) == (
        Action.APPLY,
        "tender-platform",
        "A03",
    )
    assert directive.directive_id == derive_directive_id(BAR, 1, Action.APPLY)
    assert directive.lane is Lane.APPLY
    assert directive.caused_by == "e1"
    assert ledger.obligations[BAR].revision == 1


def test_directive_names_everything_that_burdens_its_subject() -> None:
    _, directive = applied()
    (ground,) = directive.grounds
    assert ground.list_id == "BL-BID-ZT"
    assert ground.bases == ("TBL-ART53",)
    assert ground.provisions == ("53",)
    assert ground.document_number == a_bid_bar().envelope.document_number
    assert directive.bases == a_catalogue().measures[MeasureId("A03")].bases
    assert directive.remedies == (a_catalogue().lists[ground.list_id].remedy_zh,)
    assert directive.ends_at == ground.ends_at
    assert directive.edition == a_catalogue().edition
    assert directive.subject_name == a_bid_bar().subject_name


def test_measure_without_bodies_is_never_pushed() -> None:
    _, directives = told(a_standing(a_listing()))
    assert directives == [[]]


def test_end_of_the_only_ground_lifts() -> None:
    standing = a_standing(a_bid_bar())
    ledger, (_, [lift]) = told(standing, nothing_of(standing, 2))
    assert (lift.action, lift.revision, lift.obligation_id) == (Action.LIFT, 2, BAR)
    assert (lift.grounds, lift.remedies, lift.ends_at) == ((), (), None)
    assert lift.lane is Lane.LIFT
    assert ledger.obligations[BAR].revision == 2


def test_lifting_one_of_two_grounds_lifts_nothing_but_corrects() -> None:
    first = a_bid_bar()
    second = a_bid_bar(
        source="housing", record_id="ZB-2026-002", document_number="青建决〔2026〕2号"
    )
    _, (_, [correction], lifted) = told(
        a_standing(first, second),
        a_standing(second, revision=2),
        nothing_of(a_standing(second), 3),
    )
    assert correction.action is Action.APPLY
    assert [ground.source for ground in correction.grounds] == ["housing"]
    assert correction.is_correction
    assert correction.lane is Lane.LIFT, "what eases a burden never waits behind new burdens"
    assert [each.action for each in lifted] == [Action.LIFT]


def test_measures_of_two_provisions_are_lifted_apart() -> None:
    first = a_bid_bar()
    other = {"record_id": "ZB-2026-002", "document_number": "青招监决〔2026〕2号"}
    second = a_bid_bar(**other, bases=("TBL-ART54",), provisions=("54",))
    _, (both, [lift]) = told(a_standing(first, second), a_standing(first, revision=2))
    assert {each.measure_id for each in both} == {"A03", "A04"}
    assert (lift.measure_id, lift.action) == ("A04", Action.LIFT)


def test_standing_that_asks_for_the_same_says_nothing() -> None:
    ledger, (_, again) = told(a_standing(a_bid_bar()), a_standing(a_bid_bar(), revision=2))
    assert again == []
    assert ledger.revision == 2
    assert ledger.obligations[BAR].revision == 1


@pytest.mark.parametrize("revision", [1, 2])
def test_standing_of_a_seen_or_lower_revision_is_ignored(revision: int) -> None:
    newest = a_standing(a_bid_bar(), revision=2)
    ledger, (_, late) = told(newest, nothing_of(newest, revision))
    assert late == []
    assert ledger.obligations[BAR].action is Action.APPLY


def test_lifted_obligation_is_stated_once_and_applied_anew() -> None:
    standing = a_standing(a_bid_bar())
    _, (_, _, nothing, [anew]) = told(
        standing,
        nothing_of(standing, 2),
        nothing_of(standing, 3),
        a_standing(a_bid_bar(record_revision=3), revision=4),
    )
    assert nothing == []
    assert (anew.action, anew.is_correction, anew.lane) == (Action.APPLY, False, Lane.APPLY)


def test_class_a_measure_on_a_person_waits_for_a_human_and_its_lift_does_not() -> None:
    standing = a_standing(a_restriction())
    _, (applies, lifts) = told(standing, nothing_of(standing, 2))
    assert {(each.measure_id, each.body) for each in applies} == {
        ("A13", "airline"),
        ("A13", "railway"),
        ("A13", "shipping"),
        ("A14", "railway"),
    }
    assert {each.subject_id for each in applies} == {PERSON}
    assert all(each.human_review for each in applies)
    assert [each.action for each in lifts] == [Action.LIFT] * 4
    assert not any(each.human_review for each in lifts)


def test_measure_for_persons_alone_reaches_no_firm() -> None:
    restriction = a_restriction(
        subject_id=FIRM, subject_kind=a_listing().envelope.subject_kind, adult_on_decision=None
    )
    _, directives = told(a_standing(restriction))
    assert directives == [[]]


def test_measure_that_left_the_catalogue_is_still_lifted() -> None:
    ledger, _ = applied()
    catalogue = a_catalogue()
    measures = {
        measure_id: measure
        for measure_id, measure in catalogue.measures.items()
        if measure_id != "A03"
    }
    smaller = msgspec.structs.replace(catalogue, measures=measures)
    _, [lift] = instruct(ledger, a_standing(a_bid_bar(), revision=2), Editions.of(smaller))
    assert (lift.action, lift.measure_id, lift.bases) == (Action.LIFT, "A03", ())


def test_correction_is_stated_anew() -> None:
    ledger, _ = applied()
    longer = a_bid_bar(record_revision=2, document_number="（2026）测2号")
    _, [correction] = instruct(ledger, a_standing(longer, revision=2), some_editions())
    assert correction.is_correction


def streams(outputs: list[Output]) -> list[str]:
    return [output.stream for output in outputs]


def test_a_lift_goes_out_once_more_for_the_express() -> None:
    standing, state = a_standing(a_bid_bar()), DictState()
    assert streams(decided(DECIDE, state, [standing])) == [DIRECTIVES, BODIES]
    lifted = decided(DECIDE, state, [nothing_of(standing, 2)], first=1)
    assert streams(lifted) == [DIRECTIVES, LIFTS, BODIES]
    assert len({id(output.value) for output in lifted}) == 1


@pytest.mark.parametrize("remains", [True, False], ids=["reads no topic", "left the catalogue"])
def test_what_a_body_without_a_topic_owes_is_still_stated(*, remains: bool) -> None:
    catalogue, body = a_catalogue(), BodyId("tender-platform")
    row = msgspec.structs.replace(catalogue.bodies[body], topic=False)
    others = {name: each for name, each in catalogue.bodies.items() if name != body}
    bodies = {**others, body: row} if remains else others
    decide = build(Editions.of(msgspec.structs.replace(catalogue, bodies=bodies)))
    standing = a_standing(a_bid_bar())
    outputs = decided(decide, DictState(), [standing, nothing_of(standing, 2)])
    assert streams(outputs) == [DIRECTIVES, DIRECTIVES, LIFTS]


def test_a_body_that_an_edition_has_dropped_reads_its_lift_where_it_read_the_rest() -> None:
    catalogue, body = a_catalogue(), BodyId("tender-platform")
    bodies = {name: each for name, each in catalogue.bodies.items() if name != body}
    dropped = msgspec.structs.replace(catalogue, bodies=bodies, edition="dropped")
    before = Edition(catalogue=msgspec.structs.replace(catalogue, edition="before"))
    latest = Edition(catalogue=dropped, in_force_from=date(2026, 4, 1), follows="before")
    decide = build(Editions(latest, {"before": before}.get))
    standing = a_standing(a_bid_bar())
    outputs = decided(decide, DictState(), [standing, nothing_of(standing, 2)])
    assert streams(outputs)[-2:] == [LIFTS, BODIES]


def test_slice_sees_what_its_own_beginning_did() -> None:
    standing = a_standing(a_bid_bar())
    outputs = [
        output
        for output in decided(DECIDE, DictState(), [standing, nothing_of(standing, 2), standing])
        if output.stream == DIRECTIVES
    ]
    assert [_action(output) for output in outputs] == [Action.APPLY, Action.LIFT]
    assert [output.origin for output in outputs] == ["credit.events.v1/0/0", "credit.events.v1/0/1"]


def _action(output: Output) -> Action:
    assert isinstance(output.value, Directive)
    return output.value.action
