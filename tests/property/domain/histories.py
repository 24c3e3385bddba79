"""Histories as chance writes them: every kind of act, about one firm's entries on three lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, Final

from hypothesis import strategies as st

from creditbus.domain.acts.events import RemovalCause
from creditbus.domain.acts.objections import ObjectionResult
from creditbus.domain.acts.references import RecordReference
from creditbus.domain.acts.registrations import Registration
from creditbus.domain.acts.repairs import RepairPlace, RepairStep
from creditbus.domain.acts.revocations import ReorganisationStep
from creditbus.domain.acts.suspensions import Stay
from tests import acts
from tests.examples import (
    BID_LIST,
    DECIDED_ON,
    a_bid_bar,
    a_grade_a,
    a_listing,
    a_removal,
    an_envelope,
)
from tests.property.domain.folding import Said, Step

SPAN: Final = 40
LAST_DAY: Final = DECIDED_ON + timedelta(days=SPAN)
DAYS: Final = st.integers(0, SPAN).map(lambda number: DECIDED_ON + timedelta(days=number))
REVISIONS: Final = st.integers(1, 4)
NUMBERS: Final = st.integers(1, 2)

_LISTINGS: Final[dict[str, Callable[..., Said]]] = {
    "court": a_listing,
    "tender": a_bid_bar,
    "tax": a_grade_a,
}


@st.composite
def own_acts(draw: st.DrawFn) -> Said:
    """Draw an act of a keeper in the record of its entry."""
    source = draw(st.sampled_from(sorted(_LISTINGS)))
    listing = _LISTINGS[source]()
    record = {
        "source": source,
        "record_id": listing.envelope.record_id,
        "list_id": listing.list_id,  # type: ignore[union-attr]
        "record_revision": draw(REVISIONS),
        "decided_on": draw(DAYS),
    }
    begins, ends = sorted([draw(DAYS), draw(DAYS)])
    kinds: dict[str, Callable[[], Said]] = {
        "listing": lambda: _LISTINGS[source](
            **record,
            effective_on=draw(st.sampled_from([None, begins])),
            ends_on=draw(st.sampled_from([ends, ends, None])),
            until_performed=draw(st.booleans()),
            underlying=draw(st.sampled_from([(), ("测0号",)])),
            act_ended_on=draw(st.sampled_from([None, None, date(2021, 3, 20)])),
        ),
        "removal": lambda: a_removal(**record, cause=draw(st.sampled_from(RemovalCause))),
        "notice": lambda: acts.a_notice(**record, lapses_on=draw(st.sampled_from([None, ends]))),
        "extension": lambda: acts.an_extension(**record, ends_on=ends),
        "variation": lambda: acts.a_variation(
            **record,
            subject_id=listing.envelope.subject_id,
            subject_kind=listing.envelope.subject_kind,
            provisions=("4",),
        ),
    }
    weights = ["listing"] * 4 + ["removal"] * 2 + ["notice", "extension", "variation"]
    return kinds[draw(st.sampled_from(weights))]()


@st.composite
def entry_acts(draw: st.DrawFn) -> Said:
    """Draw an act about the court's or the tender office's entry, in a record of its own."""
    is_court = draw(st.booleans())
    about = a_listing() if is_court else a_bid_bar()
    entry = RecordReference(source=about.envelope.source, record_id=about.envelope.record_id)
    shared: dict[str, Any] = {
        "list_id": draw(st.sampled_from([about.list_id, about.list_id, BID_LIST])),
        "entry": entry,
        "source": draw(st.sampled_from(["court", "development"])),
        "record_id": f"own-{draw(NUMBERS)}",
        "record_revision": draw(REVISIONS),
        "decided_on": draw(DAYS),
    }
    first, last = sorted([draw(DAYS), draw(DAYS)])
    filer = RecordReference(source=acts.OFFICE, record_id=f"own-{draw(NUMBERS)}")
    withdrawn = draw(st.sampled_from([False, False, True]))
    kinds: list[Callable[[], Said]] = [
        lambda: acts.a_stay(
            **shared,
            stay=draw(st.sampled_from(Stay)),
            from_on=draw(st.sampled_from([None, first])),
            until_on=draw(st.sampled_from([None, last])),
        ),
        lambda: acts.a_window(
            **(shared | _firm()),
            from_on=first,
            last_on=last,
            provisions=draw(st.sampled_from([(), ("3",)])),
            withdrawn=withdrawn,
        ),
        lambda: acts.a_performance(**shared),
        lambda: acts.an_objection(
            **(shared | {"source": acts.OFFICE}), filed_on=first, withdrawn=withdrawn
        ),
        lambda: acts.an_objection_ruling(
            draw(st.sampled_from(ObjectionResult)), **shared, objection=filer
        ),
        lambda: acts.an_application(
            **(shared | {"source": acts.OFFICE}), applied_on=first, withdrawn=withdrawn
        ),
        lambda: acts.a_repair_ruling(
            draw(st.sampled_from(RepairStep)), **shared, application=filer
        ),
        lambda: acts.a_place_told(
            draw(st.sampled_from(RepairPlace)), **shared, application=filer, told_on=last
        ),
    ]
    return draw(st.sampled_from(kinds))()


@st.composite
def subject_acts(draw: st.DrawFn) -> Said:
    """Draw an act that reaches every entry of the firm."""
    shared = {
        "record_id": f"all-{draw(NUMBERS)}",
        "record_revision": draw(REVISIONS),
        "decided_on": draw(DAYS),
    }
    document = draw(st.sampled_from(["测0号", an_envelope().document_number, "测9号"]))
    kinds: list[Callable[[], Said]] = [
        lambda: acts.a_revocation(
            **shared, revoked_document=document, reinstated=draw(st.booleans())
        ),
        lambda: acts.a_consent_withdrawn(
            **(shared | _firm()), withdrawn_on=draw(DAYS), list_id=None
        ),
        lambda: acts.a_reorganisation(draw(st.sampled_from(ReorganisationStep)), **shared),
        lambda: acts.a_registration(draw(st.sampled_from(Registration)), **shared),
    ]
    return draw(st.sampled_from(kinds))()


def _firm() -> dict[str, Any]:
    envelope = an_envelope()
    return {"subject_id": envelope.subject_id, "subject_kind": envelope.subject_kind}


def _identity(act: Said) -> tuple[str, str, int]:
    envelope = act.envelope
    return envelope.source, envelope.record_id, envelope.record_revision


ACTS: Final = own_acts() | own_acts() | entry_acts() | subject_acts()

HISTORIES: Final = st.lists(ACTS, min_size=1, max_size=14, unique_by=_identity)
"""What was stated of one firm; listing takes each revision of a record once."""


@st.composite
def logs(draw: st.DrawFn, said: Sequence[Said], last: date) -> list[Step]:
    """Draw a log up to a day: any order, any repeats, days turned, skipped and doubled between."""
    repeats = draw(st.lists(st.sampled_from(list(said)), max_size=4)) if said else []
    shuffled: list[Step] = list(draw(st.permutations([*said, *repeats])))
    days = draw(st.lists(DAYS.map(lambda day: min(day, last)), max_size=6))
    for day in sorted(days, reverse=True):
        places = (place for place, step in enumerate(shuffled) if isinstance(step, date))
        shuffled.insert(draw(st.integers(0, next(places, len(shuffled)))), day)
    return [*shuffled, last]
