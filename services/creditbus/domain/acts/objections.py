"""Objections: the subject's challenge of an entry, and how it was decided."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import msgspec

from creditbus.domain.acts.events import Envelope
from creditbus.domain.acts.references import RecordReference
from creditbus.domain.ids import ListId


class ObjectionFiled(
    msgspec.Struct, frozen=True, kw_only=True, tag="objection_filed", tag_field="type"
):
    """A subject objected to an entry; the mark travels with it at once.

    山东省社会信用条例 第三十九条. ``withdrawn`` takes the objection back.
    """

    envelope: Envelope
    list_id: ListId
    entry: RecordReference
    filed_on: date
    ground: str = ""
    withdrawn: bool = False


class ObjectionResult(StrEnum):
    """Upheld is removal or correction; with a correction the keeper states the entry anew."""

    REMOVED = "REMOVED"
    CORRECTED = "CORRECTED"
    DISMISSED = "DISMISSED"


class ObjectionDecided(
    msgspec.Struct, frozen=True, kw_only=True, tag="objection_decided", tag_field="type"
):
    """An authority decided an objection, and told the next remedy (法释〔2017〕7号 第十二条)."""

    envelope: Envelope
    list_id: ListId
    entry: RecordReference
    objection: RecordReference
    result: ObjectionResult
    grounds: str = ""
    remedy: str = ""
