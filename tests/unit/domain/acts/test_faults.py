"""All mistakes of an act are told at once, in their order, each with field, article and advice."""

from __future__ import annotations

from datetime import date
from itertools import combinations
from typing import Final

import msgspec
import pytest

from creditbus.domain.acts.decisions import Procedure
from creditbus.domain.acts.doors import faults_of
from creditbus.domain.acts.events import Act
from creditbus.domain.acts.refusals import ADVICE_ZH, Fault, Reason, Refusal, refuse
from creditbus.domain.law.articles import LISTS, MINORS, NO_CREDIT
from creditbus.domain.law.editions import Editions
from creditbus.engine.values import DictState
from creditbus.listing.decide import build
from tests import acts
from tests.examples import (
    COURT_LIST,
    GRADE_A,
    a_bid_bar,
    a_catalogue,
    a_grade_a,
    a_listing,
    a_removal,
    a_restriction,
    decided,
    some_clocks,
    some_editions,
)
from tests.unit.domain.acts.test_gates import MUTATIONS, strict_catalogue

PENALTY_LAW: Final = "行政处罚法 第三十四条、第四十四条"
POWERS: Final = a_catalogue().powers
CAP: Final = "山东省社会信用条例 第三十八条"

Told = tuple[tuple[Reason, str, str], ...]
"""Reason, field and article of each fault, in their order."""

ROWS: Final[dict[str, tuple[Act, Told]]] = {
    "in order": (a_listing(), ()),
    "no basis, no document, no notice, no rights": (
        a_listing(bases=(), document_number="", notice_served_on=None, rights_stated=False),
        (
            (Reason.BASIS_MISSING, "bases", LISTS),
            (Reason.DOCUMENT_MISSING, "document_number", LISTS),
            (Reason.NOTICE_MISSING, "notice_served_on", PENALTY_LAW),
            (Reason.RIGHTS_NOT_STATED, "rights_stated", PENALTY_LAW),
        ),
    ),
    "a basis that there is not beside one of another list": (
        a_listing(bases=("NO-SUCH-LAW", "TBL-ART53")),
        (
            (Reason.BASIS_UNKNOWN, "bases", LISTS),
            (Reason.BASIS_NOT_OF_LIST, "bases", LISTS),
        ),
    ),
    "another's list, and the term too long": (
        a_bid_bar(source="court", ends_on=date(2035, 1, 1)),
        (
            (Reason.SOURCE_NOT_COMPETENT, "list_id", LISTS),
            (Reason.TERM_TOO_LONG, "ends_on", CAP),
        ),
    ),
    "a list at rest, kept by another, that takes no firm, with no document": (
        a_listing(list_id="BL-DEF-GF", document_number=" "),
        (
            (Reason.LIST_DISABLED, "list_id", LISTS),
            (Reason.SOURCE_NOT_COMPETENT, "list_id", LISTS),
            (Reason.SUBJECT_NOT_ADMITTED, "subject_id", LISTS),
            (Reason.BASIS_NOT_OF_LIST, "bases", LISTS),
            (Reason.DOCUMENT_MISSING, "document_number", LISTS),
            (Reason.PROVISION_UNKNOWN, "provisions", LISTS),
        ),
    ),
    "no such list: nothing more can be asked": (
        a_listing(list_id="BL-NONE", bases=(), document_number=""),
        ((Reason.LIST_UNKNOWN, "list_id", LISTS),),
    ),
    "a minor: nothing more is told": (
        a_restriction(adult_on_decision=False, bases=(), document_number=""),
        ((Reason.SUBJECT_MINOR, "adult_on_decision", MINORS),),
    ),
    "a removal that lacks everything but its record and its keeper": (
        a_removal(bases=(), document_number=""),
        (),
    ),
    "a removal of another": (
        a_removal(source="tender", list_id=COURT_LIST),
        ((Reason.SOURCE_NOT_COMPETENT, "list_id", "法释〔2017〕7号 第十条"),),
    ),
    "a penalty by the simple procedure, of who may not": (
        acts.a_penalty(source="metro", procedure=Procedure.SIMPLE),
        (
            (Reason.SOURCE_NOT_COMPETENT, "source", POWERS["penalty_decided"].article),
            (Reason.OUTSIDE_CATALOGUE, "procedure", NO_CREDIT),
        ),
    ),
    "an application with one document": (
        acts.an_application(documents=()),
        ((Reason.PACKAGE_INCOMPLETE, "documents", "国办发〔2025〕22号"),),
    ),
    "a notice with neither basis nor rights": (
        acts.a_notice(bases=(), rights_stated=False),
        (
            (Reason.BASIS_MISSING, "bases", LISTS),
            (Reason.RIGHTS_NOT_STATED, "rights_stated", PENALTY_LAW),
        ),
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_every_mistake_is_told_at_once(name: str) -> None:
    act, told = ROWS[name]
    found = faults_of(act, some_editions())
    assert tuple((each.reason, each.field, each.article) for each in found) == told
    assert all(each.detail for each in found)


@pytest.mark.parametrize("name", ROWS)
def test_listing_tells_the_same_in_two_languages(name: str) -> None:
    act, told = ROWS[name]
    outputs = decided(build(some_editions(), some_clocks()), DictState(), [act])
    refusals = [each.value for each in outputs if isinstance(each.value, Refusal)]
    assert [
        tuple((each.reason, each.field, each.article) for each in refusal.faults)
        for refusal in refusals
    ] == ([told] if told else [])
    for refusal in refusals:
        first = refusal.faults[0]
        named = (refusal.reason, refusal.field, refusal.article, refusal.detail)
        assert named == (first.reason, first.field, first.article, first.detail)
        for each in refusal.faults:
            of_powers = each.reason is Reason.SOURCE_NOT_COMPETENT and each.field == "source"
            assert each.detail_zh != each.detail
            assert of_powers or each.detail_zh == ADVICE_ZH[each.reason]


ONE_AT_A_TIME: Final = {
    # How long a term may be depends on the provision: of one that is unknown nobody can say it.
    (Reason.PROVISION_UNKNOWN, Reason.TERM_TOO_SHORT),
    (Reason.PROVISION_UNKNOWN, Reason.TERM_TOO_LONG),
    # The decision that is dated before its basis was in force is before the early effect too.
    (Reason.BASIS_NOT_IN_FORCE, Reason.EFFECT_BEFORE_DECISION),
    # The term counts from the effect, which the other mistake has moved to its last day.
    (Reason.EFFECT_BEFORE_DECISION, Reason.TERM_BEFORE_DECISION),
}
"""Where one mistake leaves the other open, or takes it away."""

SEPARATE: Final = [
    (first, second)
    for first, second in combinations(MUTATIONS, 2)
    if not set(MUTATIONS[first]) & set(MUTATIONS[second]) and (first, second) not in ONE_AT_A_TIME
]


@pytest.mark.parametrize(("first", "second"), SEPARATE)
def test_of_two_mistakes_neither_hides_the_other(first: Reason, second: Reason) -> None:
    act = a_listing(**MUTATIONS[first], **MUTATIONS[second])
    found = [each.reason for each in faults_of(act, Editions.of(strict_catalogue()))]
    assert {first, second} <= set(found)
    assert found == sorted(found, key=list(Reason).index)


def test_other_content_at_a_known_revision_is_told_beside_the_mistakes_of_the_act() -> None:
    decide, state = build(some_editions(), some_clocks()), DictState()
    decided(decide, state, [a_listing()])
    spoilt = a_listing(document_number="", list_id=GRADE_A, provisions=(), measures=())
    (output,) = decided(decide, state, [spoilt])
    assert isinstance(output.value, Refusal)
    told = [each.reason for each in output.value.faults]
    assert told == [
        Reason.SOURCE_NOT_COMPETENT,
        Reason.CONTENT_CONFLICT,
        Reason.BASIS_NOT_OF_LIST,
        Reason.DOCUMENT_MISSING,
        Reason.TERM_TOO_LONG,
    ]


def test_other_content_of_a_fact_is_told_last() -> None:
    decide, state = build(some_editions(), some_clocks()), DictState()
    decided(decide, state, [acts.a_penalty()])
    (output,) = decided(decide, state, [acts.a_penalty(document_number="")])
    assert isinstance(output.value, Refusal)
    assert [each.reason for each in output.value.faults] == [
        Reason.DOCUMENT_MISSING,
        Reason.CONTENT_CONFLICT,
    ]


def test_a_refusal_of_an_older_bus_tells_its_one_fault() -> None:
    fault = Fault(Reason.BASIS_MISSING, "bases", LISTS, "name the provision")
    told = refuse(a_listing().envelope, (fault,), "t/0/1")
    old = msgspec.structs.replace(told, faults=())
    assert old.every_fault == told.every_fault == told.faults


@pytest.mark.parametrize("act", [a_restriction(), a_grade_a(), a_bid_bar(), a_removal()])
def test_the_law_is_asked_of_an_act_without_any_state(act: Act) -> None:
    assert faults_of(act, some_editions()) == ()
