"""Checks: who may ask, the default yes, and a no that ends with its term without any timer."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import msgspec
import pytest

from creditbus.domain.calendar import SHANGHAI, end_of_day
from creditbus.domain.effects.checks import Answer, Check, Verdict
from creditbus.domain.entries.entry import Stage
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import ItemId, MeasureId, SubjectId
from creditbus.domain.law.catalogue import Catalogue, MeasureClass, Trigger
from creditbus.domain.law.editions import Editions
from creditbus.query.decide import answer, why_not
from tests.examples import (
    ENDS_ON,
    FIRM,
    PERSON,
    a_bid_bar,
    a_catalogue,
    a_grade_a,
    a_listing,
    a_restriction,
    a_standing,
)

BIDDING: Final = Check(subject=FIRM, matter=ItemId("bid-registration"), purpose="bid-qualification")
TOLERANCE: Final = Check(
    subject=FIRM, matter=ItemId("tolerant-acceptance"), purpose="permit-approval"
)
NOON: Final = datetime(2026, 6, 1, 4, tzinfo=UTC)


def asked(check: Check, standing: Standing | None, at: datetime = NOON) -> Answer:
    return answer(check, standing, Editions.of(a_catalogue()), at)


def with_restriction_barring_bids(*, measure_class: MeasureClass, automatic: bool) -> Catalogue:
    """Return the catalogue with bidding barred by a measure that reaches persons."""
    catalogue = a_catalogue()
    bar = msgspec.structs.replace(
        catalogue.measures[MeasureId("A03")],
        persons=True,
        measure_class=measure_class,
        automatic=automatic,
        triggers=(Trigger(list_id=a_restriction().list_id),),
    )
    return msgspec.structs.replace(
        catalogue, measures={**catalogue.measures, MeasureId("A03"): bar}
    )


@pytest.mark.parametrize("check", [BIDDING, TOLERANCE])
def test_default_is_yes_for_a_subject_never_named(check: Check) -> None:
    given = asked(check, None)
    assert (given.verdict, given.listed, given.as_of) == (Verdict.YES, False, 0)
    assert (given.barred, given.eased) == ((), ())


def test_no_names_measure_grounds_bases_and_remedies() -> None:
    given = asked(BIDDING, a_standing(a_bid_bar(), revision=7))
    assert (given.verdict, given.listed, given.as_of) == (Verdict.NO, True, 7)
    (finding,) = given.barred
    measure = a_catalogue().measures[MeasureId("A03")]
    assert (finding.measure_id, finding.bases) == ("A03", measure.bases)
    assert finding.name_zh == measure.name_zh
    assert [ground.document_number for ground in finding.grounds] == ["（2026）测01执1号"]
    assert finding.remedies == (a_catalogue().lists[a_bid_bar().list_id].remedy_zh,)
    assert given.edition == a_catalogue().edition


@pytest.mark.parametrize(
    ("after", "verdict", "listed"),
    [
        (timedelta(microseconds=-1), Verdict.NO, True),
        (timedelta(0), Verdict.YES, False),
        (timedelta(seconds=1), Verdict.YES, False),
    ],
)
def test_term_ends_at_its_instant_though_no_timer_ran(
    after: timedelta,
    verdict: Verdict,
    listed: bool,  # noqa: FBT001 - a case of the table
) -> None:
    given = asked(BIDDING, a_standing(a_bid_bar()), end_of_day(ENDS_ON) + after)
    assert (given.verdict, given.listed) == (verdict, listed)


def test_ground_whose_term_is_over_is_not_named_beside_one_that_runs() -> None:
    short = a_bid_bar(ends_on=NOON.date() - timedelta(days=1))
    long = a_bid_bar(record_id="ZB-2026-002", document_number="（2026）测2号")
    (finding,) = asked(BIDDING, a_standing(short, long)).barred
    assert [ground.document_number for ground in finding.grounds] == ["（2026）测2号"]


@pytest.mark.parametrize("stage", [Stage.NOTICED, Stage.REMOVED, Stage.CLOSED, Stage.ERASED])
def test_only_an_active_entry_bars(stage: Stage) -> None:
    standing = a_standing(a_bid_bar())
    entry = msgspec.structs.replace(standing.entries[0], stage=stage)
    given = asked(BIDDING, msgspec.structs.replace(standing, entries=(entry,)))
    assert (given.verdict, given.listed) == (Verdict.YES, False)


@pytest.mark.parametrize(
    ("day", "verdict"), [(date(2026, 6, 1), Verdict.YES), (date(2026, 6, 2), Verdict.NO)]
)
def test_entry_bars_from_its_first_day_though_no_timer_ran(day: date, verdict: Verdict) -> None:
    standing = a_standing(a_bid_bar(effective_on=date(2026, 6, 2)))
    assert [entry.stage for entry in standing.entries] == [Stage.GRACE]
    morning = datetime.combine(day, time(0, 0, 1), SHANGHAI)
    assert asked(BIDDING, standing, morning).verdict is verdict


def test_suspended_incentive_is_back_when_the_serious_entry_is_over_though_no_timer_ran() -> None:
    serious = a_listing(ends_on=date(2026, 5, 31))
    standing = a_standing(a_grade_a(), serious)
    assert Stage.SUSPENDED in {entry.stage for entry in standing.entries}
    ended = end_of_day(date(2026, 5, 31))
    assert asked(TOLERANCE, standing, ended - timedelta(seconds=1)).eased == ()
    back = asked(TOLERANCE, standing, ended)
    assert {finding.measure_id for finding in back.eased} == {"I01", "I02"}


def test_listed_subject_that_no_measure_bars_gets_a_yes() -> None:
    given = asked(BIDDING, a_standing(a_listing()))
    assert (given.verdict, given.listed) == (Verdict.YES, True)


def test_incentive_eases_where_nothing_bars() -> None:
    given = asked(TOLERANCE, a_standing(a_grade_a()))
    assert given.verdict is Verdict.YES
    assert {finding.measure_id for finding in given.eased} == {"I01", "I02"}


def test_barred_subject_is_eased_by_nothing() -> None:
    given = asked(TOLERANCE, a_standing(a_grade_a(), a_bid_bar()))
    assert given.verdict is Verdict.NO
    assert [finding.measure_id for finding in given.barred] == ["B02"]
    assert given.eased == ()


def test_incentive_ends_with_its_term_too() -> None:
    grant = a_grade_a()
    assert grant.ends_on is not None
    assert asked(TOLERANCE, a_standing(grant), end_of_day(grant.ends_on)).eased == ()


@pytest.mark.parametrize(
    ("measure_class", "automatic", "verdict"),
    [
        (MeasureClass.A, True, Verdict.REVIEW),
        (MeasureClass.B, True, Verdict.NO),
        (MeasureClass.B, False, Verdict.REVIEW),
    ],
)
def test_measure_on_a_person_that_reduces_rights_is_for_a_human(
    measure_class: MeasureClass,
    automatic: bool,  # noqa: FBT001 - a case of the table
    verdict: Verdict,
) -> None:
    catalogue = with_restriction_barring_bids(measure_class=measure_class, automatic=automatic)
    check = msgspec.structs.replace(BIDDING, subject=PERSON)
    given = answer(check, a_standing(a_restriction()), Editions.of(catalogue), NOON)
    assert given.verdict is verdict
    assert [finding.human_review for finding in given.barred] == [verdict is Verdict.REVIEW]


def test_check_id_is_of_the_question_and_its_instant() -> None:
    same = asked(BIDDING, a_standing(a_bid_bar()))
    assert same.check_id == asked(BIDDING, None).check_id
    assert same.check_id != asked(BIDDING, None, NOON + timedelta(microseconds=1)).check_id


@pytest.mark.parametrize(
    ("changes", "asker", "field"),
    [
        ({}, None, "asker"),
        ({"subject": SubjectId("uscc:913702000000000A2G")}, "trade-centre", "subject"),
        ({"subject": SubjectId("（测）第一贸易有限公司")}, "trade-centre", "subject"),
        ({"subject": SubjectId("person:370202199001010000")}, "trade-centre", "subject"),
        ({"matter": "marriage"}, "trade-centre", "matter"),
        ({"purpose": "curiosity"}, "trade-centre", "purpose"),
        ({"purpose": "permit-approval"}, "trade-centre", "purpose"),
        ({"matter": "tolerant-acceptance"}, "trade-centre", "purpose"),
        ({}, "approval", "purpose"),
        ({}, "court-platform", "purpose"),
    ],
)
def test_check_that_may_not_be_answered_says_why(
    changes: dict[str, object], asker: str | None, field: str
) -> None:
    check = msgspec.structs.replace(BIDDING, **changes)
    subscriber = a_catalogue().subscribers[asker] if asker is not None else None
    obstacle = why_not(check, subscriber, a_catalogue())
    assert obstacle is not None
    assert obstacle.field == field
    assert obstacle.detail.strip()


def test_disabled_subscriber_and_matter_are_unknown() -> None:
    catalogue = a_catalogue()
    subscriber = catalogue.subscribers["trade-centre"]
    asleep = msgspec.structs.replace(subscriber, enabled=False)
    obstacle = why_not(BIDDING, asleep, catalogue)
    assert obstacle is not None
    assert obstacle.field == "asker"
    item = msgspec.structs.replace(catalogue.items[BIDDING.matter], enabled=False)
    closed = msgspec.structs.replace(catalogue, items={**catalogue.items, BIDDING.matter: item})
    obstacle = why_not(BIDDING, subscriber, closed)
    assert obstacle is not None
    assert obstacle.field == "matter"


@pytest.mark.parametrize(("check", "asker"), [(BIDDING, "trade-centre"), (TOLERANCE, "approval")])
def test_subscriber_may_ask_for_its_purpose(check: Check, asker: str) -> None:
    assert why_not(check, a_catalogue().subscribers[asker], a_catalogue()) is None
