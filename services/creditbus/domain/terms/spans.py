"""Spans: the days that a list's own rule gives, the same for whoever asks.

When an entry may begin at the latest, from which day its term counts, how long it may run, what an
extension adds, where the cap on all disclosure ends it, and when repair may be asked for. The gates
ask before an entry can start, ``entries.limits`` while it stands, accounts and deadlines when
somebody wants to know why. With their steps the same spans are in ``clauses``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final, Protocol

from creditbus.domain.calendar import DAY, days_after, months_after, years_after
from creditbus.domain.law.catalogue import ClockStart, ListDefinition, Polarity, Term, Tier

CAP_YEARS: Final = 5
"""The longest disclosure where the list is unknown (山东省社会信用条例 第三十八条)."""

SERVED_WITHIN: Final = 20
"""In how many days a decision without grace is served, and so takes effect.

Seven working days (行政处罚法 第六十一条、第八十五条); no holidays stretch them further.
"""

PUBLISHED_WITHIN: Final = 40
"""In how many days a decision is published where the term counts from that.

Twenty working days (市场监督管理行政处罚信息公示规定 第九条); no holidays stretch them further.
"""


class Decided(Protocol):
    """What a decision says of the time of its entry."""

    @property
    def decided_on(self) -> date:
        """The day of the decision."""
        ...

    @property
    def starts_on(self) -> date:
        """The first day of effect."""
        ...

    @property
    def provisions(self) -> tuple[str, ...]:
        """What it rests on, as the list numbers it."""
        ...

    @property
    def tier(self) -> Tier | None:
        """How grave it states the matter to be."""
        ...

    @property
    def until_performed(self) -> bool:
        """Whether it states that there is no term."""
        ...

    @property
    def act_ended_on(self) -> date | None:
        """The last day of the conduct, where it is known."""
        ...


def last_first_day(definition: ListDefinition, decided_on: date) -> date:
    """Return the latest day on which a decision may take effect.

    That is when the grace is over that the list allows; where it allows none, when the decision
    must have been served, or published if the term counts from publication.
    """
    days = definition.grace_days
    if not days:
        is_published = definition.clock_start is ClockStart.PUBLICATION
        days = PUBLISHED_WITHIN if is_published else SERVED_WITHIN
    return days_after(decided_on, days)


def counted_from(
    definition: ListDefinition,
    decided_on: date,
    starts_on: date,
    *,
    noticed_on: date | None = None,
    act_ended_on: date | None = None,
) -> date:
    """Return the day from which the term of an entry counts (``clock_start``).

    A list that counts from publication counts from the first day of effect. Where the day is not
    stated, or comes after the decision, that of the decision stands for it: what burdens lasts no
    longer for want of a day.
    """
    match definition.clock_start:
        case ClockStart.PUBLICATION:
            return starts_on
        case ClockStart.NOTICE if noticed_on is not None:
            return min(noticed_on, decided_on)
        case ClockStart.ACT_END if act_ended_on is not None:
            return min(act_ended_on, decided_on)
        case _:
            return decided_on


def months_allowed(
    definition: ListDefinition, provisions: Iterable[str], tier: Tier | None
) -> int | None:
    """Return the most months that a first term may run, None where no number is fixed.

    The longest that one of the provisions allows, within the term of its ground and its tier;
    and never longer than the list's own (``years_max``) or that of the tier that is stated.
    """
    bounds = [_provisions_months(definition, provisions)]
    if definition.years_max is not None:
        bounds.append(12 * definition.years_max)
    if tier is not None:
        bounds.append(_tier_months(definition, tier))
    return _least(bounds)


def months_required(definition: ListDefinition, provisions: Iterable[str]) -> int:
    """Return the least months that a first term may run: the least that a provision's ground asks.

    A bar shorter than its article says is no bar of that article (招标投标法 第五十三条).
    """
    grounds = [definition.grounds.get(name) for name in provisions]
    least = (each.term.months_min if each and each.term else 0 for each in grounds)
    return min(least, default=0)


def months_waited(definition: ListDefinition, tier: Tier | None) -> int | None:
    """Return after how many months the subject may ask to be removed early, None without a way.

    The list's own number, and never before the shortest publication of the tier that is stated.
    """
    months, term = definition.early_removal_months, _tier_term(definition, tier)
    if months is None:
        return None
    return max(months, term.months_min) if term is not None else months


def runs_until_performed(definition: ListDefinition | None, decided: Decided) -> bool:
    """Return whether an entry runs until the subject has performed, whatever end was stated.

    By its decision, or because its list fixes no number of months for what it rests on.
    """
    if decided.until_performed:
        return True
    if definition is None or not definition.until_performed:
        return False
    return months_allowed(definition, decided.provisions, decided.tier) is None


def cap_of(definition: ListDefinition | None, decided: Decided) -> tuple[date, int] | None:
    """Return from which day the cap on disclosure counts, and its years; None where none holds.

    From the end of the act (山东省社会信用条例 第三十八条). Where nobody stated it, the day of the
    decision stands for it, unless the conduct goes on until performed; it never counts from a
    later day. What honours has no cap.
    """
    if definition is not None and definition.polarity is Polarity.RED:
        return None
    ended_on = decided.act_ended_on
    if ended_on is None and runs_until_performed(definition, decided):
        return None
    years = definition.disclosure_cap_years if definition is not None else CAP_YEARS
    started_on = decided.decided_on if ended_on is None else min(ended_on, decided.decided_on)
    return started_on, years


def extended_to(ends_on: date, stated_from: date | None, stated_to: date, years: int) -> date:
    """Return the last day of a term that ends on a day, after an extension as it was stated.

    The extension begins when the first term is over (法释〔2017〕7号 第二条): one that was counted
    from a later day adds no more days than it stated, and none adds more than the list's years. It
    never shortens the term.
    """
    last_on = stated_to
    if stated_from is not None and stated_from > ends_on:
        last_on = stated_to - (stated_from - ends_on)
    if years:
        last_on = min(last_on, years_after(ends_on, years))
    return max(ends_on, last_on)


def last_of_window(from_on: date, last_on: date) -> date:
    """Return the last day of a lift: one month at most (法发〔2019〕35号 item 17)."""
    return min(last_on, months_after(from_on, 1) - DAY)


def _provisions_months(definition: ListDefinition, provisions: Iterable[str]) -> int | None:
    longest = None
    for name in provisions:
        months = _provision_months(definition, name)
        if months is None:
            return None
        longest = max(longest or months, months)
    return longest


def _provision_months(definition: ListDefinition, name: str) -> int | None:
    years, ground = definition.provisions.get(name, 0), definition.grounds.get(name)
    months = 12 * years or None
    if ground is None:
        return months
    of_ground = ground.term.months_max if ground.term is not None else None
    return _least((months, of_ground, _tier_months(definition, ground.tier)))


def _tier_months(definition: ListDefinition, tier: Tier | None) -> int | None:
    term = _tier_term(definition, tier)
    return term.months_max if term is not None else None


def _tier_term(definition: ListDefinition, tier: Tier | None) -> Term | None:
    return definition.tiers.get(tier) if tier is not None else None


def _least(bounds: Iterable[int | None]) -> int | None:
    return min((each for each in bounds if each is not None), default=None)
