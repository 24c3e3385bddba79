"""Decisions: a row of the official sheets becomes a penalty or a permit, a fact that lists nobody.

双公示, 发改办财金〔2018〕424号. The day until which a penalty is disclosed is the sheet's own.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final

from creditbus.domain.acts.decisions import PenaltyDecided, PermitDecided, PermitMode, Procedure
from creditbus.domain.acts.events import Envelope
from creditbus.domain.acts.records import TEXT_CHARACTERS
from creditbus.domain.identifiers.citizen import hide_persons
from creditbus.domain.ids import SourceId, derive_event_id
from creditbus.sdk.sheets.cells import half_width
from creditbus.sdk.sheets.parties import party_of
from creditbus.sdk.sheets.rows import CellFault, SheetRow
from creditbus.sdk.sheets.sentences import Sentence

_IN_FORCE: Final = frozenset({"", "0", "正常", "有效", "2", "异议", "3", "其他", "新增"})
_REVOKED: Final = frozenset({"1", "撤销", "已撤销", "注销", "吊销"})
_BETWEEN: Final = re.compile(r"[;,、\n/]+")


def penalty_of(row: SheetRow, source: SourceId) -> PenaltyDecided:
    """Return the penalty that a row states; raises ``CellFault``.

    Amounts are given in ten thousands of yuan. A penalty that was taken back is no row of a sheet.
    """
    if _is_revoked(row):
        raise CellFault(
            "status",
            Sentence(
                "a penalty that was revoked is told as a revocation of its document, not as a row",
                "已撤销的处罚请按决定书报送撤销，不作为一行报送",
            ),
        )
    kinds = [row.discreet(field) for field in ("penalty", "other_penalty")]
    return PenaltyDecided(
        envelope=_envelope(row, source, "penalty_decided", revision=1),
        procedure=Procedure.GENERAL,
        tier=None,
        violation=_cut(row.discreet("violation") or row.discreet("facts")),
        content=_cut(row.discreet("content")),
        penalties=tuple(
            dict.fromkeys(_cut(each) for kind in kinds for each in _BETWEEN.split(kind) if each)
        ),
        fine_fen=row.fen("fine"),
        confiscated_fen=row.fen("confiscated"),
        licences=tuple(filter(None, [_cut(row.discreet("licences"))])),
        published_until=row.last_day("published_until"),
    )


def permit_of(row: SheetRow, source: SourceId) -> PermitDecided:
    """Return the permit that a row states, or that it was taken back; raises ``CellFault``."""
    is_revoked = _is_revoked(row)
    named = next(
        (text for field in ("certificate", "title", "permit") if (text := row.discreet(field))), ""
    )
    if not named:
        raise CellFault(
            "permit",
            Sentence(
                "say which permit it is: its certificate, title or kind",
                "请填写许可证书名称、决定文书名称或者许可类别，以说明是哪项许可",
            ),
        )
    return PermitDecided(
        envelope=_envelope(row, source, "permit_decided", revision=2 if is_revoked else 1),
        permit=_cut(named),
        mode=PermitMode.NORMAL,
        content=_cut(row.discreet("content")),
        valid_from=row.day("valid_from"),
        valid_to=row.last_day("valid_to"),
        revoked=is_revoked,
    )


def _is_revoked(row: SheetRow) -> bool:
    status = half_width(row.text("status"))
    if status not in _IN_FORCE and status not in _REVOKED:
        shown = hide_persons(status)[:20]
        raise CellFault(
            "status",
            Sentence(
                f"{shown} is no state: 0 in force, 1 revoked",
                f"“{shown}”不是当前状态：0 为正常，1 为撤销",
            ),
        )
    return status in _REVOKED


def _envelope(row: SheetRow, source: SourceId, record: str, *, revision: int) -> Envelope:
    subject, kind = party_of(row)
    document = row.text("document")
    if not document:
        raise CellFault(
            "document",
            Sentence(
                "give the number of the decision: it names the record",
                "请填写决定书文号：记录以它为编号",
            ),
        )
    decided = row.needed_day("decided")
    # One decision may be about several parties, each a record of its own.
    record_id = f"{document} {subject.partition(':')[2]}"
    return Envelope(
        event_id=derive_event_id(source, record_id, revision, record, subject),
        source=source,
        record_id=record_id,
        record_revision=revision,
        sequence=0,
        subject_kind=kind,
        subject_id=subject,
        occurred_at=_midnight(decided),
        decided_on=decided,
        document_number=document,
        synthetic=row.text("name").startswith(("（测）", "(测)")),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC)


def _cut(text: str) -> str:
    return text[:TEXT_CHARACTERS]
