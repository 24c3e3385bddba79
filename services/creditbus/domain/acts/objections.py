"""Objections: the subject's challenge of an entry, and how it was decided."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from creditbus.domain.acts.events import EntryAct
from creditbus.domain.acts.references import RecordReference


class ObjectionFiled(EntryAct, frozen=True, kw_only=True):
    """A subject objected to an entry; the mark travels with it at once.

    山东省社会信用条例 第三十九条. ``withdrawn`` takes the objection back.
    """

    filed_on: date
    ground: str = ""
    withdrawn: bool = False


class ObjectionResult(StrEnum):
    """Upheld is removal or correction; with a correction the keeper states the entry anew."""

    REMOVED = "REMOVED"
    CORRECTED = "CORRECTED"
    DISMISSED = "DISMISSED"


class ObjectionDecided(EntryAct, frozen=True, kw_only=True):
    """An authority decided an objection, and told the next remedy (法释〔2017〕7号 第十二条)."""

    objection: RecordReference
    result: ObjectionResult
    grounds: str = ""
    remedy: str = ""
