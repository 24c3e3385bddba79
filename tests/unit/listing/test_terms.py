"""Terms through listing: a scenario a row, with the lawful outcome and the article that says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

import msgspec
import pytest

from creditbus.domain.acts.events import Act, EntryListed
from creditbus.domain.acts.refusals import Reason, Refusal
from creditbus.domain.calendar import day_of
from creditbus.domain.entries.entry import Stage
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import BasisId, ListId
from creditbus.domain.law.catalogue import Tier
from creditbus.engine.values import DictState
from creditbus.listing.decide import build
from tests import acts
from tests.examples import (
    DECIDED_ON,
    TAX_LIST,
    a_bid_bar,
    a_listing,
    a_removal,
    a_turn,
    decided,
    some_editions,
)

DAY: Final = timedelta(days=1)
IN_APRIL: Final = date(2026, 4, 7)

COURT_ART2: Final = "法释〔2017〕7号 第二条"
COURT_ART5: Final = "法释〔2017〕7号 第五条"
GRACE: Final = "法发〔2019〕35号 宽限期"
SERVICE: Final = "行政处罚法 第六十一条"
CAP: Final = "山东省社会信用条例 第三十八条"
BID: Final = "招标投标法 第五十三条"
ORDER_44: Final = "市场监督管理严重违法失信名单管理办法"
ORDER_45: Final = "市场监督管理行政处罚信息公示规定 第九条、第十三条"
ORDER_54: Final = "国家税务总局令第54号"
BASIS: Final = "国办发〔2020〕49号"
EASE: Final = "山东省社会信用条例 第四十条"


def a_market_listing(**changes: Any) -> EntryListed:
    """Return the market regulator's listing of a firm for food, counted from publication."""
    own = {
        "source": "market",
        "record_id": "YZ-1",
        "list_id": ListId("BL-SAMR-YZ"),
        "bases": (BasisId("SAMR-44"),),
        "decided_on": IN_APRIL,
        "provisions": ("food",),
        "ends_on": date(2029, 4, 7),
        "notice_served_on": date(2026, 3, 9),
    }
    return a_listing(**(own | changes))


def a_tax_listing(**changes: Any) -> EntryListed:
    """Return the tax bureau's listing of a firm for three years."""
    own = {
        "source": "tax",
        "record_id": "ZD-1",
        "list_id": TAX_LIST,
        "bases": (BasisId("STA-54-ART6"),),
        "provisions": (),
        "ends_on": date(2029, 3, 2),
    }
    return a_listing(**(own | changes))


class Row(NamedTuple):
    """What was stated in this order, what the last act comes to, and the article that says so.

    The outcome is a refusal's reason, the stage, or the last day of the term.
    """

    scenario: str
    said: tuple[Act, ...]
    outcome: Reason | Stage | date
    article: str


FOR_FIVE: Final = date(2031, 3, 2)
AN_ITEM: Final[dict[str, Any]] = {"provisions": ("1",)}

ROWS: Final = (
    # The first day of effect.
    Row(
        "effect a day before the decision",
        (a_listing(effective_on=DECIDED_ON - DAY),),
        Reason.EFFECT_BEFORE_DECISION,
        COURT_ART5,
    ),
    Row(
        "a notice in effect before it was decided",
        (acts.a_notice(effective_on=date(2026, 1, 11)),),
        Reason.EFFECT_BEFORE_DECISION,
        BASIS,
    ),
    Row(
        "an extension in effect before it was decided",
        (a_listing(), acts.an_extension(effective_on=date(2027, 8, 31))),
        Reason.EFFECT_BEFORE_DECISION,
        COURT_ART5,
    ),
    Row(
        "effect on the day of the decision",
        (a_listing(effective_on=DECIDED_ON),),
        Stage.ACTIVE,
        COURT_ART5,
    ),
    Row(
        "569 days of grace where 90 are allowed",
        (a_listing(effective_on=DECIDED_ON + 569 * DAY),),
        Reason.GRACE_TOO_LONG,
        GRACE,
    ),
    Row(
        "91 days of grace",
        (a_listing(effective_on=DECIDED_ON + 91 * DAY),),
        Reason.GRACE_TOO_LONG,
        GRACE,
    ),
    Row("90 days of grace", (a_listing(effective_on=DECIDED_ON + 90 * DAY),), Stage.GRACE, GRACE),
    Row(
        "a bar that takes effect when it is served",
        (a_bid_bar(effective_on=DECIDED_ON + 9 * DAY),),
        Stage.GRACE,
        SERVICE,
    ),
    Row(
        "a month's grace on a list without any",
        (a_bid_bar(effective_on=DECIDED_ON + 30 * DAY),),
        Reason.GRACE_TOO_LONG,
        SERVICE,
    ),
    # How long the first term may run, and from which day it counts.
    Row("two years under item 3", (a_listing(),), date(2028, 3, 2), COURT_ART2),
    Row(
        "grace makes no term longer",
        (a_listing(effective_on=date(2026, 5, 2), ends_on=date(2031, 3, 3)),),
        Reason.TERM_TOO_LONG,
        COURT_ART5,
    ),
    Row("two years for article 53", (a_bid_bar(),), date(2028, 3, 2), BID),
    Row(
        "a day more than article 53 allows",
        (a_bid_bar(ends_on=date(2028, 3, 3)),),
        Reason.TERM_TOO_LONG,
        BID,
    ),
    Row(
        "a day more than the tier allows",
        (a_tax_listing(tier=Tier.SERIOUS, ends_on=date(2029, 3, 3)),),
        Reason.TERM_TOO_LONG,
        ORDER_54,
    ),
    Row("three years of the tier", (a_tax_listing(tier=Tier.SERIOUS),), date(2029, 3, 2), ORDER_54),
    Row(
        "published thirteen days later, three years from then",
        (a_market_listing(effective_on=date(2026, 4, 20), ends_on=date(2029, 4, 20)),),
        date(2029, 4, 20),
        ORDER_45,
    ),
    Row(
        "a day more than three years from publication",
        (a_market_listing(effective_on=date(2026, 4, 20), ends_on=date(2029, 4, 21)),),
        Reason.TERM_TOO_LONG,
        ORDER_45,
    ),
    Row(
        "no day of publication: the decision's stands for it",
        (a_market_listing(ends_on=date(2029, 4, 8)),),
        Reason.TERM_TOO_LONG,
        ORDER_45,
    ),
    Row(
        "published long after it had to be",
        (a_market_listing(effective_on=date(2026, 5, 18)),),
        Reason.GRACE_TOO_LONG,
        ORDER_44,
    ),
    Row(
        "a term over before it begins",
        (a_listing(effective_on=date(2026, 3, 9), ends_on=date(2026, 3, 8)),),
        Reason.TERM_BEFORE_DECISION,
        BASIS,
    ),
    # Extensions count from the real end.
    Row("a year more", (a_listing(), acts.an_extension()), date(2029, 3, 2), COURT_ART2),
    Row(
        "a year more, counted from a year after the real end",
        (
            a_listing(),
            acts.an_extension(extended_from=date(2029, 3, 2), ends_on=date(2030, 3, 2)),
        ),
        date(2029, 3, 2),
        COURT_ART2,
    ),
    Row(
        "the same, known before the listing",
        (
            acts.an_extension(extended_from=date(2029, 3, 2), ends_on=date(2030, 3, 2)),
            a_listing(),
        ),
        date(2029, 3, 2),
        COURT_ART2,
    ),
    Row(
        "three years more, counted from before the real end",
        (
            a_listing(),
            acts.an_extension(extended_from=date(2027, 3, 2), ends_on=date(2030, 3, 2)),
        ),
        date(2030, 3, 2),
        COURT_ART2,
    ),
    Row(
        "an extension that would shorten",
        (
            a_listing(),
            acts.an_extension(extended_from=date(2027, 3, 2), ends_on=date(2027, 9, 2)),
        ),
        date(2028, 3, 2),
        COURT_ART2,
    ),
    Row(
        "more than three years at once",
        (a_listing(), acts.an_extension(ends_on=date(2031, 3, 3))),
        Reason.TERM_TOO_LONG,
        COURT_ART2,
    ),
    # The cap counts from the end of the act.
    Row(
        "five years from the end of the act",
        (a_listing(ends_on=FOR_FIVE, act_ended_on=date(2024, 2, 29)),),
        date(2029, 2, 28),
        CAP,
    ),
    Row(
        "an end of the act after the decision is none",
        (a_listing(ends_on=FOR_FIVE, act_ended_on=date(2027, 1, 1)),),
        FOR_FIVE,
        CAP,
    ),
    Row(
        "grace moves no cap",
        (
            a_listing(
                effective_on=date(2026, 5, 2),
                **AN_ITEM,
                ends_on=date(2036, 3, 2),
                act_ended_on=DECIDED_ON,
            ),
        ),
        FOR_FIVE,
        CAP,
    ),
)

DATED: Final[dict[str, Callable[[date], Act]]] = {
    "a listing decided on": lambda day: a_listing(decided_on=day),
    "a listing until": lambda day: a_listing(ends_on=day),
    "a listing in effect on": lambda day: a_listing(effective_on=day),
    "a notice that lapses on": lambda day: acts.a_notice(lapses_on=day),
    "a notice served on": lambda day: acts.a_notice(served_on=day),
    "an extension from": lambda day: acts.an_extension(extended_from=day),
    "a variation decided on": lambda day: acts.a_variation(decided_on=day),
    "a penalty decided on": lambda day: acts.a_penalty(decided_on=day),
    "a penalty published until": lambda day: acts.a_penalty(published_until=day),
    "a removal decided on": lambda day: a_removal(decided_on=day),
    "a removal in effect on": lambda day: a_removal(effective_on=day),
    "a stay until": lambda day: acts.a_stay(until_on=day),
    "an objection filed on": lambda day: acts.an_objection(filed_on=day),
    "a performance on": lambda day: acts.a_performance(decided_on=day),
}
"""Acts with a day that no law knows."""

MADE_UP: Final = (date(2999, 12, 31), date(2099, 12, 31), date(9999, 12, 31), date.min)


def outcome_of(said: tuple[Act, ...], *, by: Reason | Stage | date) -> object:
    """Return what the last act came to, in the terms of the expected outcome."""
    state = DictState()
    decide = build(some_editions())
    first = said[0].envelope
    decided(
        decide, state, [a_turn(first.decided_on if first.decided_on.year == 2026 else DECIDED_ON)]
    )
    value: msgspec.Struct | None = None
    for place, act in enumerate(said, start=1):
        outputs = decided(decide, state, [act], first=place)
        value = outputs[0].value if outputs else value  # type: ignore[assignment]
    if isinstance(value, Refusal):
        return value.reason
    assert isinstance(value, Standing)
    (entry,) = value.entries
    if isinstance(by, Stage):
        return entry.stage
    return day_of(entry.ends_at) - DAY if entry.ends_at is not None else None


@pytest.mark.parametrize("row", ROWS, ids=[row.scenario for row in ROWS])
def test_the_law_has_its_outcome(row: Row) -> None:
    assert outcome_of(row.said, by=row.outcome) == row.outcome, f"{row.scenario}: {row.article}"


@pytest.mark.parametrize("day", MADE_UP, ids=str)
@pytest.mark.parametrize("name", list(DATED))
def test_a_made_up_day_is_refused_wherever_it_stands(name: str, day: date) -> None:
    assert outcome_of((DATED[name](day),), by=Reason.DATE_MADE_UP) is Reason.DATE_MADE_UP


@pytest.mark.parametrize("day", [date(2999, 12, 31), date.min + DAY])
def test_a_removal_waits_for_no_day_that_decides_nothing(day: date) -> None:
    instant = msgspec.convert(f"{day}T12:00:00Z", type(a_removal().envelope.occurred_at))
    assert (
        outcome_of((a_listing(), a_removal(occurred_at=instant)), by=Stage.REMOVED) is Stage.REMOVED
    )
    assert outcome_of((a_listing(occurred_at=instant),), by=Stage.ACTIVE) is Reason.DATE_MADE_UP
    performed = acts.a_performance(occurred_at=instant, effective_on=day)
    endless = a_listing(provisions=("1",), ends_on=None, until_performed=True)
    assert outcome_of((endless, performed), by=Stage.REMOVED) is Stage.REMOVED


def test_every_row_names_its_article() -> None:
    assert all(row.article for row in ROWS)
    assert len({row.scenario for row in ROWS}) == len(ROWS)
