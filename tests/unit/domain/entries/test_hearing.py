"""The subject is heard first, a row a scenario (行政处罚法 第四十四条、第四十五条).

A row is what the keeper stated in its record, the first day on which the entry has effect, and the
article that holds it till then, none where nothing does.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations
from typing import Any, Final

import pytest

from creditbus.domain.acts.listings import NoticeStep
from creditbus.domain.effects.checks import Verdict
from creditbus.domain.entries.entry import Stage
from creditbus.engine.values import DictState
from creditbus.listing.agenda import SUBJECTS
from creditbus.listing.decide import build
from tests.acts import a_notice
from tests.examples import (
    BID_LIST,
    DECIDED_ON,
    FIRM,
    a_bid_bar,
    a_dossier,
    a_removal,
    a_turn,
    decided,
    entry_after,
    some_clocks,
    some_editions,
    standing_on,
)
from tests.unit.query.test_decide import BIDDING, NOON, asked

DAY: Final = timedelta(days=1)
LAST: Final = date(2026, 3, 20)
"""The last day to answer, after the decision."""

HEARD: Final = "行政处罚法 第四十五条"
OWN: Final[dict[str, Any]] = {
    "source": "tender",
    "record_id": a_bid_bar().envelope.record_id,
    "list_id": BID_LIST,
    "bases": ("TBL-ART53",),
}


def served(answer_by: date | None = LAST, **changes: Any) -> Any:
    return a_notice(**{**OWN, "answer_by": answer_by, "lapses_on": None, **changes})


def answered(step: NoticeStep, revision: int) -> Any:
    return served(step=step, record_revision=revision)


BAR: Final = a_bid_bar(record_revision=2)

ROWS: Final[dict[str, tuple[tuple[Any, ...], date, str]]] = {
    "no notice on the bus": ((BAR,), DECIDED_ON, ""),
    "a notice without a last day": ((served(None), BAR), DECIDED_ON, ""),
    "decided before the time to answer is over": ((served(), BAR), LAST + DAY, HEARD),
    "decided on the last day to answer": ((served(DECIDED_ON), BAR), DECIDED_ON + DAY, HEARD),
    "decided when the time to answer was over": (
        (served(DECIDED_ON - DAY), BAR),
        DECIDED_ON,
        "",
    ),
    "decided early, after the subject has answered": (
        (
            served(),
            answered(NoticeStep.REPRESENTATION_RECEIVED, 2),
            a_bid_bar(record_revision=3),
        ),
        DECIDED_ON,
        "",
    ),
    "decided early, after the hearing": (
        (served(), answered(NoticeStep.HEARING_HELD, 2), a_bid_bar(record_revision=3)),
        DECIDED_ON,
        "",
    ),
    "decided early, and the subject answers then": (
        (served(), BAR, answered(NoticeStep.REPRESENTATION_RECEIVED, 3)),
        DECIDED_ON,
        "",
    ),
    "a first day of effect later than the time to answer": (
        (served(), a_bid_bar(record_revision=2, effective_on=date(2026, 4, 1))),
        date(2026, 4, 1),
        "",
    ),
    "a notice of something later leaves the entry in effect": (
        (BAR, served(record_revision=3)),
        DECIDED_ON,
        "",
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_the_first_day_of_effect(name: str) -> None:
    said, first, article = ROWS[name]
    for order in permutations(said):
        assert entry_after(*order).starts_on == first
        assert entry_after(*order, day=first).stage is Stage.ACTIVE
        if article:
            held = entry_after(*order, day=first - DAY)
            assert (held.stage, held.starts_on) == (Stage.GRACE, first)


def test_a_check_bars_from_that_day_though_no_timer_ran() -> None:
    standing = standing_on(a_dossier(served(), BAR), DECIDED_ON)
    on = {day: asked(BIDDING, standing, NOON.replace(month=3, day=day)) for day in (20, 21)}
    assert [on[day].verdict for day in (20, 21)] == [Verdict.YES, Verdict.NO]


def test_the_turn_of_the_day_brings_it_into_effect() -> None:
    decide, state = build(some_editions(), some_clocks()), DictState()
    decided(decide, state, [a_turn(DECIDED_ON), served(), BAR])
    stages = []
    for day in (LAST, LAST + DAY):
        decided(decide, state, [a_turn(day)])
        (standing,) = state.get_many(SUBJECTS, [FIRM])
        assert standing is not None
        stages += [each.stage for each in standing.entries]
    assert stages == [Stage.GRACE, Stage.ACTIVE]


def test_nothing_holds_the_removal_of_an_entry_that_waits() -> None:
    removal = a_removal(**{**OWN, "bases": ()}, record_revision=3)
    assert entry_after(served(), BAR, removal).stage is Stage.REMOVED
