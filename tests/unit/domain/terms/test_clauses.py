"""Three tiers, the law of the decision's day, the cap of five years, and lists' own terms."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Final

import msgspec
import pytest

from creditbus.domain.law.catalogue import ClockStart, ListDefinition, Tier
from creditbus.domain.terms.clauses import (
    Decision,
    Disclosure,
    Starts,
    TermClause,
    list_term,
    tier_disclosure,
)
from creditbus.domain.terms.reckonings import StepKind
from creditbus.runtime.law.calendars import load_terms
from tests.examples import BID_LIST, CATALOGUE_FOLDER, a_calendar, a_catalogue

DECISION: Final = ClockStart.DECISION
ACT_END: Final = ClockStart.ACT_END


@cache
def the_terms() -> dict[str, TermClause]:
    return load_terms(CATALOGUE_FOLDER)


def asked(tier: Tier, starts: Starts) -> Disclosure:
    return tier_disclosure(the_terms().values(), tier, starts, a_calendar())


def ends(disclosure: Disclosure) -> tuple[str, str]:
    """Return the last days of the shortest and of the longest, ``-`` for none."""
    shortest, longest = disclosure.shortest, disclosure.longest
    return str(shortest.end) if shortest else "-", str(longest.end) if longest else "-"


@pytest.mark.parametrize(
    ("decided_on", "tier", "shortest", "longest"),
    [
        ("2026-04-01", Tier.MINOR, "-", "2026-07-01"),
        ("2026-04-01", Tier.GENERAL, "2026-07-01", "2027-04-01"),
        ("2026-04-01", Tier.SERIOUS, "2027-04-01", "2029-04-01"),
        ("2028-02-29", Tier.SERIOUS, "2029-02-28", "2031-02-28"),
        # A decision of the last day under order 58 keeps the old law, whenever it is asked.
        ("2026-03-31", Tier.GENERAL, "2026-06-30", "2029-03-31"),
        ("2026-03-31", Tier.SERIOUS, "2027-03-31", "2029-03-31"),
        ("2026-03-31", Tier.MINOR, "-", "-"),
        ("2023-05-01", Tier.GENERAL, "2023-08-01", "2026-05-01"),
        ("2023-04-30", Tier.GENERAL, "-", "-"),
    ],
)
def test_tier_has_the_terms_of_the_law_of_its_day(
    decided_on: str, tier: Tier, shortest: str, longest: str
) -> None:
    disclosure = asked(tier, {DECISION: date.fromisoformat(decided_on)})
    assert ends(disclosure) == (shortest, longest)


@pytest.mark.parametrize(
    ("act_ended_on", "longest", "is_capped"),
    [
        (date(2024, 4, 1), "2029-04-01", False),  # five years to the day: the tier's own end
        (date(2024, 3, 31), "2029-03-31", True),
        (date(2022, 2, 28), "2027-02-28", True),
        (date(2020, 2, 29), "2025-02-28", True),  # the cap was over before the decision
    ],
)
def test_nothing_is_disclosed_longer_than_five_years_from_the_end_of_the_act(
    act_ended_on: date,
    longest: str,
    is_capped: bool,  # noqa: FBT001 - a column of the table
) -> None:
    disclosure = asked(Tier.SERIOUS, {DECISION: date(2026, 4, 1), ACT_END: act_ended_on})
    assert disclosure.longest is not None
    assert ends(disclosure)[1] == longest
    assert (disclosure.longest.steps[-1].kind is StepKind.CAPPED) is is_capped
    assert disclosure.longest.clause.id == "TIER-SERIOUS-MAX"


def test_cap_alone_ends_what_no_tier_ends() -> None:
    starts = {DECISION: date(2021, 6, 1), ACT_END: date(2021, 1, 5)}
    disclosure = asked(Tier.GENERAL, starts)
    assert disclosure.longest is not None
    assert (disclosure.longest.clause.id, disclosure.longest.end) == (
        "CAP-DISCLOSURE",
        date(2026, 1, 5),
    )
    assert disclosure.longest.clause.article == "第三十八条"


def test_terms_of_months_and_years_are_never_provisional() -> None:
    for tier in Tier:
        disclosure = asked(tier, {DECISION: date(2026, 12, 30), ACT_END: date(2026, 12, 1)})
        sides = [side for side in (disclosure.shortest, disclosure.longest) if side is not None]
        assert sides
        assert not any(side.provisional for side in sides)


def a_list(**changes: object) -> ListDefinition:
    return msgspec.structs.replace(a_catalogue().lists[BID_LIST], **changes)


def days_of(definition: ListDefinition, **said: object) -> tuple[str, str, str]:
    """Return the last days of the waiting time, the longest term and the cap, ``-`` for none."""
    decision = msgspec.structs.replace(
        Decision(decided_on=date(2026, 3, 2), starts_on=date(2026, 3, 2)), **said
    )
    term = list_term(definition, decision)
    waiting, longest, cap = (
        str(each.end) if each is not None else "-"
        for each in (term.waiting, term.longest, term.cap)
    )
    return waiting, longest, cap


@pytest.mark.parametrize(
    ("clock_start", "longest"),
    [
        (ClockStart.DECISION, "2028-03-02"),
        (ClockStart.PUBLICATION, "2028-03-31"),
        (ClockStart.ACT_END, "2027-07-01"),
        # Their days are not in what is kept of a listing: the decision's stands for them.
        (ClockStart.NOTICE, "2028-03-02"),
        (ClockStart.PERFORMANCE, "2028-03-02"),
    ],
)
def test_list_counts_its_own_term_from_its_own_clock(clock_start: ClockStart, longest: str) -> None:
    said = {
        "provisions": ("53",),
        "starts_on": date(2026, 3, 31),
        "act_ended_on": date(2025, 7, 1),
    }
    assert days_of(a_list(clock_start=clock_start), **said) == ("-", longest, "2030-07-01")


def test_clause_names_the_documents_of_its_list() -> None:
    decision = Decision(decided_on=date(2026, 3, 2), starts_on=date(2026, 3, 2), provisions=("53",))
    longest = list_term(a_list(), decision).longest
    assert longest is not None
    assert longest.clause.document == ", ".join(a_list().bases)


def test_list_without_a_fixed_term_has_a_cap_where_the_act_has_ended() -> None:
    endless = a_list(provisions={"53": 0}, grounds={}, until_performed=True)
    assert days_of(endless, provisions=("53",)) == ("-", "-", "-")
    ended = days_of(endless, provisions=("53",), act_ended_on=date(2025, 7, 1))
    assert ended == ("-", "-", "2030-07-01")
    assert days_of(endless, until_performed=True) == ("-", "-", "-")


def test_list_has_its_early_removal_reckoned_like_any_term() -> None:
    definition = a_list(early_removal_months=6)
    decision = Decision(decided_on=date(2026, 8, 31), starts_on=date(2026, 8, 31))
    term = list_term(definition, decision)
    assert term.waiting is not None
    assert (term.waiting.end, term.asks_from) == (date(2027, 2, 28), date(2027, 3, 1))
    assert list_term(a_list(), decision).asks_from is None


def test_list_that_nobody_knows_has_the_cap_alone() -> None:
    decision = Decision(decided_on=date(2026, 3, 2), starts_on=date(2026, 3, 2))
    term = list_term(None, decision)
    assert (term.waiting, term.longest) == (None, None)
    assert term.cap is not None
    assert term.cap.end == date(2031, 3, 2)


def test_clause_that_is_off_binds_nobody() -> None:
    off = [msgspec.structs.replace(each, enabled=False) for each in the_terms().values()]
    starts = {DECISION: date(2026, 4, 1), ACT_END: date(2026, 1, 1)}
    assert ends(tier_disclosure(off, Tier.SERIOUS, starts, a_calendar())) == ("-", "-")
