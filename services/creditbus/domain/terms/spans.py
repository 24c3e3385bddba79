"""Spans: how long an entry, or a window in it, may last."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from creditbus.domain.calendar import DAY, months_after
from creditbus.domain.law.catalogue import ListDefinition

CAP_YEARS: Final = 5
"""The longest disclosure where the list is unknown (山东省社会信用条例 第三十八条)."""


def years_allowed(definition: ListDefinition, provisions: Iterable[str]) -> int | None:
    """Return the longest term in years that the provisions allow, none where none is fixed."""
    if definition.years_max is not None:
        return definition.years_max
    longest = None
    for name in provisions:
        years = definition.provisions.get(name, 0)
        if not years:
            return None
        longest = max(longest or years, years)
    return longest


def last_of_window(from_on: date, last_on: date) -> date:
    """Return the last day of a lift: one month at most (法发〔2019〕35号 item 17)."""
    return min(last_on, months_after(from_on, 1) - DAY)
