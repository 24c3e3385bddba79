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
from creditbus.sdk.sheets.sentences import Sentence

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
        "1": r"有(?:履行)?能力(?:履行)?而?(?:拒不|不|未)履行",
        "2": r"伪造[^。;]{0,4}证据|暴力|威胁",
        "3": r"虚假诉讼|虚假仲裁|(?:隐匿|转移)[^。;]*财产",
        "4": r"财产(?:报告|申报)|(?:报告|申报)财产",
        "5": r"限制(?:高)?消费|消费限制|限高令|限消令",
        "6": r"和解协议",
    }.items()
}
"""By which words a column of free text names an item; courts and their systems differ."""

_OTHERWISE: Final = {
    "2": re.compile(r"(?:妨[碍害]|抗拒)[^。;]{0,4}执行"),
    "3": re.compile(r"规避执行"),
}
"""The same by what the conduct came to, where no other words say by which means."""

_ITEM: Final = re.compile(r"(?:第一条)?第?\(?(?P<item>[1-6一二三四五六])\)?项?")
_DIGITS: Final = str.maketrans("一二三四五六", "123456")
_DENIED: Final = re.compile(r"(?:没有|未曾|并未|未|不存在|无)(?:违反|伪造|隐匿|转移|规避)")
"""Who writes that nothing of the kind was done lists nobody."""


def listing_of(row: SheetRow, source: SourceId) -> EntryListed:
    """Return the listing that a row states; raises ``CellFault``."""
    subject, kind = debtor_of(row)
    case = row.text("case")
    if not case:
        raise CellFault(
            "case",
            Sentence(
                "give the number of the enforcement case: it names the record",
                "请填写执行案号：记录以它为编号",
            ),
        )
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
    found = _items(plain, _WORDS) or _items(plain, _OTHERWISE)
    if named := _ITEM.fullmatch(plain):
        found = (named["item"].translate(_DIGITS),)
    if not found or _DENIED.search(plain):
        known = "；".join(CONDUCTS.values())
        raise CellFault(
            "conduct",
            Sentence(
                f"the conduct is none of article 1: {known}",
                f"该情形不属于第一条所列各项，请填写其一：{known}",
            ),
        )
    return found


def _items(text: str, words: dict[str, re.Pattern[str]]) -> tuple[str, ...]:
    return tuple(item for item, pattern in words.items() if pattern.search(text))
