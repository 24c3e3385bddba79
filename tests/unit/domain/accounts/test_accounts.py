"""An account tells of each entry and measure the act, document, law, gates, term, marks and end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any, Final

import msgspec
import pytest

from creditbus.domain.accounts.account import Account, MarkKind
from creditbus.domain.accounts.assembly import DOOR, Known, account_of
from creditbus.domain.accounts.deeds import Deeds
from creditbus.domain.accounts.messages import MESSAGES
from creditbus.domain.accounts.words import told
from creditbus.domain.acts.events import RemovalCause
from creditbus.domain.acts.gates import GATES
from creditbus.domain.acts.kinds import KINDS
from creditbus.domain.acts.objections import ObjectionResult
from creditbus.domain.acts.registrations import Registration
from creditbus.domain.acts.repairs import RepairPlace, RepairStep
from creditbus.domain.acts.revocations import ReorganisationStep
from creditbus.domain.acts.suspensions import Stay
from creditbus.domain.calendar import days_after
from creditbus.domain.entries.entry import Deadline, Stage
from creditbus.domain.law.catalogue import Level, MeasureClass
from creditbus.domain.subjects import SubjectKind
from creditbus.domain.terms.words import Language
from tests import acts
from tests.examples import (
    CONSUMPTION,
    DECIDED_ON,
    FIRM,
    PERSON,
    a_bid_bar,
    a_catalogue,
    a_dossier,
    a_grade_a,
    a_listing,
    a_removal,
    a_restriction,
    some_clocks,
    some_editions,
)
from tests.explained import HISTORIES, Told

DAY: Final = date(2026, 3, 20)
FIELDS: Final = re.compile(r"{(\w+)}")
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
COURT, TAX, BID, OBJECTION, TRAVEL = HISTORIES


def explained(*said: Any, day: date = DAY) -> Account:
    subject = said[0].envelope.subject_id
    known = Known(subject_id=subject, dossier=a_dossier(*said), acts=said)
    return account_of(known, some_editions(), day, some_clocks())


def test_entry_names_its_act_document_basis_gates_and_remedy() -> None:
    listing = a_listing()
    (entry,) = explained(listing).entries
    assert entry.done_by is not None
    assert entry.done_by.event_id == listing.envelope.event_id
    assert entry.document_number == listing.envelope.document_number
    assert [(basis.id, basis.article) for basis in entry.bases] == [("SPC-2017-7-ART1", "第一条")]
    assert [each.gate for each in entry.passages] == [DOOR, *GATES]
    assert all(each.passed and each.article for each in entry.passages)
    assert entry.remedy_zh.startswith("履行义务")


def test_term_is_counted_and_the_earliest_day_ends_it() -> None:
    (entry,) = explained(a_bid_bar(act_ended_on=date(2022, 6, 1))).entries
    course = entry.course
    assert course is not None
    assert course.longest is not None
    assert course.cap is not None
    assert (course.stated_on, course.longest.end) == (date(2028, 3, 2), date(2028, 3, 2))
    assert course.cap.end == course.last_on == date(2027, 6, 1)
    assert "last day 2027-06-01 (Tue), over at" in "\n".join(
        told(explained(a_bid_bar(act_ended_on=date(2022, 6, 1))), "en")
    )


def test_marks_name_the_record_that_they_come_from() -> None:
    stayed = explained(a_listing(), acts.an_objection(), acts.a_stay())
    (entry,) = stayed.entries
    assert entry.stage is Stage.SUSPENDED
    found = [(mark.kind, mark.about) for mark in entry.marks]
    assert found == [(MarkKind.DISPUTED, "development YY-1"), (MarkKind.STAY, "court ST-1")]
    assert stayed.measures == ()


def test_performance_says_until_when_the_court_must_delete() -> None:
    performed = acts.a_performance(decided_on=date(2026, 5, 7))
    (entry,) = explained(a_listing(), performed, day=date(2026, 5, 11)).entries
    (mark,) = entry.marks
    assert (mark.kind, mark.from_on, mark.until_on) == (
        MarkKind.PERFORMED,
        date(2026, 5, 7),
        date(2026, 5, 11),
    )
    late = explained(a_listing(), performed, day=date(2026, 5, 12))
    assert [(each.kind, each.items) for each in late.entries[0].marks][1:] == [
        (MarkKind.OVERDUE, ("DELETION",))
    ]
    text = "\n".join(told(late, "en"))
    assert "performed on 2026-05-07: the keeper must take it off by 2026-05-11" in text
    assert "taking it off" in text


def test_red_entry_says_what_suspends_it() -> None:
    account = explained(a_listing(), a_grade_a())
    red = next(each for each in account.entries if each.on_list.id == "RD-TAX-A")
    assert [mark.kind for mark in red.marks] == [MarkKind.SERIOUS_ENTRY]
    assert red.marks[0].about == f"BL-COURT-SX {a_listing().envelope.document_number}"
    assert "suspended while a serious entry is active" in "\n".join(told(account, "en"))


def test_reorganisation_that_suspends_is_named() -> None:
    approved = acts.a_reorganisation(ReorganisationStep.APPROVED)
    (entry,) = explained(a_listing(), approved, day=date(2026, 6, 2)).entries
    marks = [(mark.kind, mark.about, mark.from_on) for mark in entry.marks]
    assert marks == [(MarkKind.REORGANISATION, "court PC-1", date(2026, 6, 1))]


@pytest.mark.parametrize(
    ("ending", "cause"),
    [
        (a_removal(decided_on=DAY), RemovalCause.PERFORMED),
        (a_removal(decided_on=DAY, cause=RemovalCause.EXPIRED), RemovalCause.WITHDRAWN),
        (acts.a_revocation(decided_on=DAY), RemovalCause.REVOKED),
        (
            acts.an_objection_ruling(ObjectionResult.REMOVED, decided_on=DAY),
            RemovalCause.CORRECTED,
        ),
        (acts.a_repair_ruling(RepairStep.GRANTED, decided_on=DAY), RemovalCause.REPAIRED),
        (
            acts.a_reorganisation(ReorganisationStep.COMPLETED, decided_on=DAY),
            RemovalCause.REORGANISED,
        ),
        (
            acts.a_registration(Registration.DEREGISTERED, decided_on=DAY),
            RemovalCause.DEREGISTERED,
        ),
    ],
)
def test_removed_entry_names_its_cause_day_and_act(ending: Any, cause: RemovalCause) -> None:
    account = explained(a_listing(), ending)
    (entry,) = account.entries
    assert (entry.removal_cause, entry.removed_on) == (cause, DAY)
    assert entry.ended_by is not None
    assert entry.ended_by.event_id == ending.envelope.event_id
    assert (account.measures, entry.provisions) == ((), ())


def test_expired_entry_was_ended_by_nobody() -> None:
    account = BID.account(date(2028, 3, 3))
    (entry,) = account.entries
    assert (entry.removal_cause, entry.ended_by) == (RemovalCause.EXPIRED, None)
    assert any("nobody had to decide" in line for line in told(account, "en"))


def test_a_lapsed_notice_was_ended_by_nobody_whatever_its_keeper_calls_expired() -> None:
    removal = a_removal(record_revision=1, decided_on=DAY, cause=RemovalCause.EXPIRED)
    notice = acts.a_notice(record_revision=2, decided_on=DAY, lapses_on=DAY)
    (entry,) = explained(removal, notice, day=days_after(DAY, 1)).entries
    assert (entry.removal_cause, entry.ended_by) == (RemovalCause.EXPIRED, None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_subject_with_nothing_is_told_so(language: Language) -> None:
    account = account_of(Known(subject_id=FIRM), some_editions(), DAY)
    assert told(account, language)[-1] == MESSAGES["nothing"][LANGUAGES.index(language)]


def test_act_that_is_not_at_hand_is_said_to_be_missing() -> None:
    known = Known(subject_id=FIRM, dossier=a_dossier(a_listing()))
    account = account_of(known, some_editions(), DAY)
    assert account.entries[0].bases
    assert "  done by: the act is not among the events that were read" in told(account, "en")


def test_removal_by_an_act_that_is_not_at_hand_is_told() -> None:
    known = Known(subject_id=FIRM, dossier=a_dossier(a_listing(), a_removal(decided_on=DAY)))
    text = told(account_of(known, some_editions(), DAY), "en")
    assert any(MESSAGES["removed.by_unknown"][1] in line for line in text)


def test_list_and_basis_that_no_edition_holds_go_by_their_ids() -> None:
    account = explained(a_listing(list_id="BL-NONE", bases=("NO-SUCH-LAW",)))
    (entry,) = account.entries
    assert (entry.on_list.zh, entry.bases, entry.exits) == ("BL-NONE", (), ())
    assert [(each.gate, each.passed) for each in entry.passages] == [(DOOR, False)]
    text = "\n".join(told(account, "en"))
    assert MESSAGES["basis.none"][1] in text
    assert entry.remedy_en in text


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("zh", "可以申请提前移出"),
        ("en", "2027-03-03"),
    ],
)
def test_the_subject_is_told_from_when_it_may_ask_to_be_taken_off(
    language: Language, sentence: str
) -> None:
    safety = a_listing(
        source="emergency",
        list_id="BL-EM-AQ",
        bases=("WSL-ART78",),
        provisions=(),
        ends_on=date(2029, 3, 2),
    )
    assert any(sentence in line for line in told(explained(safety), language))


def test_extension_is_part_of_the_term() -> None:
    extended = explained(a_listing(), acts.an_extension(), day=date(2027, 9, 2))
    assert "extended by a decision to: 2029-03-02" in "\n".join(told(extended, "en"))


def test_revocation_that_fell_itself_is_among_the_acts() -> None:
    again = acts.a_revocation(record_revision=2, reinstated=True)
    (entry,) = explained(a_listing(), acts.a_revocation(), again).entries
    assert entry.stage is Stage.ACTIVE
    assert again.envelope.event_id not in {each.event_id for each in entry.acts}
    assert Deeds((), some_editions()).deed(again).step == "REINSTATED"


def test_consent_that_was_taken_back_ends_an_honour_on_its_own_day() -> None:
    honour = a_grade_a(
        subject_id=PERSON, subject_kind=SubjectKind.NATURAL_PERSON, consent_on=DECIDED_ON
    )
    withdrawn = acts.a_consent_withdrawn(decided_on=date(2026, 3, 23))
    (entry,) = explained(honour, withdrawn, day=date(2026, 3, 24)).entries
    assert (entry.removal_cause, entry.removed_on) == (RemovalCause.CONSENT_WITHDRAWN, DAY)
    assert entry.ended_by is not None
    assert entry.ended_by.event_id == withdrawn.envelope.event_id


def test_leave_that_was_taken_back_says_so() -> None:
    assert Deeds((), some_editions()).deed(acts.a_window(withdrawn=True)).step == "WITHDRAWN"


def test_authority_that_has_missed_its_clock_is_marked() -> None:
    (entry,) = explained(a_listing(), acts.an_objection(), day=date(2026, 4, 30)).entries
    assert MarkKind.OVERDUE in {mark.kind for mark in entry.marks}


def test_stay_that_has_ended_marks_nothing() -> None:
    other = acts.a_stay(record_id="ST-2", stay=Stay.ENDED)
    (entry,) = explained(a_listing(), acts.a_stay(), other).entries
    assert [mark.about for mark in entry.marks] == ["court ST-1"]


def test_notice_is_explained_before_anything_is_decided() -> None:
    account = explained(acts.a_notice(), day=date(2026, 2, 1))
    (entry,) = account.entries
    assert (entry.stage, entry.course) == (Stage.NOTICED, None)
    assert [basis.id for basis in entry.bases] == ["SPC-2017-7-ART1"]
    # What is only announced runs for no term.
    assert MESSAGES["term"][1] not in "\n".join(told(account, "en"))


def test_person_is_a_token_and_why_the_court_lifted_is_not_told() -> None:
    account = explained(a_restriction(), acts.a_window(), day=date(2026, 3, 15))
    assert account.subject_id == PERSON
    text = "\n".join((*told(account, "zh"), *told(account, "en"), repr(account)))
    assert "FUNERAL" not in text
    assert PERSON in text
    assert account.measures == ()
    later = explained(a_restriction(), acts.a_window(), day=date(2026, 3, 22))
    assert {each.human_review for each in later.measures} == {True}
    assert any("个人信息保护法 第二十四条" in line for line in told(later, "zh"))


def test_name_of_a_firm_is_not_said() -> None:
    name = a_listing().subject_name
    assert name
    assert name not in repr(explained(a_listing()))


def test_law_of_the_day_is_the_law_that_is_told() -> None:
    before, after = explained(a_listing(), day=DAY), explained(a_listing(), day=date(2026, 4, 1))
    assert after.edition == a_catalogue().edition
    assert before.edition != after.edition


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.title)
def test_five_histories_are_lawful_and_told_alike_in_both_languages(history: Told) -> None:
    for day, _ in history.asked:
        account = history.account(day)
        chinese, english = (told(account, language) for language in LANGUAGES)
        assert len(chinese) == len(english)
        for entry in account.entries:
            assert all(each.passed for each in entry.passages)


def test_histories_end_as_they_say() -> None:
    days = {
        COURT.title: (date(2026, 5, 21), RemovalCause.PERFORMED),
        OBJECTION.title: (date(2026, 3, 17), RemovalCause.CORRECTED),
    }
    for history in (COURT, OBJECTION):
        day, cause = days[history.title]
        assert [each.removal_cause for each in history.account(day).entries] == [cause]
    (repaired,) = TAX.account(date(2027, 3, 11)).entries
    assert MarkKind.REPAIR_PENDING in {mark.kind for mark in repaired.marks}
    (travel,) = TRAVEL.account(date(2026, 3, 15)).entries
    assert travel.on_list.id == CONSUMPTION
    assert [mark.items for mark in travel.marks] == [("1", "9")]


def test_day_before_an_act_does_not_know_it() -> None:
    assert [each.stage for each in COURT.account(date(2026, 5, 19)).entries] == [Stage.ACTIVE]
    assert COURT.account(DECIDED_ON.replace(day=1)).entries == ()


def test_every_message_names_the_same_fields_in_both_languages() -> None:
    wrong = [
        key
        for key, (zh, en) in MESSAGES.items()
        if set(FIELDS.findall(zh)) != set(FIELDS.findall(en))
    ]
    assert wrong == []
    assert all(zh and en for zh, en in MESSAGES.values())


def test_every_word_of_the_law_has_its_message() -> None:
    steps = (ObjectionResult, RepairStep, RepairPlace, ReorganisationStep, Registration, Stay)
    exits = {each for row in a_catalogue().lists.values() for each in row.removed_by}
    asked: dict[str, Iterable[str]] = {
        "stage": Stage,
        "cause": RemovalCause,
        "class": MeasureClass,
        "level": Level,
        "mark": MarkKind,
        "overdue": Deadline,
        "gate": [DOOR, *GATES],
        "exit": exits,
        "step": [word for each in steps for word in each],
        "record": [kind.record for kind in KINDS.values()],
    }
    missing = [f"{kind}.{each}" for kind, words in asked.items() for each in words]
    assert [key for key in missing if key not in MESSAGES] == []


def test_account_survives_json() -> None:
    account = COURT.account(date(2026, 4, 1))
    assert msgspec.json.decode(msgspec.json.encode(account), type=Account) == account
