"""Logs of record as chance writes them: repeats, conflicts, mistakes and days, of two firms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Final

from hypothesis import strategies as st

from creditbus.domain.acts.events import DayTurned, EntryListed, EntryRemoved
from creditbus.engine.values import DictState, Output
from creditbus.listing.decide import TABLES, build
from tests.examples import (
    DECIDED_ON,
    ENDS_ON,
    FIRM,
    OF_OLD,
    OTHER_FIRM,
    a_bid_bar,
    a_grade_a,
    a_listing,
    a_removal,
    a_turn,
    decided,
    restored,
    some_editions,
)

Logged = EntryListed | EntryRemoved | DayTurned

DECIDE: Final = build(some_editions())
LISTINGS: Final[dict[str, Callable[..., EntryListed]]] = {
    "court": a_listing,
    "tender": a_bid_bar,
    "tax": a_grade_a,
}
PROVISIONS: Final = {"court": ["1"], "tender": ["53", "54"], "tax": []}
DAYS: Final = st.integers(0, 20).map(lambda number: DECIDED_ON + timedelta(days=number))


@st.composite
def stated(draw: st.DrawFn) -> EntryListed | EntryRemoved:
    """Draw what a source states; few identities, so that repeats and conflicts are frequent."""
    source = draw(st.sampled_from(sorted(LISTINGS)))
    subject = draw(st.sampled_from([FIRM, OTHER_FIRM]))
    revision = draw(st.integers(1, 3))
    record_id = f"{source}-{subject[-4:]}"
    own = {"subject_id": subject, "record_id": record_id, "record_revision": revision}
    if draw(st.sampled_from([False, False, True])):
        list_id = LISTINGS[source]().list_id
        number = draw(st.sampled_from(["a", "b"]))
        return a_removal(source=source, list_id=list_id, document_number=number, **own)
    begins, ends = sorted([draw(DAYS), draw(DAYS)])
    named = PROVISIONS[source]
    recent = {"effective_on": draw(st.sampled_from([None, begins]))}
    is_old = source == "tender" and draw(st.booleans())
    return LISTINGS[source](
        **(OF_OLD if is_old else recent),
        ends_on=ends if is_old or source != "tender" else ENDS_ON,
        document_number=draw(st.sampled_from(["测1号", "测1号", "测1号", "测2号", ""])),
        provisions=(draw(st.sampled_from(named)),) if named else (),
        **own,
    )


EVENTS: Final = stated() | stated() | stated() | stated() | DAYS.map(a_turn)
LOGS: Final = st.integers(0, 30).flatmap(
    lambda length: st.lists(EVENTS, min_size=length, max_size=length)
)
"""Logs of up to 30 events; one in five is the turn of a day, and some days turn back."""


def cut(log: Sequence[Logged], places: Sequence[int]) -> list[Sequence[Logged]]:
    """Return the log in slices that end at these places."""
    edges = sorted({0, len(log), *(place % (len(log) + 1) for place in places)})
    return [log[start:stop] for start, stop in pairwise(edges)]


def listed(slices: Sequence[Sequence[Logged]], state: DictState) -> tuple[list[Output], DictState]:
    """Return what listing says to these slices, and its state, packed and read again after each."""
    outputs: list[Output] = []
    first = 0
    for each in slices:
        outputs += decided(DECIDE, state, each, first=first)
        state = restored(state, TABLES)
        first += len(each)
    return outputs, state
