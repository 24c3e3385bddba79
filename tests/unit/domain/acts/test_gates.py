"""A lawful listing passes every gate; each missing element is refused by its own gate."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache
from itertools import combinations
from typing import Any, Final

import msgspec
import pytest

from creditbus.domain.acts.events import Burden, EntryListed
from creditbus.domain.acts.gates import GATES, Listing, first_fault
from creditbus.domain.acts.refusals import Fault, Reason
from creditbus.domain.ids import BasisId
from creditbus.domain.law.catalogue import Catalogue, Level
from tests.acts import a_notice, a_variation, an_extension
from tests.examples import (
    COURT_LIST,
    DECIDED_ON,
    ENDS_ON,
    PERSON,
    a_bid_bar,
    a_catalogue,
    a_grade_a,
    a_listing,
    a_restriction,
)

Changes = dict[str, Any]

MUTATIONS: Final[dict[Reason, Changes]] = {
    Reason.DATE_MADE_UP: {"act_ended_on": date(1900, 1, 1)},
    Reason.BASIS_MISSING: {"bases": ()},
    Reason.BASIS_UNKNOWN: {"bases": ("SPC-2017-7-ART1", "NO-SUCH-LAW")},
    Reason.BASIS_NOT_OF_LIST: {"bases": ("TBL-ART53",)},
    Reason.BASIS_NOT_IN_FORCE: {
        "bases": ("SPC-2017-7-ART1", "CPL-ART266"),
        "decided_on": date(2023, 12, 31),
        "notice_served_on": date(2023, 12, 1),
        "ends_on": date(2025, 12, 31),
    },
    Reason.BASIS_TOO_LOW: {"bases": ("MEMORANDUM",)},
    Reason.DOCUMENT_MISSING: {"document_number": " "},
    Reason.PROVISION_UNKNOWN: {"provisions": ("3", "7")},
    Reason.MEASURE_UNPUBLISHED: {"measures": ("A03",)},
    Reason.NOTICE_MISSING: {"notice_served_on": None},
    Reason.RIGHTS_NOT_STATED: {"rights_stated": False},
    Reason.CONSENT_MISSING: {"subject_id": PERSON, "adult_on_decision": True},
    Reason.EFFECT_BEFORE_DECISION: {"effective_on": date(2026, 3, 1)},
    Reason.GRACE_TOO_LONG: {"effective_on": date(2026, 6, 1)},
    Reason.TERM_MISSING: {"ends_on": None},
    Reason.TERM_BEFORE_DECISION: {"ends_on": date(2026, 3, 1)},
    Reason.TERM_TOO_SHORT: {"ends_on": date(2028, 2, 29)},
    Reason.TERM_TOO_LONG: {"ends_on": date(2031, 3, 3)},
}
"""What makes the lawful listing fail, one element each."""


@cache
def strict_catalogue() -> Catalogue:
    """The catalogue, with a memorandum among the court list's bases and consent asked of persons.

    No list that ships has either.
    """
    catalogue = a_catalogue()
    law = catalogue.bases[BasisId("SPC-2017-7-ART1")]
    memorandum = msgspec.structs.replace(law, id="MEMORANDUM", level=Level.MEMORANDUM)
    court = catalogue.lists[COURT_LIST]
    strict = msgspec.structs.replace(
        court, bases=(*court.bases, BasisId("MEMORANDUM")), consent_required=True
    )
    return msgspec.structs.replace(
        catalogue,
        bases={**catalogue.bases, BasisId("MEMORANDUM"): memorandum},
        lists={**catalogue.lists, COURT_LIST: strict},
    )


def fault_of(event: Burden) -> Fault | None:
    catalogue = strict_catalogue()
    return first_fault(Listing(event, catalogue.lists[event.list_id], catalogue))


def reason_of(event: Burden) -> Reason | None:
    fault = fault_of(event)
    return fault.reason if fault is not None else None


def test_every_gate_has_its_mutation() -> None:
    assert list(MUTATIONS) == list(GATES)


@pytest.mark.parametrize("lawful", [a_listing, a_bid_bar, a_restriction, a_grade_a])
def test_a_lawful_listing_passes(lawful: Callable[[], EntryListed]) -> None:
    assert reason_of(lawful()) is None


@pytest.mark.parametrize("reason", list(MUTATIONS))
def test_a_missing_element_is_refused_by_the_gate_that_names_it(reason: Reason) -> None:
    assert reason_of(a_listing(**MUTATIONS[reason])) is reason


@pytest.mark.parametrize("reason", list(MUTATIONS))
def test_a_fault_names_field_article_and_what_to_do(reason: Reason) -> None:
    event = a_listing(**MUTATIONS[reason])
    fault = fault_of(event)
    assert fault is not None
    known = {*EntryListed.__struct_fields__, *type(event.envelope).__struct_fields__}
    assert fault.field in known
    assert fault.article
    assert fault.detail


@pytest.mark.parametrize(("first", "second"), list(combinations(MUTATIONS, 2)))
def test_of_two_faults_the_earlier_reason_is_told(first: Reason, second: Reason) -> None:
    if set(MUTATIONS[first]) & set(MUTATIONS[second]):
        event = a_listing(**(MUTATIONS[second] | MUTATIONS[first]))
        assert reason_of(event) is first
        return
    assert reason_of(a_listing(**MUTATIONS[first], **MUTATIONS[second])) is first


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        # Two years and any lawful extension pass; a day more than five years does not.
        ({"ends_on": date(2028, 3, 2)}, None),
        ({"ends_on": date(2031, 3, 2)}, None),
        ({"provisions": ("2", "6"), "ends_on": date(2031, 3, 3)}, Reason.TERM_TOO_LONG),
        # Item 1 has no fixed term, so it runs until performed, or as long as the court states.
        ({"provisions": ("1",), "ends_on": None, "until_performed": True}, None),
        ({"provisions": ("1",), "ends_on": date(2036, 3, 2)}, None),
        ({"provisions": ("1", "3"), "ends_on": None, "until_performed": True}, None),
        # Items 2 to 6 have one, so the list's permission does not reach them.
        ({"ends_on": None, "until_performed": True}, Reason.TERM_MISSING),
        ({"until_performed": True}, Reason.TERM_MISSING),
        # A year that stands for "not known" is no term.
        ({"provisions": ("1",), "ends_on": date(2099, 12, 31)}, Reason.DATE_MADE_UP),
        ({"provisions": ("1",), "ends_on": date(9999, 12, 31)}, Reason.DATE_MADE_UP),
        # The term counts from the decision, which takes effect at most 90 days later.
        ({"effective_on": date(2026, 5, 31), "ends_on": date(2031, 3, 2)}, None),
        ({"effective_on": date(2026, 5, 2), "ends_on": date(2031, 3, 3)}, Reason.TERM_TOO_LONG),
        ({"effective_on": date(2026, 6, 1)}, Reason.GRACE_TOO_LONG),
        ({"effective_on": date(9999, 12, 31)}, Reason.DATE_MADE_UP),
        ({"effective_on": date(2026, 3, 1)}, Reason.EFFECT_BEFORE_DECISION),
        (
            {"effective_on": date(2026, 3, 9), "ends_on": date(2026, 3, 8)},
            Reason.TERM_BEFORE_DECISION,
        ),
        ({"notice_served_on": DECIDED_ON}, None),
        ({"notice_served_on": date(2026, 3, 3)}, Reason.NOTICE_MISSING),
        ({"provisions": ()}, Reason.PROVISION_UNKNOWN),
        # A decision may count its own day; of several items the least holds.
        ({"ends_on": date(2028, 3, 1)}, None),
        ({"ends_on": date(2028, 2, 29)}, Reason.TERM_TOO_SHORT),
        ({"ends_on": DECIDED_ON}, Reason.TERM_TOO_SHORT),
        ({"provisions": ("1", "3"), "ends_on": DECIDED_ON}, None),
    ],
)
def test_court_terms(changes: Changes, reason: Reason | None) -> None:
    assert reason_of(a_listing(**changes)) is reason


@pytest.mark.parametrize(
    ("article", "ends_on", "reason"),
    [
        ("53", date(2027, 3, 1), None),
        ("53", date(2027, 2, 28), Reason.TERM_TOO_SHORT),
        ("60", date(2028, 2, 29), Reason.TERM_TOO_SHORT),
        ("53", date(2028, 3, 2), None),
        ("53", date(2028, 3, 3), Reason.TERM_TOO_LONG),
        ("54", date(2029, 3, 2), None),
        ("54", date(2029, 3, 3), Reason.TERM_TOO_LONG),
        ("60", date(2031, 3, 2), None),
        ("60", date(2031, 3, 3), Reason.TERM_TOO_LONG),
    ],
)
def test_each_article_bars_from_bidding_for_its_years(
    article: str, ends_on: date, reason: Reason | None
) -> None:
    event = a_bid_bar(bases=(f"TBL-ART{article}",), provisions=(article,), ends_on=ends_on)
    assert reason_of(event) is reason


def test_a_term_that_began_on_29_february_ends_on_the_28th() -> None:
    leap = {"decided_on": date(2028, 2, 29), "notice_served_on": date(2028, 2, 1)}
    assert reason_of(a_bid_bar(**leap, ends_on=date(2030, 2, 28))) is None
    assert reason_of(a_bid_bar(**leap, ends_on=date(2030, 3, 1))) is Reason.TERM_TOO_LONG


def test_a_basis_that_is_not_enabled_carries_nothing() -> None:
    catalogue = a_catalogue()
    basis = catalogue.bases[a_listing().envelope.bases[0]]
    off = msgspec.structs.replace(basis, enabled=False, note="not verified")
    without = msgspec.structs.replace(catalogue, bases={**catalogue.bases, basis.id: off})
    fault = first_fault(Listing(a_listing(), catalogue.lists[a_listing().list_id], without))
    assert fault is not None
    assert fault.reason is Reason.BASIS_NOT_IN_FORCE


def test_a_repealed_basis_still_carries_a_decision_of_its_last_day() -> None:
    catalogue = a_catalogue()
    basis = catalogue.bases[a_listing().envelope.bases[0]]
    repealed = msgspec.structs.replace(basis, in_force_to=DECIDED_ON)
    assert repealed.is_in_force(DECIDED_ON)
    assert not repealed.is_in_force(ENDS_ON)


def test_a_memorandum_beside_a_law_is_no_harm() -> None:
    assert reason_of(a_listing(bases=("SPC-2017-7-ART1", "MEMORANDUM"))) is None


@pytest.mark.parametrize("day", [date(2999, 12, 31), date(2099, 12, 31), date(1900, 1, 1)])
@pytest.mark.parametrize("field", ["decided_on", "effective_on", "ends_on", "act_ended_on"])
def test_a_day_that_stands_for_not_known_is_refused(field: str, day: date) -> None:
    assert reason_of(a_listing(**{field: day})) is Reason.DATE_MADE_UP
    assert reason_of(a_notice(lapses_on=day)) is Reason.DATE_MADE_UP


def test_a_notice_names_its_basis_and_states_the_rights() -> None:
    assert reason_of(a_notice()) is None
    assert reason_of(a_notice(rights_stated=False)) is Reason.RIGHTS_NOT_STATED
    assert reason_of(a_notice(bases=())) is Reason.BASIS_MISSING
    assert reason_of(a_notice(measures=("A03",))) is Reason.MEASURE_UNPUBLISHED


def test_every_named_measure_must_be_published_for_the_list() -> None:
    published = tuple(
        measure.id
        for measure in a_catalogue().measures.values()
        if measure.enabled and any(each.list_id == COURT_LIST for each in measure.triggers)
    )
    assert len(published) > 1
    assert reason_of(a_notice(measures=published)) is None
    assert reason_of(a_notice(measures=(*published, "A03"))) is Reason.MEASURE_UNPUBLISHED


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"ends_on": date(2031, 3, 2)}, None),
        ({"ends_on": date(2031, 3, 3)}, Reason.TERM_TOO_LONG),
        ({"ends_on": date(2028, 3, 2)}, Reason.TERM_BEFORE_DECISION),
        ({"document_number": ""}, Reason.DOCUMENT_MISSING),
        ({"bases": ()}, Reason.BASIS_MISSING),
    ],
)
def test_a_court_may_extend_by_one_to_three_years(changes: Changes, reason: Reason | None) -> None:
    assert reason_of(an_extension(**changes)) is reason


def test_a_variation_names_items_of_its_register() -> None:
    assert reason_of(a_variation(provisions=("1", "2"))) is None
    assert reason_of(a_variation(provisions=("10",))) is Reason.PROVISION_UNKNOWN
    assert reason_of(a_variation(provisions=())) is Reason.PROVISION_UNKNOWN
