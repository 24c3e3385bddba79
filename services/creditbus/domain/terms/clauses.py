"""Clauses: how long what is known of a subject may be disclosed, with every step of the counting.

Two ways to ask. Where a list fixes its own term: ``list_term(definition, decided, clauses)``, over
what the decision says; its days are those of ``spans``, which gates and standings ask, and the
general law says how long the subject must wait at least. Where the general law of three tiers holds
alone, as for a penalty: ``tier_disclosure(clauses, tier, starts)`` over ``terms.toml``, by the law
in force on the day of the decision; ``starts`` gives the days that are known of what may start a
clock, and a clock that has not started gives none. Both know the cap of five years from the end of
the act (Shandong social credit regulation, article 38), where that day is known. ``explain``
(`words`) writes each out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

import msgspec

from creditbus.domain.calendar import Calendar, days_after
from creditbus.domain.law.catalogue import ClockStart, ListDefinition, Tier
from creditbus.domain.terms.reckonings import Bound, Clause, Length, Reckoning, Unit, capped, reckon
from creditbus.domain.terms.spans import (
    Decided,
    cap_of,
    counted_from,
    months_allowed,
    months_waited,
)

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
    clauses: Iterable[TermClause], tier: Tier, starts: Starts, calendar: Calendar = _NO_CALENDAR
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


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision says of the time of its entry, for whoever has nothing else of it."""

    decided_on: date
    starts_on: date
    provisions: tuple[str, ...] = ()
    tier: Tier | None = None
    until_performed: bool = False
    act_ended_on: date | None = None


class ListTerm(msgspec.Struct, frozen=True, kw_only=True):
    """What the rule of a list gives an entry, each with its arithmetic; none where it fixes none.

    ``waiting`` is over before the subject may ask to be removed early; ``longest`` is what the
    provisions and the tier allow a first term, ``cap`` the end of all disclosure.
    """

    waiting: Reckoning | None
    longest: Reckoning | None
    cap: Reckoning | None

    @property
    def asks_from(self) -> date | None:
        """Return the first day on which the subject may ask to be removed early."""
        return days_after(self.waiting.end, 1) if self.waiting is not None else None


def list_term(
    definition: ListDefinition | None, decided: Decided, clauses: Iterable[TermClause] = ()
) -> ListTerm:
    """Return what a list's rule gives an entry; of a list that nobody knows, the cap alone.

    ``clauses`` are the general law's, which may have the subject wait longer than the list does.

    These are the spans of ``terms.spans`` with every step; gates and standings ask those.
    """
    cap, waiting, longest = cap_of(definition, decided), None, None
    if definition is not None:
        started_on = counted_from(
            definition, decided.decided_on, decided.starts_on, act_ended_on=decided.act_ended_on
        )
        months = months_allowed(definition, decided.provisions, decided.tier)
        longest = _months(definition, months, Bound.AT_MOST, started_on)
        asked = months_waited(definition, decided.tier)
        waiting = _months(definition, asked, Bound.AT_LEAST, started_on)
        if asked is not None and decided.tier is not None:
            starts = {ClockStart.DECISION: decided.decided_on}
            general = tier_disclosure(clauses, decided.tier, starts).shortest
            waiting = _later(waiting, general)
    return ListTerm(
        waiting=waiting,
        longest=longest,
        cap=reckon(cap_clause(cap[1]), cap[0], _NO_CALENDAR) if cap is not None else None,
    )


def _later(one: Reckoning | None, other: Reckoning | None) -> Reckoning | None:
    found = [each for each in (one, other) if each is not None]
    return max(found, key=lambda each: each.end, default=None)


def _months(
    definition: ListDefinition, months: int | None, bound: Bound, started_on: date
) -> Reckoning | None:
    if not months:
        return None
    return reckon(list_clause(definition, months, bound), started_on, _NO_CALENDAR)


def list_clause(definition: ListDefinition, months: int, bound: Bound) -> Clause:
    """Return a number of months of a list's own rule as a clause."""
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
