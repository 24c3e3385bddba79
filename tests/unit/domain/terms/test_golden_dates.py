"""Golden dates: one line a case, worked out by hand from the notices of the State Council.

A ``~`` before the last day says that it is provisional: 2027 is not announced in what ships.
``moves`` says that an end on a day off moves to the next working day.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import pytest

from creditbus.domain.terms.reckonings import Clause, Length, Unit, reckon
from tests.examples import a_calendar

GOLDEN: Final = """
start      | length              | last day    | why
           |                     |             |
2026-02-13 |  1 working day      | 2026-02-14  | Spring Festival: the Saturday before is worked
2026-02-13 |  2 working days     | 2026-02-24  | nine days off, from Sunday 15 to Monday 23 February
2026-02-14 |  3 working days     | 2026-02-26  | a court's deletion
2026-02-13 | 10 working days     | 2026-03-05  | Saturday 28 February is worked and counts
2026-02-20 |  1 working day      | 2026-02-24  | a start on a day off is not counted either
2025-01-24 |  3 working days     | 2025-02-05  | Sunday 26 January worked, eight days off
2024-02-08 |  3 working days     | 2024-02-19  | the Eve, 9 February 2024, was worked
2020-01-21 |  7 working days     | 2020-02-07  | lengthened to 2 February
           |                     |             |
2026-09-30 |  3 working days     | 2026-10-10  | 8, 9 and the make-up Saturday 10 October
2026-09-30 |  7 working days     | 2026-10-15  | an objection that needs others
2026-10-01 |  3 working days     | 2026-10-10  | a start within the week off
2026-09-18 |  1 working day      | 2026-09-20  | a make-up Sunday, eleven days before the week off
2023-09-28 |  3 working days     | 2023-10-09  | eight days off; 7 and 8 October worked
2022-09-30 | 10 working days     | 2022-10-19  | 8 and 9 October worked
2025-09-26 |  3 working days     | 2025-09-30  | Sunday 28 September is worked
2025-09-30 |  3 working days     | 2025-10-11  | eight days off; Saturday 11 October worked
           |                     |             |
2026-05-08 |  1 working day      | 2026-05-09  | a make-up Saturday after Labour Day
2026-04-24 | 15 days, moves      | 2026-05-09  | a make-up Saturday is no day off: it does not move
2026-04-25 | 15 days, moves      | 2026-05-11  | the Sunday after it is
2026-09-23 | 10 days, moves      | 2026-10-08  | the tenth day is in the week off
2026-09-23 | 10 days             | 2026-10-03  | a term that burdens a subject does not move
2026-02-01 | 15 days, moves      | 2026-02-24  | a court's review ends in Spring Festival
2026-03-02 | 15 days, moves      | 2026-03-17  | an end on a working day stays
2026-06-19 |  1 month, moves     | 2026-07-20  | 19 July 2026 is a Sunday
           |                     |             |
2024-02-28 |  1 day              | 2024-02-29  | a leap year has the day
2024-02-28 |  2 working days     | 2024-03-01  | and it is worked
2026-02-28 |  1 day              | 2026-03-01  | other years have not
2024-02-29 |  1 year             | 2025-02-28  | no corresponding day: the last of the month
2024-02-29 |  2 years            | 2026-02-28  | a court listing, items 2 to 6
2024-02-29 |  4 years            | 2028-02-29  | the corresponding day is there again
2023-02-28 |  1 year             | 2024-02-28  | an end of month is no rule: the 28th stays the 28th
2026-11-30 |  3 months           | 2027-02-28  | months end alike
2026-01-31 |  1 month            | 2026-02-28  |
2026-08-31 |  1 month            | 2026-09-30  |
2026-12-31 |  1 year             | 2027-12-31  | months and years never ask the calendar
2022-03-01 |  5 years            | 2027-03-01  | the cap of disclosure
           |                     |             |
2025-12-31 |  3 working days     | 2026-01-06  | New Year 2026: Sunday 4 January is worked
2018-12-28 |  1 working day      | 2018-12-29  | moved by the notice for 2019
2018-12-28 |  2 working days     | 2019-01-02  | Monday 31 December 2018 was off
2022-12-30 |  1 working day      | 2023-01-03  |
2026-12-25 |  1 working day      | 2026-12-28  | settled: no notice ever reached so far back
2026-12-25 |  2 working days     | ~2026-12-29 | the notice for 2027 may move it
2026-12-31 |  2 working days     | ~2027-01-05 | 1 January is free in any year, the rest is a guess
2026-12-20 | 10 days, moves      | ~2026-12-30 | whether it moves is not announced
2026-12-20 | 30 days             | 2027-01-19  | natural days never ask
2027-09-30 |  3 working days     | ~2027-10-06 | a guess from weekdays
"""


def cases() -> list[tuple[str, ...]]:
    rows = [[cell.strip() for cell in line.split("|")] for line in GOLDEN.strip().splitlines()[1:]]
    return [(start, length, end) for start, length, end, _ in rows if start]


def a_clause(text: str) -> Clause:
    """Return the clause that a cell of the table writes, such as ``15 days, moves``."""
    length, _, moves = text.partition(", ")
    count, _, unit = length.partition(" ")
    return Clause(
        id="GOLDEN",
        name_zh="期限",
        name_en="Term",
        length=Length(count=int(count), unit=Unit(unit.removesuffix("s").replace(" ", "_"))),
        moves=bool(moves),
        document="",
        article="",
        in_force_from=date.min,
    )


@pytest.mark.parametrize(("start", "length", "end"), cases())
def test_golden_date(start: str, length: str, end: str) -> None:
    reckoning = reckon(a_clause(length), date.fromisoformat(start), a_calendar())
    mark = "~" if reckoning.provisional else ""
    assert f"{mark}{reckoning.end}" == end


def test_table_has_every_unit_and_both_marks() -> None:
    clauses = [a_clause(length) for _, length, _ in cases()]
    assert {clause.length.unit for clause in clauses} == set(Unit)
    assert {clause.moves for clause in clauses} == {True, False}
    assert len(cases()) == len(set(cases())) > 40
