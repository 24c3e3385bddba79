"""Who can be on a list, a row a scenario: the kinds of subject, and persons for a unit's sake.

A row has the listing, what is wrong with it (the field, none where it is lawful) and the article.
Each rule is a field of the catalogue: the last tests take it away, and what it decided changes.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import msgspec
import pytest

from creditbus.demo.city import organisation
from creditbus.domain.acts.doors import faults_of
from creditbus.domain.acts.events import EntryListed
from creditbus.domain.acts.refusals import Fault, Reason, Refusal
from creditbus.domain.ids import BasisId, ListId, SubjectId
from creditbus.domain.law.articles import LISTS
from creditbus.domain.law.editions import Editions
from creditbus.domain.subjects import kind_of
from creditbus.engine.values import DictState
from creditbus.listing.decide import build
from tests import acts
from tests.examples import (
    COURT_LIST,
    FIRM,
    INDIVIDUAL_BUSINESS,
    PERSON,
    TAX_LIST,
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

DAY: Final = date(2026, 5, 8)
BODY: Final = organisation(7, "11")
SCHOOL: Final = organisation(7, "12")
SOCIETY: Final = organisation(7, "51")
GOVERNMENT: Final = ListId("BL-GOV-ZW")
WAGES: Final = ListId("BL-HRSS-GZ")
ABNORMAL: Final = ListId("AB-SAMR-YC")
ON: Final[dict[ListId, dict[str, Any]]] = {
    COURT_LIST: {},
    GOVERNMENT: {"bases": ("SD-CREDIT-ART48",), "provisions": (), "source": "development"},
    WAGES: {"bases": ("WAGE-ART48",), "provisions": (), "source": "labour"},
    ABNORMAL: {"source": "market", "until_performed": True, "ends_on": None},
    TAX_LIST: {"source": "tax", "bases": ("STA-54-ART6",), "provisions": ()},
}

UNIT_DEBT: Final = "法发〔2019〕35号"
WAGE_LAW: Final = "保障农民工工资支付条例 第四十八条"


def listed(subject: SubjectId, list_id: ListId, **changes: Any) -> EntryListed:
    """Return a lawful listing of a subject on a list, decided under the newest edition."""
    definition = a_catalogue().lists[list_id]
    bases = tuple(each for each in definition.bases if a_catalogue().bases[BasisId(each)].enabled)
    own: dict[str, Any] = {
        "bases": bases[:1],
        "provisions": tuple(sorted(definition.provisions))[:1],
        "ends_on": date(2027, 5, 8),
        **ON[list_id],
    }
    if definition.until_performed and not definition.provisions:
        own |= {"ends_on": None, "until_performed": True}
    return a_listing(
        **{
            "subject_id": subject,
            "subject_kind": kind_of(subject),
            "subject_name": None,
            "list_id": list_id,
            "decided_on": DAY,
            "notice_served_on": DAY,
            "adult_on_decision": True if subject == PERSON else None,
            **own,
            **changes,
        }
    )


ROWS: Final[dict[str, tuple[EntryListed, str, str]]] = {
    "a government body that breaks its word": (listed(BODY, GOVERNMENT), "", ""),
    "a firm among the government bodies": (listed(FIRM, GOVERNMENT), "subject_id", LISTS),
    "a school among the government bodies": (listed(SCHOOL, GOVERNMENT), "subject_id", LISTS),
    "a society among the government bodies": (listed(SOCIETY, GOVERNMENT), "subject_id", LISTS),
    "a person among the government bodies": (listed(PERSON, GOVERNMENT), "subject_id", LISTS),
    "a firm that left its address": (listed(FIRM, ABNORMAL), "", ""),
    "a government body among the abnormal enterprises": (
        listed(BODY, ABNORMAL),
        "subject_id",
        LISTS,
    ),
    "a society among the abnormal enterprises": (listed(SOCIETY, ABNORMAL), "subject_id", LISTS),
    "a firm that does not perform a judgment": (listed(FIRM, COURT_LIST), "", ""),
    "a government body that does not perform a judgment": (listed(BODY, COURT_LIST), "", ""),
    "a person for a debt of its own": (listed(PERSON, COURT_LIST), "", ""),
    "a legal representative for the firm's debt": (
        listed(PERSON, COURT_LIST, unit=FIRM),
        "unit",
        UNIT_DEBT,
    ),
    "an individual business for its debt": (listed(INDIVIDUAL_BUSINESS, COURT_LIST), "", ""),
    "the firm that does not pay its workers": (listed(FIRM, WAGES), "", ""),
    "who is responsible for unpaid wages, beside the firm": (
        listed(PERSON, WAGES, unit=FIRM),
        "",
        "",
    ),
    "who is responsible for unpaid wages, without the firm": (
        listed(PERSON, WAGES),
        "unit",
        WAGE_LAW,
    ),
    "who is responsible for unpaid wages, beside a person": (
        listed(PERSON, WAGES, unit=PERSON),
        "unit",
        WAGE_LAW,
    ),
    "who is responsible for unpaid wages, beside a code that is none": (
        listed(PERSON, WAGES, unit=SubjectId("uscc:913702000000000A2G")),
        "unit",
        WAGE_LAW,
    ),
    "a tax debtor beside a firm: the rule says nothing of it": (
        listed(PERSON, TAX_LIST, unit=FIRM),
        "",
        "",
    ),
    "a restriction order on a representative": (
        a_restriction(unit=FIRM),
        "",
        "",
    ),
}


def faults(act: EntryListed) -> tuple[Fault, ...]:
    return faults_of(act, some_editions())


@pytest.mark.parametrize("name", ROWS)
def test_who_can_be_on_which_list(name: str) -> None:
    act, field, article = ROWS[name]
    found = [(each.reason, each.field, each.article) for each in faults(act)]
    assert found == ([(Reason.SUBJECT_NOT_ADMITTED, field, article)] if field else [])


@pytest.mark.parametrize("name", ROWS)
def test_listing_says_the_same(name: str) -> None:
    act, field, _ = ROWS[name]
    state = DictState()
    outputs = decided(build(some_editions(), some_clocks()), state, [act])
    refusals = [each.value for each in outputs if isinstance(each.value, Refusal)]
    assert bool(refusals) == bool(field)
    for refusal in refusals:
        assert all(each.detail_zh and each.detail for each in refusal.faults)
        assert not any(state.rows.values()), "nothing of it is kept"


def test_a_person_who_can_not_be_on_a_list_is_taken_off_all_the_same() -> None:
    removal = a_removal(subject_id=PERSON, list_id=WAGES, source="labour", decided_on=DAY)
    assert faults_of(removal, some_editions()) == ()


def test_a_notice_has_no_field_for_the_unit_and_is_not_asked() -> None:
    notice = acts.a_notice(
        subject_id=PERSON,
        adult_on_decision=True,
        list_id=WAGES,
        source="labour",
        bases=("WAGE-ART48",),
        provisions=(),
        measures=(),
        decided_on=DAY,
    )
    assert faults_of(notice, some_editions()) == ()


@pytest.mark.parametrize(
    ("name", "field", "other"),
    [
        ("a firm among the government bodies", "classes", ()),
        ("a government body among the abnormal enterprises", "classes", ("11",)),
        ("a legal representative for the firm's debt", "for_unit", None),
        ("who is responsible for unpaid wages, without the firm", "for_unit", None),
    ],
)
def test_the_catalogue_decides_it(name: str, field: str, other: object) -> None:
    act, _, _ = ROWS[name]
    catalogue = a_catalogue()
    row = msgspec.structs.replace(catalogue.lists[act.list_id], **{field: other})
    changed = msgspec.structs.replace(catalogue, lists={**catalogue.lists, act.list_id: row})
    assert faults_of(act, Editions.of(catalogue))
    assert faults_of(act, Editions.of(changed)) == ()


@pytest.mark.parametrize("lawful", [a_bid_bar(), a_grade_a(), a_restriction()])
def test_lists_that_say_nothing_of_classes_admit_as_before(lawful: EntryListed) -> None:
    assert faults(lawful) == ()
