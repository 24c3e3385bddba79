"""What the law says of each act, case by case: objections, repairs, stays, lifts, revocations."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations
from typing import Any, Final

import msgspec
import pytest

from creditbus.domain.acts.events import EntryAct, EntryListed, OwnAct, RemovalCause, SubjectAct
from creditbus.domain.acts.objections import ObjectionResult
from creditbus.domain.acts.references import RecordReference
from creditbus.domain.acts.registrations import Registration
from creditbus.domain.acts.repairs import RepairPlace, RepairStep
from creditbus.domain.acts.revocations import ReorganisationStep, RevocationKind
from creditbus.domain.acts.suspensions import Stay
from creditbus.domain.calendar import end_of_day
from creditbus.domain.effects.measures import grounds_of
from creditbus.domain.entries.deadlines import delete_by, performed_on
from creditbus.domain.entries.entry import Deadline, Stage, SuspensionCause
from creditbus.domain.entries.standings import settle
from tests.acts import (
    a_consent_withdrawn,
    a_notice,
    a_performance,
    a_place_told,
    a_registration,
    a_reorganisation,
    a_repair_ruling,
    a_revocation,
    a_stay,
    a_variation,
    a_window,
    an_application,
    an_extension,
    an_objection,
    an_objection_ruling,
)
from tests.examples import (
    DECIDED_ON,
    ENDS_ON,
    PERSON,
    a_bid_bar,
    a_catalogue,
    a_dossier,
    a_grade_a,
    a_listing,
    a_removal,
    a_restriction,
    entry_after,
    some_clocks,
    standing_on,
)

Said = OwnAct | EntryAct | SubjectAct

DAY: Final = timedelta(days=1)
NOON: Final = date(2026, 3, 18)


def test_a_notice_shows_and_lapses_when_no_decision_follows() -> None:
    noticed = entry_after(a_notice(), day=date(2026, 1, 12))
    assert noticed.stage is Stage.NOTICED
    lapsed = entry_after(a_notice(), day=date(2026, 4, 12))
    assert (lapsed.stage, lapsed.removal_cause) == (Stage.REMOVED, RemovalCause.EXPIRED)
    decided = entry_after(a_notice(), a_listing(record_revision=2))
    assert decided.stage is Stage.ACTIVE


def test_an_extension_gives_a_longer_term_and_never_a_shorter() -> None:
    assert entry_after(a_listing(), an_extension()).ends_at == end_of_day(date(2029, 3, 2))
    early = entry_after(an_extension(), a_listing())
    assert early == entry_after(a_listing(), an_extension())
    shorter = entry_after(a_listing(), an_extension(ends_on=date(2027, 3, 2)))
    assert shorter.ends_at == end_of_day(ENDS_ON)


def test_a_variation_states_all_items_that_the_order_still_has() -> None:
    varied = entry_after(a_restriction(), a_variation())
    assert varied.provisions == ("2",)
    assert varied.document_number == a_restriction().envelope.document_number


def test_no_disclosure_passes_five_years_from_the_end_of_the_act() -> None:
    bar = a_bid_bar(
        bases=("TBL-ART60",),
        provisions=("60",),
        ends_on=date(2031, 3, 2),
        act_ended_on=date(2024, 2, 29),
    )
    assert entry_after(bar).ends_at == end_of_day(date(2029, 2, 28))
    assert entry_after(bar, day=date(2029, 3, 1)).removal_cause is RemovalCause.EXPIRED


def test_a_stay_suspends_and_its_end_returns_the_entry() -> None:
    stayed = entry_after(a_listing(), a_stay(), day=NOON)
    assert (stayed.stage, stayed.suspended_by) == (Stage.SUSPENDED, SuspensionCause.STAY)
    ended = entry_after(a_listing(), a_stay(), a_stay(stay=Stay.ENDED, record_revision=2), day=NOON)
    assert (ended.stage, ended.suspended_by) == (Stage.ACTIVE, None)


def test_a_review_that_was_only_asked_for_suspends_nothing() -> None:
    asked = entry_after(a_listing(), a_stay(stay=Stay.REQUESTED), day=NOON)
    assert asked.stage is Stage.ACTIVE


@pytest.mark.parametrize(
    ("day", "stage"),
    [(9, Stage.ACTIVE), (10, Stage.SUSPENDED), (20, Stage.SUSPENDED), (21, Stage.ACTIVE)],
)
def test_a_stay_holds_on_its_own_days(day: int, stage: Stage) -> None:
    stay = a_stay(from_on=date(2026, 3, 10), until_on=date(2026, 3, 20))
    assert entry_after(a_listing(), stay, day=date(2026, 3, day)).stage is stage


def test_of_two_stays_one_is_enough() -> None:
    other = a_stay(record_id="ST-2")
    ended = a_stay(stay=Stay.ENDED, record_revision=2)
    assert entry_after(a_listing(), a_stay(), other, ended, day=NOON).stage is Stage.SUSPENDED


def test_who_keeps_another_list_stays_nothing_here() -> None:
    stray = a_stay(source="tender", list_id="BL-BID-ZT")
    assert entry_after(a_listing(), stray, day=NOON).stage is Stage.ACTIVE


def held(*acts: Said, day: date) -> set[str]:
    """Return the measures that an order of items 1 and 9 asks for on a day."""
    standing = standing_on(a_dossier(*acts), day, subject=PERSON)
    measures = a_catalogue().measures.values()
    return {measure.id for measure in measures if grounds_of(measure, standing)}


@pytest.mark.parametrize(
    ("day", "measures"),
    [(11, {"A13", "A14"}), (12, set()), (21, set()), (22, {"A13", "A14"})],
)
def test_temporary_one_month_lift_takes_a13_off_for_the_window_only(
    day: int, measures: set[str]
) -> None:
    found = held(a_restriction(), a_window(), day=date(2026, 3, day))
    assert found & {"A13", "A14"} == measures


def test_a_window_lifts_only_its_items_and_one_month_at_most() -> None:
    of_trains = a_window(provisions=("9",))
    assert held(a_restriction(), of_trains, day=NOON) & {"A13", "A14"} == {"A13"}
    long = a_window(last_on=date(2026, 12, 31))
    entry = entry_after(a_restriction(), long, day=NOON)
    assert entry.windows[0].ends_at == end_of_day(date(2026, 4, 11))
    assert held(a_restriction(), long, day=date(2026, 4, 12)) >= {"A13", "A14"}


@pytest.mark.parametrize(
    ("day", "lifted"), [(11, ()), (12, ("1", "9")), (21, ("1", "9")), (22, ())]
)
def test_a_reader_opens_and_closes_the_window_itself(day: int, lifted: tuple[str, ...]) -> None:
    published = standing_on(
        a_dossier(a_restriction(), a_window()), date(2026, 3, 11), subject=PERSON
    )
    (entry,) = settle(published, a_catalogue().lists, date(2026, 3, day)).entries
    assert entry.lifted == lifted


def test_a_window_that_was_taken_back_lifts_nothing() -> None:
    back = a_window(record_revision=2, withdrawn=True)
    assert entry_after(a_restriction(), a_window(), back, day=NOON).lifted == ()


def test_an_objection_marks_at_once_and_a_dismissal_takes_the_mark_off() -> None:
    assert entry_after(a_listing(), an_objection()).disputed
    dismissed = an_objection_ruling(ObjectionResult.DISMISSED)
    entry = entry_after(a_listing(), an_objection(), dismissed)
    assert (entry.stage, entry.disputed) == (Stage.ACTIVE, False)
    assert not entry_after(dismissed, an_objection(), a_listing()).disputed


def test_an_objection_that_is_upheld_removes() -> None:
    upheld = an_objection_ruling(ObjectionResult.REMOVED)
    entry = entry_after(a_listing(), an_objection(), upheld)
    assert (entry.stage, entry.removal_cause) == (Stage.REMOVED, RemovalCause.CORRECTED)
    assert entry.removed_on == upheld.envelope.decided_on


def test_a_correction_keeps_the_mark_until_the_entry_is_stated_anew() -> None:
    corrected = an_objection_ruling(ObjectionResult.CORRECTED)
    waiting = entry_after(a_listing(), an_objection(), corrected, day=date(2026, 3, 19))
    assert (waiting.disputed, waiting.overdue) == (True, ())
    late = entry_after(a_listing(), an_objection(), corrected, day=date(2026, 3, 20))
    assert late.overdue == (Deadline.CORRECTION,)
    anew = a_listing(record_revision=2, decided_on=date(2026, 3, 19), provisions=("4",))
    entry = entry_after(a_listing(), an_objection(), corrected, anew, day=date(2026, 3, 20))
    assert (entry.disputed, entry.overdue, entry.provisions) == (False, (), ("4",))


def test_an_objection_may_be_taken_back() -> None:
    back = an_objection(record_revision=2, withdrawn=True)
    assert not entry_after(a_listing(), an_objection(), back).disputed


def test_an_authority_that_misses_its_clock_shows_up_and_the_mark_stays() -> None:
    due = date(2026, 3, 24)
    in_time = entry_after(a_listing(), an_objection(), day=due)
    assert (in_time.disputed, in_time.overdue) == (True, ())
    late = entry_after(a_listing(), an_objection(), day=due + DAY)
    assert (late.disputed, late.overdue) == (True, (Deadline.OBJECTION_DECISION,))
    assert late.stage is Stage.ACTIVE


def test_0113_one_application_one_package_one_decision_three_places() -> None:
    applied: list[Said] = [a_listing(), an_application()]
    assert entry_after(*applied).repair_pending
    accepted = [*applied, a_repair_ruling(RepairStep.ACCEPTED)]
    assert entry_after(*accepted).repair_pending
    granted = [*accepted, a_repair_ruling(RepairStep.GRANTED, record_revision=2)]
    repaired = entry_after(*granted, day=date(2026, 9, 16))
    assert (repaired.stage, repaired.removal_cause) == (Stage.REMOVED, RemovalCause.REPAIRED)
    assert not repaired.repair_pending
    late = date(2026, 9, 30)
    assert entry_after(*granted, day=late).overdue == (Deadline.REPAIR_PROPAGATION,)
    told = [a_place_told(place) for place in RepairPlace]
    assert entry_after(*granted, *told[:2], day=late).overdue == (Deadline.REPAIR_PROPAGATION,)
    assert entry_after(*granted, *told, day=late).overdue == ()


def test_a_repair_that_nobody_decides_is_overdue_and_stays_pending() -> None:
    pending: list[Said] = [a_listing(), an_application()]
    due = date(2026, 9, 20)  # a Sunday, but worked in exchange for the National Day
    assert entry_after(*pending, day=due).overdue == ()
    late = entry_after(*pending, day=due + DAY)
    assert (late.overdue, late.repair_pending) == ((Deadline.REPAIR_DECISION,), True)


@pytest.mark.parametrize("step", [RepairStep.REJECTED, RepairStep.REFUSED])
def test_a_refused_repair_leaves_the_entry_as_it_was(step: RepairStep) -> None:
    refused = entry_after(a_listing(), an_application(), a_repair_ruling(step))
    assert refused == entry_after(a_listing())


def test_a_repair_by_deceit_is_cancelled_and_the_entry_returns_for_its_term() -> None:
    granted = a_repair_ruling(RepairStep.GRANTED)
    cancelled = a_repair_ruling(
        RepairStep.CANCELLED, record_revision=2, decided_on=date(2026, 10, 9)
    )
    entry = entry_after(a_listing(), an_application(), granted, cancelled)
    assert (entry.stage, entry.ends_at) == (Stage.ACTIVE, end_of_day(ENDS_ON))


def test_performance_ends_what_runs_until_performed() -> None:
    endless = a_listing(provisions=("1",), ends_on=None, until_performed=True)
    performed = entry_after(endless, a_performance(decided_on=date(2026, 5, 6)))
    assert (performed.stage, performed.removal_cause) == (Stage.REMOVED, RemovalCause.PERFORMED)
    stated = a_listing(provisions=("1",), ends_on=date(2036, 3, 2))
    ended = entry_after(stated, a_performance(decided_on=date(2026, 5, 6)))
    assert (ended.stage, ended.removed_on) == (Stage.REMOVED, date(2026, 5, 6)), "whatever its end"


def test_performance_of_a_fixed_term_starts_the_courts_clock() -> None:
    performed = a_performance(decided_on=date(2026, 5, 7))
    entry = entry_after(a_listing(), performed, day=date(2026, 5, 8))
    # Thursday; Friday, the worked Saturday of the May holiday, and Monday.
    assert (entry.stage, entry.delete_by) == (Stage.ACTIVE, date(2026, 5, 11))
    sooner = a_performance(record_id="LX-2", decided_on=date(2026, 5, 6))
    assert entry_after(a_listing(), performed, sooner).delete_by == date(2026, 5, 9)
    before = a_performance(decided_on=date(2026, 3, 1))
    assert entry_after(a_listing(), before).delete_by is None, "it was listed after that"
    another = a_performance(source="tender", list_id="BL-BID-ZT")
    assert entry_after(a_listing(), another).delete_by is None, "another list's word"


def test_performance_starts_no_clock_where_the_law_knows_of_none() -> None:
    bar = a_bid_bar()
    about = RecordReference(source=bar.envelope.source, record_id=bar.envelope.record_id)
    performed = a_performance(source="tender", list_id=bar.list_id, entry=about)
    entry = entry_after(bar, performed, day=date(2026, 6, 1))
    assert (entry.stage, entry.delete_by) == (Stage.ACTIVE, None)
    early = a_listing(decided_on=date(2016, 3, 2), ends_on=date(2018, 3, 2))
    then = entry_after(early, a_performance(decided_on=date(2016, 5, 6)), day=date(2016, 5, 7))
    assert then.delete_by is None, "article 10 is of 2017"


def test_a_list_nobody_knows_sets_no_clock_going() -> None:
    registers = a_dossier(a_listing(), a_performance()).entries[0]
    assert delete_by(registers, None, some_clocks()) is None
    waiting = a_dossier(a_performance()).entries[0]
    assert performed_on(waiting) is None


@pytest.mark.parametrize("kind", list(RevocationKind))
def test_a_revoked_document_removes_whatever_rests_on_it(kind: RevocationKind) -> None:
    fallen = a_revocation(kind=kind, revoked_document="测罚1号")
    rests = a_listing(underlying=("测罚1号",))
    assert entry_after(rests, fallen).removal_cause is RemovalCause.REVOKED
    assert entry_after(fallen, rests).removal_cause is RemovalCause.REVOKED
    assert entry_after(a_listing(), fallen).stage is Stage.ACTIVE


@pytest.mark.parametrize(
    "typed", ["测罚〔2026〕1号", "测罚（２０２６） 1号", "测罚[2026]1\u200b号"]
)
def test_a_revoked_document_is_meant_however_it_is_typed(typed: str) -> None:
    fallen = a_revocation(revoked_document=typed)
    beneath = a_listing(underlying=("测罚【2026】1号",))
    own = a_listing(document_number="测罚(2026)1号")
    for rests in (beneath, own):
        assert entry_after(rests, fallen).removal_cause is RemovalCause.REVOKED
        assert entry_after(fallen, rests).removal_cause is RemovalCause.REVOKED


@pytest.mark.parametrize(
    "ruling",
    [an_objection_ruling(ObjectionResult.REMOVED), a_repair_ruling(RepairStep.GRANTED)],
    ids=["upheld", "repaired"],
)
def test_a_later_decision_of_the_record_lists_anew_after_a_ruling(ruling: Any) -> None:
    on_its_day = a_listing(record_revision=2, decided_on=ruling.envelope.decided_on)
    later = a_listing(record_revision=2, decided_on=ruling.envelope.decided_on + timedelta(days=1))
    for said in permutations([a_listing(), ruling, later]):
        assert entry_after(*said).stage is Stage.ACTIVE
    for said in permutations([a_listing(), ruling, on_its_day]):
        assert entry_after(*said).is_removed


def test_a_revocation_is_of_its_issuers_document() -> None:
    number = a_listing().envelope.document_number
    stray = a_revocation(revoked_document=number, issuer="tender")
    assert entry_after(a_listing(), stray).stage is Stage.ACTIVE
    assert entry_after(a_listing(), a_revocation()).removal_cause is RemovalCause.REVOKED


@pytest.mark.parametrize(
    ("source", "issuer", "stage"),
    [
        ("court", "court", Stage.REMOVED),  # the keeper's own
        ("justice", "market", Stage.REMOVED),  # the body above whoever issued it
        ("market", "court", Stage.REMOVED),  # power over the court was asked before it was kept
        ("tobacco", "tobacco", Stage.ACTIVE),  # it calls it its own, which proves nothing
    ],
)
def test_a_document_beneath_falls_by_its_keeper_or_a_body_above_its_issuer(
    source: str, issuer: str, stage: Stage
) -> None:
    fallen = a_revocation(source=source, issuer=issuer, revoked_document="测罚1号")
    assert entry_after(a_listing(underlying=("测罚1号",)), fallen).stage is stage


def test_a_revocation_that_falls_itself_reinstates() -> None:
    again = a_revocation(record_revision=2, reinstated=True)
    assert entry_after(a_listing(), a_revocation(), again).stage is Stage.ACTIVE


def test_penalty_revoked_after_two_years_restores_the_red_entry() -> None:
    bar = a_listing(ends_on=date(2031, 3, 2), underlying=("测罚1号",))
    grade = a_grade_a(decided_on=date(2028, 1, 5), ends_on=date(2029, 1, 4))
    fallen = a_revocation(revoked_document="测罚1号", decided_on=date(2028, 3, 6))
    day = date(2028, 3, 7)
    before = standing_on(a_dossier(bar, grade), day)
    after = standing_on(a_dossier(bar, grade, fallen), day)
    assert {entry.list_id: entry.stage for entry in before.entries} == {
        "BL-COURT-SX": Stage.ACTIVE,
        "RD-TAX-A": Stage.SUSPENDED,
    }
    assert {entry.list_id: entry.stage for entry in after.entries} == {
        "BL-COURT-SX": Stage.REMOVED,
        "RD-TAX-A": Stage.ACTIVE,
    }


def honour(**changes: object) -> EntryListed:
    """A red entry of a natural person, who asked for it."""
    asked = {
        "subject_id": PERSON,
        "adult_on_decision": True,
        "subject_name": None,
        "consent_on": DECIDED_ON,
    }
    return a_grade_a(**(asked | changes))


def test_consent_withdrawn_ends_a_persons_red_entry_everywhere() -> None:
    entry = entry_after(honour(), a_consent_withdrawn())
    assert (entry.stage, entry.removal_cause) == (Stage.REMOVED, RemovalCause.CONSENT_WITHDRAWN)
    early = entry_after(a_consent_withdrawn(), honour())
    assert early == entry


def test_a_later_consent_stands_beside_an_older_withdrawal() -> None:
    anew = honour(record_revision=2, decided_on=date(2026, 5, 4), consent_on=date(2026, 5, 1))
    entry = entry_after(honour(), a_consent_withdrawn(), anew)
    assert entry.stage is Stage.ACTIVE


def test_a_withdrawn_consent_ends_no_black_entry_and_nothing_of_a_firm() -> None:
    order = entry_after(a_restriction(), a_consent_withdrawn(list_id=None))
    assert order.stage is Stage.ACTIVE
    of_firm = a_consent_withdrawn(subject_id=a_grade_a().envelope.subject_id, list_id=None)
    assert entry_after(a_grade_a(), of_firm).stage is Stage.ACTIVE


def test_a_reorganisation_suspends_and_then_removes_what_was_decided_before() -> None:
    approved = a_reorganisation(ReorganisationStep.APPROVED)
    suspended = entry_after(a_listing(), approved)
    assert suspended.suspended_by is SuspensionCause.REORGANISATION
    completed = a_reorganisation(ReorganisationStep.COMPLETED, record_revision=2)
    assert entry_after(a_listing(), approved, completed).removal_cause is RemovalCause.REORGANISED
    failed = a_reorganisation(ReorganisationStep.FAILED, record_revision=2)
    assert entry_after(a_listing(), approved, failed).stage is Stage.ACTIVE
    later = a_listing(decided_on=date(2026, 7, 1))
    assert entry_after(later, approved).stage is Stage.ACTIVE
    assert entry_after(a_grade_a(), approved).stage is Stage.ACTIVE


def test_the_end_of_a_subject_ends_its_open_entries() -> None:
    struck = a_registration(Registration.DEREGISTERED, decided_on=date(2026, 5, 6))
    assert entry_after(a_listing(), struck).removal_cause is RemovalCause.DEREGISTERED
    by_mistake = a_registration(
        Registration.REGISTERED, record_revision=2, decided_on=date(2026, 5, 7)
    )
    assert entry_after(a_listing(), struck, by_mistake).stage is Stage.ACTIVE


def test_acts_about_an_earlier_life_do_not_reach_a_new_listing() -> None:
    removal = a_removal(decided_on=date(2026, 4, 1))
    anew = a_listing(record_revision=3, decided_on=date(2026, 6, 1))
    first_life: list[Said] = [a_listing(), an_objection(), a_stay(), removal]
    assert entry_after(*first_life, anew, day=date(2026, 6, 2)).disputed is False
    assert entry_after(*first_life, anew, day=date(2026, 6, 2)).stage is Stage.ACTIVE
    reversed_order = entry_after(*reversed([*first_life, anew]), day=date(2026, 6, 2))
    assert reversed_order == entry_after(*first_life, anew, day=date(2026, 6, 2))


def test_the_registers_keep_no_words_of_anybody() -> None:
    filed = an_objection(ground="秘密")
    ruling = an_objection_ruling(ObjectionResult.DISMISSED, grounds="秘密")
    packed = msgspec.msgpack.encode(a_dossier(a_listing(), filed, ruling))
    assert "秘密".encode() not in packed
