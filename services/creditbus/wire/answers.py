"""Answers: the JSON that the gateway gives, for those who serve it and for those who read it.

Of an answer that is a no the body is a problem (RFC 9457), with every mistake in what was sent. The
fate of a record is what became of each time that it came in.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from creditbus.domain.acts.events import RemovalCause
from creditbus.domain.acts.refusals import Fault
from creditbus.domain.entries.entry import Stage
from creditbus.domain.ids import ListId

FATES_TOLD: Final = "fates.told.v1"
"""The type of a message with fates, as CloudEvents names it."""

PROBLEM_JSON: Final = "application/problem+json"


class ToldMistake(msgspec.Struct, frozen=True, kw_only=True):
    """One mistake in what was sent: a stable code, where it lies, the law, and what to do.

    ``pointer`` is a JSON pointer (RFC 6901). ``suggestion`` may stand there as it is.
    """

    reason: str
    field: str
    pointer: str
    article: str
    detail: str
    suggestion: str = ""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """The body of an answer that is a no: what happened, where, by which article, what to do.

    ``reason``, ``detail``, ``field`` and ``article`` are those of the first mistake; ``mistakes``
    are all, where what was sent could be read.
    """

    title: str
    status: int
    reason: str
    detail: str
    field: str = ""
    article: str = ""
    mistakes: tuple[ToldMistake, ...] = ()


class FateState(StrEnum):
    """What became of a record that lies in an inbox; ``WAITING`` until somebody has decided."""

    WAITING = "WAITING"
    APPLIED = "APPLIED"
    DUPLICATE = "DUPLICATE"
    REFUSED = "REFUSED"
    DEAD = "DEAD"


class EntryFate(msgspec.Struct, frozen=True, kw_only=True):
    """Where the entry of a record stands now."""

    list_id: ListId
    stage: Stage
    record_revision: int
    ends_at: datetime | None = None
    removal_cause: RemovalCause | None = None


class RecordFate(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one arrival of a record.

    ``waits_for`` is ``intake`` or ``listing`` of what is not decided yet, or ``entry`` of what is
    about an entry that nobody has listed. ``effect`` is ``KEPT`` of a fact, ``UNCHANGED`` where
    the entry stands as it stood. ``reasons`` are of a refused one; ``cause`` and ``detail`` of a
    dead one. ``offset`` is its place in the inbox, as its receipt has it; ``partition`` is 0 as
    long as the inbox has not been widened. ``redriven`` is of one that a person of the bus put in
    once more: the offset at which the source had sent it. ``sandbox``: it was only tried, and
    ``state`` is what it would have come to as far as that needs no other record.
    """

    offset: int
    record_id: str
    record_revision: int
    event_id: str
    state: FateState
    waits_for: str = ""
    effect: str = ""
    entries: tuple[EntryFate, ...] = ()
    reasons: tuple[Fault, ...] = ()
    cause: str = ""
    detail: str = ""
    decided_at: datetime | None = None
    partition: int = 0
    redriven: int | None = None
    sandbox: bool = False


class RecordFates(msgspec.Struct, frozen=True, kw_only=True):
    """All arrivals of one record, the newest first; ``state`` is that of the newest.

    ``is_reused``: those that were applied name more than one subject, and each of them stands.
    """

    record_id: str
    state: FateState
    arrivals: tuple[RecordFate, ...]
    is_reused: bool = False


class ReceiptPage(msgspec.Struct, frozen=True, kw_only=True):
    """What became of what lies at some offsets of a partition of an inbox, in their order.

    ``next`` is where the following page starts: all before it is told here, or was forgotten.
    """

    fates: tuple[RecordFate, ...]
    next: int


class FateReset(msgspec.Struct, frozen=True):
    """Some fates may have been left out of a stream before this: the pages have them."""

    reason: str


class ToldFatesMessage(msgspec.Struct, frozen=True):
    """What a source's webhook is told at once: fates in their order, of its own records.

    ``gap`` says why some may have been left out before these; the pages have them.
    """

    fates: tuple[RecordFate, ...] = ()
    gap: str = ""


class RowState(StrEnum):
    """What became of a row at the door: ``FINE`` is of a dry run, in which nothing is taken."""

    TAKEN = "TAKEN"
    FINE = "FINE"
    REFUSED = "REFUSED"
    UNREAD = "UNREAD"


class RowAnswer(msgspec.Struct, frozen=True, kw_only=True, tag="row", tag_field="kind"):
    """One row of a file: its number in the sheet, and its receipt or every mistake in it.

    Of a mistake ``field`` is the header of its column.
    """

    sheet: str
    row: int
    state: RowState
    record_id: str = ""
    offset: int | None = None
    partition: int = 0
    mistakes: tuple[ToldMistake, ...] = ()


class FileAnswer(msgspec.Struct, frozen=True, kw_only=True, tag="file", tag_field="kind"):
    """What a file was, after its rows: how many became what, and what its sender should know.

    ``header_row`` is the row of the headers in the sheet. ``broken`` says why no row was read
    after the last one told, empty where the whole file was read. ``sandbox``: all of it was only
    tried.
    """

    name: str
    table: str = ""
    header_row: int = 0
    is_dry_run: bool = False
    taken: int = 0
    fine: int = 0
    refused: int = 0
    unread: int = 0
    notices: tuple[str, ...] = ()
    broken: str = ""
    sandbox: bool = False


FileLine = RowAnswer | FileAnswer
"""What each line of the answer to a file holds."""


class LineAnswer(msgspec.Struct, frozen=True, kw_only=True, tag="line", tag_field="kind"):
    """One line of a batch: its receipt, or every mistake in it; ``UNREAD`` is what is no event."""

    line: int
    state: RowState
    record_id: str = ""
    event_id: str = ""
    offset: int | None = None
    partition: int = 0
    mistakes: tuple[ToldMistake, ...] = ()


class BatchAnswer(msgspec.Struct, frozen=True, kw_only=True, tag="batch", tag_field="kind"):
    """What a batch was, after its lines: ``last`` is the last that was answered.

    ``broken`` says why no line after it was taken; then the batch goes on with ``after=last``.
    ``sandbox``: all of it was only tried.
    """

    last: int
    taken: int = 0
    refused: int = 0
    unread: int = 0
    broken: str = ""
    sandbox: bool = False


BatchLine = LineAnswer | BatchAnswer
"""What each line of the answer to a batch holds."""
