"""Cells: what a cell of a workbook or of a text says, as a text, or why it cannot be believed.

A number keeps 15 digits, a code has 18: what such a cell shows is somebody else's code. A formula
is read as its stored value, and one without says so.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date, datetime, time
from typing import Final, Self

from creditbus.sdk.sheets.sentences import Sentence

LOST_DIGITS: Final = Sentence(
    "the cell is a number and has lost digits: format the column as text and write it again",
    "单元格是数字，位数已丢失：请把该列设为文本格式后重新填写",
)
NO_VALUE: Final = Sentence(
    "the cell's formula gives no value: mend it, or write the value itself",
    "单元格的公式没有值：请改正公式，或者直接填写数值",
)
CHARACTERS: Final = 32_767
"""What a cell of a workbook can hold."""

TOO_LONG: Final = Sentence(
    f"the cell has more than {CHARACTERS} characters: shorten it",
    f"单元格超过 {CHARACTERS} 个字符：请缩短",
)
_KEPT: Final = 10**15
"""A number from here on has more digits than a workbook keeps."""

_EMPTY: Final = frozenset(
    ("", "/", "//", "\\", "无", "空", "(空)", "暂无", "NULL", "(NULL)", "NONE", "NIL", "N/A", "NA")
)
_STROKES: Final = dict.fromkeys(map(ord, "-_—–―─·.…"))
_SCIENTIFIC: Final = re.compile(r"[+-]?\d(?:[.,]\d+)?[Ee]\+?\d{1,3}")
_ERROR: Final = re.compile(
    r"#(?:[A-Z][A-Z_/0-9]+[!?]|N/A|GETTING_DATA|名称\?)|Err:\d{3}|#{2,}", re.IGNORECASE
)
"""What a cell shows whose formula failed; a row of # is what is shown of a day in a narrow column,
and what a csv then holds."""
_QUOTED: Final = re.compile(r'="(?P<text>.*)"', re.DOTALL)
_LONGEST_EMPTY: Final = 8
_LONGEST_NUMBER: Final = 30
_BEGINNINGS: Final = frozenset("#＃Ee+-＋－0123456789０１２３４５６７８９")
_CONTROLS: Final = "".join(map(chr, {*range(32), *range(127, 160)} - {*range(9, 14), 0x85}))
_UNSEEN: Final = dict.fromkeys(
    map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202a\u202c" + _CONTROLS)
)


class Unread(str):
    """What stands in a cell that cannot be read, and why."""

    __slots__ = ("why",)
    why: Sentence

    def __new__(cls, text: str, why: Sentence) -> Self:
        """Return the text with the reason beside it."""
        made = super().__new__(cls, text)
        made.why = why
        return made


def text_of(cell: object) -> str:
    """Return what a cell says, as an ``Unread`` text where it cannot be believed.

    >>> text_of(20260709.0), text_of("'0012"), text_of('="0012"'), text_of(True)
    ('20260709', '0012', '0012', '是')
    >>> text_of(913702000074639991.0).why == LOST_DIGITS
    True
    """
    match cell:
        case str():
            if len(cell) > CHARACTERS:
                return Unread("", TOO_LONG)
            return _plain(cell)
        case bool():
            return "是" if cell else "否"
        case int() | float():
            return _number(cell)
        case datetime():
            is_day = (cell.hour, cell.minute, cell.second) == (0, 0, 0)
            return (cell.date() if is_day else cell.replace(tzinfo=None)).isoformat()
        case date() | time():
            return cell.isoformat()
        case _:
            return "" if cell is None else str(cell)


def filled(text: str) -> str:
    """Return a cell's text, nothing for the words that offices write into an empty cell.

    >>> filled("——"), filled("／"), filled("n/a"), filled("无锡")
    ('', '', '', '无锡')
    """
    if len(text) > _LONGEST_EMPTY:
        return text
    return "" if half_width(text).upper().translate(_STROKES).strip() in _EMPTY else text


def half_width(text: str) -> str:
    """Return a text with full-width digits, letters and signs as plain ones."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _plain(cell: str) -> str:
    text = cell.translate(_UNSEEN).strip()
    if not text:
        return ""
    if text[0] in "'‘’":
        text = text[1:].strip()
    elif text[0] == "=":
        quoted = _QUOTED.fullmatch(text)
        if quoted is None:
            return Unread(text, NO_VALUE)
        text = quoted["text"].strip()
    if 0 < len(text) < _LONGEST_NUMBER and text[0] in _BEGINNINGS:
        plain = half_width(text)
        if _ERROR.fullmatch(plain):
            return Unread(text, _failed(plain))
        if _SCIENTIFIC.fullmatch(plain):
            return Unread(text, LOST_DIGITS)
    return text


def _failed(shown: str) -> Sentence:
    return Sentence(
        f"the cell's formula gives {shown}: mend it, or write the value",
        f"单元格显示为 {shown}：请改正公式或者加宽该列，或者直接填写数值",
    )


def _number(cell: float) -> str:
    if not math.isfinite(cell):
        return Unread("", NO_VALUE)
    whole = int(cell)
    if whole != cell:
        return repr(cell)
    return str(whole) if abs(whole) < _KEPT else Unread(str(whole), LOST_DIGITS)
