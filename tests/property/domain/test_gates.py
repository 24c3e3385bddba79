"""Every readable listing gets an answer, however absurd its dates."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from creditbus.domain.acts.gates import Listing, first_fault
from tests.examples import a_catalogue, a_dossier, a_listing, standing_on

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
