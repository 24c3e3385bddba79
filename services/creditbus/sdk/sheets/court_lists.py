"""The court list: a row becomes a listing on it, by article 1 of the court's own rule.

最高人民法院关于公布失信被执行人名单信息的若干规定, 法释〔2017〕7号.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from creditbus.domain.acts.events import EntryListed, Envelope
from creditbus.domain.calendar import years_after
from creditbus.domain.ids import BasisId, ListId, SourceId, derive_event_id
from creditbus.sdk.sheets.cells import half_width
from creditbus.sdk.sheets.parties import debtor_of
from creditbus.sdk.sheets.rows import CellFault, SheetRow

COURT: Final = ListId("BL-COURT-SX")
TERM_YEARS: Final = 2
_BASES: Final = (BasisId("SPC-2017-7-ART1"), BasisId("SPC-2017-7-ART2"))

CONDUCTS: Final[dict[str, str]] = {
    "1": "有履行能力而拒不履行",
    "2": "伪造证据、暴力、威胁",
    "3": "虚假诉讼、虚假仲裁",
    "4": "违反财产报告制度",
    "5": "违反限制消费令",
    "6": "拒不履行执行和解协议",
}
"""What article 1 calls each of its six items, in the words that the list's own column uses."""

_WORDS: Final[dict[str, re.Pattern[str]]] = {
    item: re.compile(words)
    for item, words in {
        "1": r"有履行能力而?(?:拒不|不|未)履行|有能力而?拒不履行",
        "2": r"伪造证据|暴力|威胁",
        "3": r"虚假诉讼|虚假仲裁|(?:隐匿|转移)[^。;]*财产",
        "4": r"财产报告",
        "5": r"限制(?:高)?(?:消费|消费令)|限高令",
        "6": r"和解协议",
    }.items()
}
"""By which words a column of free text names an item; courts and their systems differ."""


def listing_of(row: SheetRow, source: SourceId) -> EntryListed:
    """Return the listing that a row states; raises ``CellFault``."""
    subject, kind = debtor_of(row)
    case = row.text("case")
    if not case:
        raise CellFault("case", "give the number of the enforcement case: it names the record")
    published = row.needed_day("published")
    provisions = provisions_in(row.text("conduct"))
    is_open_ended = provisions == ("1",)
    name = row.text("name")
    envelope = Envelope(
        event_id=derive_event_id(source, case, 1, "entry_listed", subject),
        source=source,
        record_id=case,
        record_revision=1,
        sequence=0,
        subject_kind=kind,
        subject_id=subject,
        occurred_at=datetime.combine(published, datetime.min.time(), UTC),
        decided_on=published,
        document_number=row.text("document"),
        bases=_BASES,
        synthetic=name.startswith(("（测）", "(测)")),
    )
    return EntryListed(
        envelope=envelope,
        list_id=COURT,
        subject_name=name,
        provisions=provisions,
        ends_on=None if is_open_ended else years_after(published, TERM_YEARS),
        until_performed=is_open_ended,
        notice_served_on=row.day("notice"),
        rights_stated=row.yes("rights"),
    )


def provisions_in(conduct: str) -> tuple[str, ...]:
    """Return the items of article 1 that a conduct's words name; raises ``CellFault``.

    >>> provisions_in("违反限制高消费令"), provisions_in("以暴力,威胁方法妨碍,抗拒执行")
    (('5',), ('2',))
    """
    plain = re.sub(r"\s", "", half_width(conduct))
    found = tuple(item for item, words in _WORDS.items() if words.search(plain))
    if not found:
        known = "；".join(CONDUCTS.values())
        raise CellFault("conduct", f"the conduct is none of article 1: {known}")
    return found
