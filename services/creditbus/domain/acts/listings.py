"""Listings before and after the decision: the notice, a longer term, other items.

All three are the list keeper's own acts in the record of the listing, and its revisions order them.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from creditbus.domain.acts.events import Burden
from creditbus.domain.ids import MeasureId


class NoticeStep(StrEnum):
    """How far the hearing of the subject has come (行政处罚法 第四十四条、第六十三条)."""

    SERVED = "SERVED"
    REPRESENTATION_RECEIVED = "REPRESENTATION_RECEIVED"
    HEARING_HELD = "HEARING_HELD"


class EntryNoticed(Burden, frozen=True, kw_only=True):
    """A source told a subject that it means to list it, and why (国办发〔2020〕49号 (八)).

    ``answer_by`` is the last day to state and defend, and no listing has effect before that day is
    over or the subject has answered (行政处罚法 第四十四条、第四十五条); ``lapses_on`` the day on
    which the notice is gone when no decision has followed. ``measures`` are those to expect.
    """

    step: NoticeStep
    served_on: date
    rights_stated: bool
    provisions: tuple[str, ...] = ()
    measures: tuple[MeasureId, ...] = ()
    answer_by: date | None = None
    lapses_on: date | None = None


class EntryExtended(Burden, frozen=True, kw_only=True):
    """A court gave an entry a longer term, by a decision (法释〔2017〕7号 第二条).

    ``extended_from`` is the last day of the term until now, ``ends_on`` the new one.
    """

    extended_from: date
    ends_on: date
    ground: str = ""


class EntryVaried(Burden, frozen=True, kw_only=True):
    """A source changed what an entry orders: the provisions are all that it says from now on.

    The term stays. A consumption restriction order is varied so (法释〔2015〕17号 第三条、第八条).
    """

    provisions: tuple[str, ...]
    ground: str = ""
