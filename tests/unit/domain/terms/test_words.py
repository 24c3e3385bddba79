"""Every step of a reckoning has its sentence in both languages."""

from __future__ import annotations

from datetime import date

import msgspec

from creditbus.domain.terms.reckonings import (
    Bound,
    Clause,
    Length,
    Reckoning,
    StepKind,
    Unit,
    capped,
    reckon,
)
from creditbus.domain.terms.words import explain, length_in_words, name_of
from tests.examples import a_calendar


def a_clause(
    count: int, unit: Unit, *, moves: bool = False, bound: Bound = Bound.AT_MOST
) -> Clause:
    return Clause(
        id="ANY",
        name_zh="某期限",
        name_en="Some term",
        length=Length(count=count, unit=unit),
        bound=bound,
        moves=moves,
        document="",
        article="",
        in_force_from=date.min,
    )


def whole() -> Reckoning:
    """Return a reckoning with a step of every kind; no law has one like it."""
    calendar = a_calendar()
    month_end = reckon(a_clause(1, Unit.MONTH), date(2026, 8, 31), calendar)
    days = reckon(a_clause(60, Unit.WORKING_DAY), month_end.end, calendar)
    moved = reckon(a_clause(11, Unit.DAY, moves=True), days.end, calendar)
    last = reckon(a_clause(5, Unit.WORKING_DAY), moved.end, calendar)
    steps = (*month_end.steps, *days.steps, *moved.steps, *last.steps)
    later = msgspec.structs.replace(last, start=month_end.start, steps=steps)
    return capped(later, reckon(a_clause(6, Unit.MONTH), date(2026, 6, 26), calendar))


def test_every_kind_of_step_is_worded_in_both_languages() -> None:
    reckoning = whole()
    assert {step.kind for step in reckoning.steps} == set(StepKind)
    chinese, english = explain(reckoning, "zh"), explain(reckoning, "en")
    assert len(chinese) == len(english) == len(reckoning.steps) + 1
    assert all(line and "{" not in line for line in chinese + english)
    assert "counted 1 month, to the end of a month without the corresponding day" in english[1]
    assert "“Some term”, from 2026-06-26 (Fri), is over before that: 2026-12-26 (Sat)" in english


def test_each_length_is_told_in_its_own_unit() -> None:
    lines = [line for line in explain(whole(), "en") if line.startswith("counted")]
    assert [line.split(",")[0] for line in lines] == [
        "counted 1 month",
        "counted 60 working days",
        "counted 11 days",
        "counted 5 working days",
    ]


def test_waiting_time_is_told_by_the_day_after_it() -> None:
    clause = a_clause(7, Unit.WORKING_DAY, bound=Bound.AT_LEAST)
    reckoning = reckon(clause, date(2026, 4, 28), a_calendar())
    assert explain(reckoning, "en")[-1] == "not before 2026-05-12 (Tue), 00:00 (Beijing time)"
    assert explain(reckoning, "zh")[-1] == "最早为2026-05-12（周二）零时（北京时间）"


def test_provisional_end_says_so() -> None:
    reckoning = reckon(a_clause(3, Unit.WORKING_DAY), date(2027, 3, 1), a_calendar())
    assert explain(reckoning, "en")[-1].startswith("provisional: last day 2027-03-04 (Thu)")
    assert explain(reckoning, "zh")[-1].startswith("暂定：")


def test_lengths_and_names() -> None:
    assert length_in_words(Length(count=1, unit=Unit.YEAR), "en") == "1 year"
    assert length_in_words(Length(count=7, unit=Unit.WORKING_DAY), "zh") == "7 个工作日"
    assert (name_of(a_clause(1, Unit.DAY), "zh"), name_of(a_clause(1, Unit.DAY), "en")) == (
        "某期限",
        "Some term",
    )
