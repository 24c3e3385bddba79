"""A reckoning in words, Chinese or English: each step of its arithmetic a line, the end last."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

from creditbus.domain.calendar import days_after
from creditbus.domain.terms.reckonings import (
    Bound,
    Clause,
    Length,
    Reckoning,
    Step,
    StepKind,
    Unit,
)

Language = Literal["zh", "en"]

_WEEKDAYS: Final = {
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_UNITS: Final = {
    Unit.DAY: ("日", "day"),
    Unit.WORKING_DAY: ("个工作日", "working day"),
    Unit.MONTH: ("个月", "month"),
    Unit.YEAR: ("年", "year"),
}
_STEPS: Final = {
    StepKind.NOT_COUNTED: ("{first}起算，当日不计入", "begins on {first}, which is not counted"),
    StepKind.DAY_OFF: ("{days}{name}放假，{count} 天不计入", "{days}: {name}, {count} off"),
    StepKind.REST: ("{days}休息日，{count} 天不计入", "{days}: rest, {count} off"),
    StepKind.MAKE_UP: ("{days}{name}调休上班，计入", "{days}: worked in exchange for {name}"),
    StepKind.COUNTED: ("计满 {length}：{last}", "counted {length}, to {last}"),
    StepKind.MONTH_END: (
        "计满 {length}，到期月无对应日，以月末日为最后一日：{last}",
        "counted {length}, to the end of a month without the corresponding day: {last}",
    ),
    StepKind.MOVED: (
        "最后一日{first}为休息日，顺延至{last}",
        "the last day, {first}, is a day off: moved to {last}",
    ),
    StepKind.CAPPED: (
        "“{name}”自{first}起算，{last}先行届满，以此为准",
        "“{name}”, from {first}, is over before that: {last}",
    ),
    StepKind.ASSUMED: (
        "{days}共 {count} 天的放假安排尚未公布，暂按周一至周五上班推算，公布后重算",
        "{days}: {count} days not announced yet, worked Monday to Friday as a guess",
    ),
}
_ENDS: Final = {
    Bound.AT_MOST: (
        "{mark}最后一日为{end}，次日零时（北京时间）届满",
        "{mark}last day {end}, over at 00:00 of the next (Beijing time)",
    ),
    Bound.AT_LEAST: (
        "{mark}最早为{next}零时（北京时间）",
        "{mark}not before {next}, 00:00 (Beijing time)",
    ),
}


def explain(reckoning: Reckoning, language: Language) -> list[str]:
    """Return the arithmetic as sentences, one a step, and the end in the last."""
    place = ("zh", "en").index(language)
    lines = [_STEPS[step.kind][place].format(**_fields(step, language)) for step in reckoning.steps]
    mark = ("暂定：", "provisional: ")[place] if reckoning.provisional else ""
    end, following = reckoning.end, days_after(reckoning.end, 1)
    ending = _ENDS[reckoning.clause.bound][place]
    lines.append(ending.format(mark=mark, end=_day(end, language), next=_day(following, language)))
    return lines


def length_in_words(length: Length, language: Language) -> str:
    """Return a length as people write it, such as ``3 working days`` or ``3 个工作日``."""
    chinese, english = _UNITS[length.unit]
    if language == "zh":
        return f"{length.count} {chinese}"
    return f"{length.count} {english}{'s' if length.count > 1 else ''}"


def name_of(clause: Clause, language: Language) -> str:
    """Return the name of a clause in a language."""
    return clause.name_zh if language == "zh" else clause.name_en


def _fields(step: Step, language: Language) -> dict[str, object]:
    first, last = _day(step.first, language), _day(step.last, language)
    until = "至" if language == "zh" else " to "
    return {
        "first": first,
        "last": last,
        "days": first if step.first == step.last else f"{first}{until}{last}",
        "count": step.count,
        "name": step.name_zh if language == "zh" else step.name_en,
        "length": length_in_words(Length(count=step.count, unit=step.unit), language),
    }


def _day(day: date, language: Language) -> str:
    weekday = _WEEKDAYS[language][day.weekday()]
    return f"{day}（{weekday}）" if language == "zh" else f"{day} ({weekday})"
