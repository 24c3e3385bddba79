"""Terms: how long what is known of a subject may be disclosed, and when it may be repaired.

Two ways to ask. Where a list fixes its own term: ``list_disclosure(definition, allowed, starts)``,
with ``allowed`` one of the list's tiers or grounds. Where the general law of three tiers holds, as
for a penalty: ``tier_disclosure(clauses, tier, starts, calendar)`` over ``terms.toml``, by the law
in force on the day of the decision. ``starts`` gives the days that are known of what may start a
clock; a clock that has not started gives none. Both end with the cap of five years from the end of
the act (Shandong social credit regulation, article 38), where that day is known. Then
``disclosure.longest.ends_at`` is what a standing carries, and ``explain`` (`words`) tells why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

import msgspec

from creditbus.domain.calendar import Calendar
from creditbus.domain.law.catalogue import ClockStart, ListDefinition, Tier
from creditbus.domain.law.catalogue import Term as Allowed
from creditbus.domain.terms.reckonings import Bound, Clause, Length, Reckoning, Unit, capped, reckon

Starts = Mapping[ClockStart, date]

_NO_CALENDAR: Final = Calendar()
"""For months and years, which do not look at it."""


class TermClause(Clause, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long information of a tier is disclosed; a clause without a tier caps them all."""

    clock_start: ClockStart
    tier: Tier | None = None


class Disclosure(msgspec.Struct, frozen=True, kw_only=True):
    """How long information is disclosed: no repair until ``shortest`` is over, gone by ``longest``.

    Either is none where no clause fixes it, or its clock has not started.
    """

    shortest: Reckoning | None
    longest: Reckoning | None


def tier_disclosure(
    clauses: Iterable[TermClause], tier: Tier, starts: Starts, calendar: Calendar
) -> Disclosure:
    """Return how long information of a tier is disclosed, by the law of its decision's day.

    ``starts`` holds the day of the decision at least.
    """
    decided_on = starts[ClockStart.DECISION]
    counted = [
        (clause, reckon(clause, starts[clause.clock_start], calendar))
        for clause in clauses
        if clause.is_in_force(decided_on)
        and clause.tier in {tier, None}
        and clause.clock_start in starts
    ]
    return _disclosure(
        [reckoning for clause, reckoning in counted if clause.tier is tier],
        [reckoning for clause, reckoning in counted if clause.tier is None],
    )


def list_disclosure(definition: ListDefinition, allowed: Allowed, starts: Starts) -> Disclosure:
    """Return how long an entry of a list is disclosed, by the term that the list allows it."""
    started_on = starts.get(definition.clock_start)
    terms = []
    if started_on is not None:
        sides = ((Bound.AT_LEAST, allowed.months_min), (Bound.AT_MOST, allowed.months_max))
        terms = [
            reckon(list_clause(definition, months, bound), started_on, _NO_CALENDAR)
            for bound, months in sides
            if months
        ]
    act_ended_on = starts.get(ClockStart.ACT_END)
    caps = []
    if act_ended_on is not None:
        caps = [reckon(cap_clause(definition.disclosure_cap_years), act_ended_on, _NO_CALENDAR)]
    return _disclosure(terms, caps)


def list_clause(definition: ListDefinition, months: int, bound: Bound) -> Clause:
    """Return a number of months of a list's own rule as a clause.

    So an early removal (``early_removal_months``) or an extension is reckoned like any term.
    """
    return Clause(
        id=definition.id,
        name_zh=definition.name_zh,
        name_en=definition.name_en,
        length=Length(count=months, unit=Unit.MONTH),
        bound=bound,
        document=", ".join(definition.bases),
        article="",
        in_force_from=date.min,
    )


def cap_clause(years: int) -> Clause:
    """Return the cap on all disclosure of dishonesty as a clause."""
    return Clause(
        id="CAP-DISCLOSURE",
        name_zh="失信信息披露最长期限",
        name_en="Longest disclosure of any dishonesty",
        length=Length(count=years, unit=Unit.YEAR),
        document="山东省社会信用条例",
        article="第三十八条",
        in_force_from=date.min,
    )


def _disclosure(terms: list[Reckoning], caps: list[Reckoning]) -> Disclosure:
    """Take the longest waiting time and the earliest end; the caps end what is later."""
    waiting = [each for each in terms if each.clause.bound is Bound.AT_LEAST]
    ending = [each for each in terms if each.clause.bound is Bound.AT_MOST]
    longest = min(ending, key=lambda each: each.end, default=None)
    for cap in caps:
        longest = cap if longest is None else capped(longest, cap)
    return Disclosure(
        shortest=max(waiting, key=lambda each: each.end, default=None), longest=longest
    )
