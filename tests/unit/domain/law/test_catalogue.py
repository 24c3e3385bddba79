"""The catalogue that ships is whole and says what the law says; what is unverified is off."""

from __future__ import annotations

from itertools import chain
from typing import Final

import pytest

from creditbus.domain.ids import ListId, MeasureId
from creditbus.domain.law.catalogue import (
    Level,
    MeasureClass,
    Polarity,
    Publication,
    Row,
    SourceKind,
    Tier,
)
from creditbus.domain.law.numbers import NUMBERS
from creditbus.domain.law.review import CARRYING
from creditbus.domain.subjects import SubjectKind
from tests.examples import BID_LIST, CONSUMPTION, COURT_LIST, GRADE_A, TAX_LIST, a_catalogue

LISTS: Final = {
    *{"BL-COURT-SX", "RG-COURT-XX", "BL-TAX-ZD", "BL-SAMR-YZ", "BL-HRSS-GZ", "BL-FIN-CG"},
    *{"BL-BID-ZT", "BL-EM-AQ", "BL-STAT-TJ", "BL-CUS-HG", "BL-CULT-WL", "BL-IP-ZS", "BL-DEF-GF"},
    *{"BL-SOC-SB", "BL-GOV-ZW", "BL-SME-ZK", "AB-SAMR-YC", "AB-INST-YC", "AT-CITY-GZ"},
    *{"AT-HRSS-BT", "RD-TAX-A", "RD-CUS-AEO", "RD-CITY-SX", "RD-SAMR-SZ", "RD-VOL-CS"},
    "RD-BUILD-PJ",
}
MEASURES: Final = {
    *(f"A{number:02}" for number in range(1, 34)),
    *(f"B{number:02}" for number in range(1, 12)),
    *("C01", "C02"),
    *(f"I{number:02}" for number in range(1, 22)),
}
"""What a city begins with; whoever adds a list or a measure adds it nowhere else."""

LISTS_OFF: Final = {
    *{"BL-STAT-TJ", "BL-CUS-HG", "BL-CULT-WL", "BL-IP-ZS", "BL-DEF-GF", "BL-SOC-SB", "BL-SME-ZK"},
    *{"AB-INST-YC", "AT-HRSS-BT"},
}
MEASURES_OFF: Final = {
    *{"A02", "A06", "A09", "A20", "A22", "A24", "A26", "A28", "A29", "A30", "A31", "B09", "B10"},
    *{"C01", "C02", "I08", "I09", "I20", "I21"},
    *{f"I{number}" for number in range(10, 20)},
}


def all_rows() -> list[Row]:
    return list(chain.from_iterable(rows.values() for rows in a_catalogue().parts.values()))


def test_every_list_and_measure_of_the_sources_is_there() -> None:
    catalogue = a_catalogue()
    assert set(catalogue.lists) >= LISTS
    assert set(catalogue.measures) >= MEASURES
    assert all(row.measure_class == row.id[0] for row in catalogue.measures.values())
    codes = sorted(row.code for row in catalogue.subscribers.values())
    assert codes == [f"S{number:02}" for number in range(1, 21)]


def test_sixty_two_units_report_and_the_keepers_are_among_them() -> None:
    assert len(a_catalogue().sources) == 62
    assert {"court", "tax", "tender"} <= set(a_catalogue().sources)


def test_every_row_is_named_in_two_languages() -> None:
    unnamed = [row.id for row in all_rows() if not (row.name_zh.strip() and row.name_en.strip())]
    assert unnamed == []


def test_what_nobody_verified_is_off_and_says_why() -> None:
    catalogue = a_catalogue()
    assert {row.id for row in catalogue.lists.values() if not row.enabled} >= LISTS_OFF
    assert {row.id for row in catalogue.measures.values() if not row.enabled} >= MEASURES_OFF
    assert [row.id for row in all_rows() if not row.enabled and not row.note] == []


def test_two_measures_are_excluded_for_good() -> None:
    excluded = [row for row in a_catalogue().measures.values() if row.excluded]
    assert [row.id for row in excluded] == ["A20", "A28"]
    assert all("Excluded" in row.note and not row.triggers for row in excluded)


def test_an_unverified_term_is_marked() -> None:
    assert "unverified" in a_catalogue().lists[TAX_LIST].note


def test_every_list_in_use_can_be_listed_on_and_tells_the_way_out() -> None:
    for definition in a_catalogue().lists.values():
        assert definition.remedy_zh
        assert definition.remedy_en
        if definition.enabled:
            assert definition.keepers
            assert definition.bases
            assert definition.provisions or definition.years_max or definition.until_performed


def test_red_lists_need_no_notice_and_hold_persons_by_their_consent_alone() -> None:
    reds = [row for row in a_catalogue().lists.values() if row.polarity is Polarity.RED]
    assert GRADE_A in {row.id for row in reds}
    assert not any(row.serious or row.notice_required for row in reds)
    honoured = {row.id for row in reds if row.persons}
    assert honoured == {"RD-CITY-SX", "RD-VOL-CS"}
    assert honoured <= {row.id for row in reds if row.consent_required}


def test_what_is_not_black_is_not_serious_and_suspends_no_honour() -> None:
    serious = [row for row in a_catalogue().lists.values() if row.serious]
    assert {row.polarity for row in serious} == {Polarity.BLACK}
    assert not a_catalogue().lists[BID_LIST].serious


def test_attention_reduces_no_right() -> None:
    attention = {
        row.id for row in a_catalogue().lists.values() if row.polarity is Polarity.ATTENTION
    }
    for measure in a_catalogue().measures.values():
        if attention & {trigger.list_id for trigger in measure.triggers}:
            assert measure.measure_class is MeasureClass.B


def test_the_bus_publishes_the_court_list_alone() -> None:
    published = [
        row.id for row in a_catalogue().lists.values() if row.publication is not Publication.NONE
    ]
    assert published == [COURT_LIST]


def test_no_entry_is_disclosed_for_more_than_five_years() -> None:
    for definition in a_catalogue().lists.values():
        assert definition.disclosure_cap_years == 5
        longest = [*definition.provisions.values(), definition.years_max or 0]
        assert max(longest) <= 5


def test_the_court_list_is_two_years_and_three_more() -> None:
    court = a_catalogue().lists[COURT_LIST]
    assert court.extension_years == 3
    assert [court.provisions[name] for name in "123456"] == [0, 5, 5, 5, 5, 5]
    terms = [court.grounds[name].term for name in "23456"]
    assert {(term.months_min, term.months_max) for term in terms if term} == {(24, 60)}


def test_serious_information_is_shown_from_one_to_three_years() -> None:
    tiers = [row.tiers for row in a_catalogue().lists.values() if row.tiers]
    assert tiers
    for each in tiers:
        assert set(each) == {Tier.SERIOUS}
        assert (each[Tier.SERIOUS].months_min, each[Tier.SERIOUS].months_max) == (12, 36)


@pytest.mark.parametrize(
    ("before", "after", "day"),
    [("NDRC-58", "NDRC-36", "2026-04-01"), ("GACC-251", "GACC-282", "2026-04-01")],
)
def test_a_repealed_order_ends_the_day_before_the_next(before: str, after: str, day: str) -> None:
    bases = {str(row.id): row for row in a_catalogue().bases.values()}
    begins, ends = bases[after].in_force_from, bases[before].in_force_to
    assert begins.isoformat() == day
    assert ends is not None
    assert (begins - ends).days == 1


def test_utilities_state_nothing_adverse_and_keep_no_list() -> None:
    catalogue = a_catalogue()
    keepers = {keeper for row in catalogue.lists.values() for keeper in row.keepers}
    utilities = [row for row in catalogue.sources.values() if row.kind is SourceKind.UTILITY]
    assert len(utilities) == 6
    assert not keepers & {row.id for row in utilities}
    assert {row.events for row in utilities} == {("E29",)}


def test_competence_names_kinds_of_event_that_there_are() -> None:
    assert len(NUMBERS) == 46
    for source in a_catalogue().sources.values():
        assert source.events
        assert set(source.events) <= set(NUMBERS)
        assert "E18" not in source.events


@pytest.mark.parametrize(
    ("measure_id", "list_id", "provision", "bodies"),
    [
        ("A03", BID_LIST, "53", ("tender-platform",)),
        ("A04", BID_LIST, "54", ("tender-platform",)),
        ("A05", BID_LIST, "60", ("tender-platform",)),
        ("A13", CONSUMPTION, "1", ("airline", "railway", "shipping")),
        ("A33", "BL-FIN-CG", "78", ("tender-platform",)),
        ("B11", "BL-SAMR-YZ", "food", ()),
        ("A14", CONSUMPTION, "9", ("railway",)),
        ("B07", "BL-SAMR-YZ", "food", ()),
    ],
)
def test_each_measure_hangs_on_its_provision(
    measure_id: str, list_id: str, provision: str, bodies: tuple[str, ...]
) -> None:
    measure = a_catalogue().measures[MeasureId(measure_id)]
    (trigger,) = measure.triggers
    assert (trigger.list_id, trigger.provisions) == (list_id, (provision,))
    assert measure.bodies == bodies


def test_no_measure_hangs_on_a_childs_schooling() -> None:
    assert "7" in a_catalogue().lists[CONSUMPTION].provisions
    hung = {
        provision
        for measure in a_catalogue().measures.values()
        for trigger in measure.triggers
        if trigger.list_id == CONSUMPTION
        for provision in trigger.provisions or ("7",)
    }
    assert hung == {"1", "2", "3", "4", "5", "6", "8", "9"}


def test_a_measure_that_reduces_a_persons_rights_is_advice_to_a_human() -> None:
    for measure in a_catalogue().measures.values():
        if measure.measure_class is MeasureClass.A:
            assert measure.needs_human(SubjectKind.NATURAL_PERSON)
            assert measure.needs_human(SubjectKind.INDIVIDUAL_BUSINESS)
        assert measure.needs_human(SubjectKind.LEGAL_PERSON) is not measure.automatic


def test_every_burden_in_use_names_a_law_that_carries_it() -> None:
    bases = a_catalogue().bases
    for measure in a_catalogue().measures.values():
        if measure.enabled and measure.is_adverse:
            assert any(bases[basis].level in CARRYING for basis in measure.bases), measure.id
            assert measure.executor_zh
            assert measure.executor_en
    assert Level.DEPARTMENT_RULE not in CARRYING
    assert Level.POLICY not in CARRYING


def test_every_item_can_be_asked_about_by_a_subscriber() -> None:
    readers = [row for row in a_catalogue().subscribers.values() if row.enabled]
    purposes = {purpose for row in readers for purpose in row.purposes}
    for item in a_catalogue().items.values():
        assert set(item.purposes) & purposes, item.id
    assert [row.id for row in readers if row.exposures] == ["court-platform"]


def test_every_subscriber_says_what_it_reads_and_why() -> None:
    for row in a_catalogue().subscribers.values():
        assert row.purpose_zh
        assert row.purpose_en
        assert row.bases


def test_each_field_of_market_regulation_is_told_in_words() -> None:
    market = a_catalogue().lists[ListId("BL-SAMR-YZ")]
    assert set(market.grounds) == set(market.provisions)
    assert market.early_removal_months == 12
