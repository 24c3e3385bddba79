"""Read a registrar's list of old codes, csv or xlsx: which credit code each stands for.

A row is a fact of its own, with the registrar's record id; a row that cannot be read is told with
its number, and the others go on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final

from creditbus.domain.acts.events import Envelope
from creditbus.domain.acts.mappings import Alias, AliasKind, Confidence, SubjectAliasMapped
from creditbus.domain.identifiers.notation import compact
from creditbus.domain.ids import SourceId, derive_event_id
from creditbus.domain.subjects import kind_of, uscc_subject, why_not_subject
from creditbus.sdk.sheets.cells import Unread
from creditbus.sdk.sheets.rows import RowFault
from creditbus.sdk.sheets.workbooks import sheets_of

REQUIRED: Final = ("record_id", "kind", "old_code", "credit_code", "decided_on")
OPTIONAL: Final = (
    "revision",
    "confidence",
    "begins_on",
    "ends_on",
    "withdrawn",
    "document",
    "synthetic",
)
_HEADERS: Final = frozenset((*REQUIRED, *OPTIONAL))
_YES: Final = frozenset({"1", "true", "yes", "是"})


class _Unreadable(Exception):
    def __init__(self, column: str, detail: str) -> None:
        super().__init__(detail)
        self.column, self.detail = column, detail


def read_mappings(path: Path, source: SourceId) -> Iterator[SubjectAliasMapped | RowFault]:
    """Yield a fact for each row, or why it was not read.

    Raises ``ValueError`` when the file is no sheet, or when needed columns are missing.
    """
    sheet = next((each for each in sheets_of(path, _HEADERS) if not each.is_hidden), None)
    rows = enumerate(sheet.rows if sheet is not None else (), start=1)
    _, first = next(rows, (0, []))
    headers = [cell.strip().lower() for cell in first]
    missing = [name for name in REQUIRED if name not in headers]
    if missing:
        raise ValueError(
            f"{path.name}: no column {', '.join(missing)}; the first row must hold the headers "
            f"{', '.join(REQUIRED)}, and may hold {', '.join(OPTIONAL)}"
        )
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        row = dict.fromkeys(headers, "") | dict(zip(headers, cells, strict=False))
        try:
            _refuse_unread(row)
            _refuse_surplus(cells[len(headers) :])
            yield _fact(row, source)
        except _Unreadable as finding:
            yield RowFault(number, finding.column, finding.detail)


def _refuse_unread(row: Mapping[str, str]) -> None:
    for column, cell in row.items():
        if isinstance(cell, Unread):
            raise _Unreadable(column, cell.why)


def _refuse_surplus(cells: Sequence[str]) -> None:
    if any(cells):
        detail = "the row has more cells than there are headers: is there a separator in a value?"
        raise _Unreadable("the row", detail)


def _fact(row: Mapping[str, str], source: SourceId) -> SubjectAliasMapped:
    alias, subject = _alias(row), uscc_subject(row["credit_code"])
    record_id, revision = row["record_id"], _revision(row)
    if not record_id:
        raise _Unreadable("record_id", "give the record's own id")
    decided_on = _day(row, "decided_on")
    if decided_on is None:
        raise _Unreadable("decided_on", "give the day of the decision, as 2017-10-09")
    envelope = Envelope(
        event_id=derive_event_id(source, record_id, revision, "subject_alias_mapped", subject),
        source=source,
        record_id=record_id,
        record_revision=revision,
        sequence=0,
        subject_kind=kind_of(subject),
        subject_id=subject,
        occurred_at=datetime.combine(decided_on, time.min, UTC),
        decided_on=decided_on,
        document_number=row.get("document", ""),
        synthetic=row.get("synthetic", "").lower() in _YES,
    )
    fact = SubjectAliasMapped(
        envelope=envelope,
        alias_kind=alias.kind,
        alias=alias.code,
        confidence=_confidence(row),
        begins_on=_day(row, "begins_on"),
        ends_on=_day(row, "ends_on"),
        withdrawn=row.get("withdrawn", "").lower() in _YES,
    )
    if why_not := why_not_subject(kind_of(subject), subject, fact.trust):
        raise _Unreadable("credit_code", why_not)
    return fact


def _alias(row: Mapping[str, str]) -> Alias:
    try:
        kind = AliasKind(row["kind"].upper())
    except ValueError as error:
        raise _Unreadable("kind", f"one of {', '.join(AliasKind)}") from error
    alias = Alias(kind, compact(row["old_code"]))
    if why_not := alias.why_not():
        raise _Unreadable("old_code", why_not)
    return alias


def _revision(row: Mapping[str, str]) -> int:
    written = row.get("revision") or "1"
    if not written.isdecimal():
        raise _Unreadable("revision", "a number of 1 or more")
    return int(written)


def _confidence(row: Mapping[str, str]) -> Confidence:
    try:
        return Confidence((row.get("confidence") or Confidence.ISSUED).upper())
    except ValueError as error:
        raise _Unreadable("confidence", f"one of {', '.join(Confidence)}") from error


def _day(row: Mapping[str, str], column: str) -> date | None:
    written = row.get(column, "")
    try:
        return date.fromisoformat(written) if written else None
    except ValueError as error:
        raise _Unreadable(column, f"{written} is no day; write 2017-10-09") from error
