"""Every readable listing gets an answer, however absurd its dates, and each field decides some."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbus.domain.acts.events import Burden, EntryListed
from creditbus.domain.acts.gates import Listing, first_fault
from creditbus.domain.calendar import months_after
from creditbus.domain.entries.deadlines import delete_by
from creditbus.domain.entries.limits import last_day
from creditbus.domain.ids import BasisId, ListId
from creditbus.domain.law.catalogue import (
    ClockStart,
    ListDefinition,
    Polarity,
    Provision,
    Term,
    Tier,
)
from creditbus.domain.terms.clauses import list_term
from creditbus.domain.terms.spans import runs_until_performed
from tests import acts
from tests.examples import (
    BID_LIST,
    DECIDED_ON,
    a_bid_bar,
    a_catalogue,
    a_dossier,
    a_listing,
    some_clocks,
    standing_on,
)

CATALOGUE: Final = a_catalogue()
"""Read before the first example, which may not take long."""

DATES = st.dates()
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "decided_on": DATES,
        "effective_on": st.none() | DATES,
        "ends_on": st.none() | DATES,
        "notice_served_on": st.none() | DATES,
        "until_performed": st.booleans(),
        "provisions": st.lists(st.sampled_from("12345678"), max_size=3).map(tuple),
        "bases": st.lists(
            st.sampled_from(["SPC-2017-7-ART1", "CPL-ART266", "TBL-ART53", "NONE"]), max_size=3
        ).map(tuple),
    },
)


@given(CHANGES)
def test_the_gates_never_fall_over_a_date(changes: dict[str, Any]) -> None:
    event = a_listing(**changes)
    first_fault(Listing(event, a_catalogue().lists[event.list_id], a_catalogue()))


@given(CHANGES, DATES.filter(lambda day: day.toordinal() > 2))
def test_what_passes_the_gates_becomes_an_entry(changes: dict[str, Any], day: Any) -> None:
    event = a_listing(**changes)
    if first_fault(Listing(event, a_catalogue().lists[event.list_id], a_catalogue())) is None:
        standing_on(a_dossier(event), day)


def decided_by(definition: ListDefinition, act: Burden, *more: Any) -> object:
    """Return what a list's rule makes of acts: a refusal, or how the entry runs, and until when."""
    catalogue = msgspec.structs.replace(
        a_catalogue(), lists={**a_catalogue().lists, act.list_id: definition}
    )
    fault = first_fault(Listing(act, definition, catalogue))
    if fault is not None:
        return fault.reason
    registers = a_dossier(act, *more).entries[0]
    listing = registers.listing
    assert listing is not None
    return (
        last_day(listing, registers.extension, definition),
        list_term(definition, listing).asks_from,
        delete_by(registers, definition, some_clocks()),
        runs_until_performed(definition, listing),
    )


def a_market_listing(**changes: Any) -> EntryListed:
    """Return a listing of the list that counts from publication, three years from that day."""
    own = {
        "source": "market",
        "list_id": ListId("BL-SAMR-YZ"),
        "bases": (BasisId("SAMR-44"),),
        "decided_on": date(2026, 4, 7),
        "effective_on": date(2026, 4, 20),
        "ends_on": date(2029, 4, 20),
        "provisions": ("food",),
        "notice_served_on": date(2026, 3, 9),
    }
    return a_listing(**(own | changes))


AGGRAVATED: Final = a_listing(ends_on=date(2031, 3, 2))
IN_GRACE: Final = a_listing(effective_on=date(2026, 5, 2))
EXTENDED: Final = acts.an_extension(ends_on=date(2031, 3, 2))
OLD: Final = a_bid_bar(act_ended_on=date(2022, 6, 1))
GROUND: Final = Provision(name_zh="x", name_en="x", term=Term(months_max=12))
OF_TIER: Final = Provision(name_zh="x", name_en="x", tier=Tier.MINOR)
ENDLESS: Final = a_listing(provisions=("1",), ends_on=None, until_performed=True)
FIXED: Final = a_listing(provisions=("1",), ends_on=date(2030, 3, 2))

MUTATED: Final[dict[str, tuple[str, Any, Burden, tuple[Any, ...]]]] = {
    "no grace at all": ("grace_days", 0, IN_GRACE, ()),
    "a shorter grace": ("grace_days", 30, IN_GRACE, ()),
    "no publication to count from": ("clock_start", ClockStart.DECISION, a_market_listing(), ()),
    "the notice's day": ("clock_start", ClockStart.NOTICE, a_market_listing(), ()),
    "a longer ground": ("grounds", {"3": GROUND}, a_listing(), ()),
    "a ground's tier": ("grounds", {"3": OF_TIER}, a_listing(tier=None), ()),
    "provisions without a term": ("provisions", {"3": 0}, ENDLESS, ()),
    "a provision of a year": ("provisions", {"3": 1}, a_listing(), ()),
    "a list of a year": ("years_max", 1, a_listing(), ()),
    "a tier of a year": (
        "tiers",
        {Tier.SERIOUS: Term(months_max=12)},
        a_listing(tier=Tier.SERIOUS),
        (),
    ),
    "no extension": ("extension_years", 1, a_listing(), (EXTENDED,)),
    "a shorter cap": ("disclosure_cap_years", 1, AGGRAVATED, ()),
    "a shorter cap of an old act": ("disclosure_cap_years", 4, OLD, ()),
    "no way to ask": ("early_removal_months", None, a_market_listing(), ()),
    "another waiting time": ("early_removal_months", 6, a_market_listing(), ()),
    "no clock": ("performance_timer", "", a_listing(), (acts.a_performance(),)),
    "another clock": ("performance_timer", "COURT-REVIEW", a_listing(), (acts.a_performance(),)),
    "nothing runs until performed": ("until_performed", False, FIXED, ()),
    "an honour has no cap": ("polarity", Polarity.RED, AGGRAVATED, ()),
}
"""A field of a list and what it is made, and the acts that it then decides otherwise."""

# A tier bounds a ground only where the list gives it a term.
_WITH: Final[dict[str, dict[str, Any]]] = {
    "a ground's tier": {"tiers": {Tier.MINOR: Term(months_max=12)}},
    "an honour has no cap": {"disclosure_cap_years": 2},
}


@pytest.mark.parametrize("name", list(MUTATED))
def test_a_field_taken_away_or_made_wrong_decides_otherwise(name: str) -> None:
    field, value, act, more = MUTATED[name]
    shipped = a_catalogue().lists[act.list_id]
    lawful = msgspec.structs.replace(shipped, **_WITH.get(name, {}))
    wrong = msgspec.structs.replace(lawful, **{field: value})
    assert isinstance(decided_by(lawful, act, *more), tuple), "the law lets it pass"
    assert decided_by(lawful, act, *more) != decided_by(wrong, act, *more)


@given(st.integers(1, 48), st.integers(1, 48), st.integers(0, 90))
def test_a_ground_never_allows_a_day_more_than_its_term(
    months: int, stated: int, grace: int
) -> None:
    shipped = CATALOGUE.lists[BID_LIST]
    grounds = {"53": msgspec.structs.replace(GROUND, term=Term(months_max=months))}
    definition = msgspec.structs.replace(shipped, grounds=grounds, grace_days=90)
    most = min(months, 24)
    event = a_bid_bar(
        effective_on=DECIDED_ON + timedelta(days=grace), ends_on=months_after(DECIDED_ON, stated)
    )
    fault = first_fault(Listing(event, definition, CATALOGUE))
    is_over = event.ends_on is not None and event.ends_on < event.envelope.effective_on  # type: ignore[operator]
    if is_over:
        assert fault is not None
    else:
        assert (fault is not None) is (stated > most)
