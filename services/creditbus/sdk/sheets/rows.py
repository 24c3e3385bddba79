"""Rows: the cells of one row by field, and what is read of them: days, words for yes, amounts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from creditbus.domain.calendar import day_of
from creditbus.domain.identifiers.citizen import hide_persons
from creditbus.sdk.sheets.cells import Unread, filled, half_width
from creditbus.sdk.sheets.headers import SheetTable
from creditbus.sdk.sheets.sentences import Sentence

_PERSON_WITHIN: Final = Sentence(
    "a natural person's number stands in the text: leave it out",
    "文本中含有自然人的证件号码：请删去",
)
FEN: Final = 1_000_000
"""Fen in ten thousand yuan, the unit of the official sheets."""

_DAY: Final = re.compile(
    r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})[日号]?|(\d{2})(\d{2}))"
    r"(?:[T ]?\d{1,2}[:时点][\d:时分秒点.\s]*)?"
)
_DAY_WITHIN: Final = re.compile(
    r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}[日号]?"
    r"|(?<!\d)(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)"
)
_INSTANT: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{1,2}:\d{2}(?::\d{2})?)(?:[.,]\d+)? ?(Z|[+-]\d{2}(?::?\d{2})?)"
)
"""An instant with its zone: its day is that of the county, not of the zone."""

_LEAP: Final = re.compile(r":60$")
_HYPHENS: Final = dict.fromkeys(map(ord, "‐‑‒–—―−~"), "-")
_BLANKS: Final = re.compile(r"\s+(?=[年月日])|(?<=[年月])\s+")
_SERIAL: Final = re.compile(r"[1-9]\d{4}(?:\.\d+)?")
_EPOCH: Final = date(1899, 12, 30)
_EPOCH_1904: Final = date(1904, 1, 1)
_FOR_EVER: Final = frozenset({"长期", "永久", "长期有效", "永久有效", "无固定期限"})
_YES: Final = frozenset(
    [
        *("是", "是的", "对", "真", "有", "已", "已告知", "已经告知", "Y", "YES", "TRUE", "T"),
        *("1", "1.0", "√", "✓", "✔", "☑"),
    ]
)
_NO: Final = frozenset(
    [
        *("", "否", "不是", "假", "无", "没有", "未", "未告知", "没有告知", "N", "NO", "FALSE"),
        *("F", "0", "0.0", "×", "✗", "✘", "☒"),
    ]
)
_NUMERALS: Final = str.maketrans(
    "〇○Ｏ零一二三四五六七八九壹贰叁肆伍陆柒捌玖拾", "0000123456789123456789十"
)
_NUMBERED: Final = re.compile(r"[〇○零一二三四五六七八九十廿卅壹贰叁肆伍陆柒捌玖拾]+(?=[年月日号])")
_CLOSING: Final = re.compile(
    r"[(\[【\-—_*]*(?:合计|总计|小计|共计|本页|累计|填表|制表|填报|审核|复核|负责人|联系|说明"
    r"|备?注\d*(?:[:：.、]|$)|共\d+[条户件]|第\d+页|以下(?:空白|无)|打印|盖章|[(]公章"
    r"|年月日$|(?:sub|grand)?total\b|end\b|结束|完毕?[)—\-]*$)",
    re.IGNORECASE,
)


class RowFault(msgspec.Struct, frozen=True):
    """Why a row was not read: its number in the sheet, the column, and what to do.

    ``others`` are what is wrong with further cells of the row.
    """

    row: int
    column: str
    detail: str
    others: tuple[RowFault, ...] = ()
    detail_zh: str = ""


class CellFault(Exception):
    """A cell says nothing that can be taken; ``field`` is the layout's, or the column's header."""

    def __init__(self, field: str, detail: Sentence) -> None:
        super().__init__(str(detail))
        self.field, self.detail = field, detail


class SheetRow:
    """One row under the headers of its table."""

    def __init__(self, cells: Sequence[str], table: SheetTable, *, from_1904: bool = False) -> None:
        self._cells, self._places, self._from_1904 = cells, table.places, from_1904
        self._instead: dict[str, str] = {}

    def read_instead(self, field: str, text: str) -> bool:
        """Let a cell be read as something sound, so that the others are read too.

        Returns whether there is such a field, and it was not replaced before.
        """
        is_new = field in self._places and field not in self._instead
        self._instead[field] = text
        return is_new

    def raw(self, field: str) -> str:
        """Return a cell as it stands, nothing where the table has no such column."""
        if field in self._instead:
            return self._instead[field]
        place = self._places.get(field)
        return self._cells[place] if place is not None and place < len(self._cells) else ""

    def text(self, field: str) -> str:
        """Return what a cell says; raises ``CellFault`` where it cannot be believed."""
        cell = self.raw(field)
        if isinstance(cell, Unread):
            raise CellFault(field, cell.why)
        return filled(cell)

    def discreet(self, field: str) -> str:
        """Return a free text; raises ``CellFault`` where a person's number stands in it."""
        text = self.text(field)
        if text and hide_persons(text) != text:
            raise CellFault(field, _PERSON_WITHIN)
        return text

    def day(self, field: str) -> date | None:
        """Return the day in a cell, None in an empty one."""
        text = half_width(self.text(field)).strip()
        if not text:
            return None
        found = self._day(_NUMBERED.sub(_digits, _BLANKS.sub("", text.translate(_HYPHENS))))
        if found is None:
            raise CellFault(field, _no_day(hide_persons(" ".join(text.split()))[:40]))
        return found

    def needed_day(self, field: str) -> date:
        """Return the day in a cell that must hold one."""
        found = self.day(field)
        if found is None:
            raise CellFault(field, _no_day(""))
        return found

    def last_day(self, field: str) -> date | None:
        """Return the last day of a term, None for one without an end."""
        return None if half_width(self.text(field)) in _FOR_EVER else self.day(field)

    def yes(self, field: str) -> bool:
        """Return whether a cell says yes; nothing in it says no."""
        word = half_width(self.text(field)).strip().upper()
        if word not in _YES and word not in _NO:
            shown = hide_persons(word)[:20]
            raise CellFault(
                field,
                Sentence(
                    f"{shown} is neither yes nor no: write 是 or 否",
                    f"“{shown}”既不是“是”也不是“否”：请填写是或否",
                ),
            )
        return word in _YES

    def fen(self, field: str) -> int | None:
        """Return an amount that is given in ten thousands of yuan, None where nothing is given."""
        text = half_width(self.text(field)).replace(",", "").removesuffix("万元").strip()
        if not text:
            return None
        try:
            amount = Decimal(text) * FEN
        except InvalidOperation as error:
            raise CellFault(field, _no_amount(text)) from error
        if not amount.is_finite() or amount < 0 or amount != amount.to_integral_value():
            raise CellFault(field, _no_amount(text))
        return int(amount)

    def _day(self, text: str) -> date | None:
        if instant := _INSTANT.fullmatch(text):
            return _day_in_county(*instant.groups())
        matched = _DAY.fullmatch(text)
        if matched is None and (within := _DAY_WITHIN.findall(text)):
            # Of 2015's columns one holds the office and the day; two days in it are no day.
            matched = _DAY.fullmatch(within[0]) if len(within) == 1 else None
        if matched is None:
            return self._serial(text)
        year, month, day = (int(part) for part in matched.groups() if part is not None)
        try:
            return date(year, month, day)
        except ValueError:
            return None

    def _serial(self, text: str) -> date | None:
        """Return the day of a number that a workbook shows as a day elsewhere."""
        if _SERIAL.fullmatch(text) is None:
            return None
        epoch = _EPOCH_1904 if self._from_1904 else _EPOCH
        return epoch + timedelta(days=int(text.partition(".")[0]))


def _day_in_county(day: str, clock: str, zone: str) -> date | None:
    """Return the day of an instant; that a day ends may be written as its 24th hour."""
    plain = "23:59" if clock.startswith("24:00") else _LEAP.sub(":59", clock)
    offset = "+00:00" if zone == "Z" else zone
    try:
        return day_of(datetime.fromisoformat(f"{day}T{plain.zfill(5)}{offset}"))
    except (ValueError, OverflowError):
        return None


def _digits(numeral: re.Match[str]) -> str:
    """Return a year, month or day in Chinese numerals as digits: 二〇二六, 十三, 二十, 廿五."""
    text = numeral[0].replace("廿", "二十").replace("卅", "三十").replace("拾", "十")
    tens, ten, ones = text.partition("十")
    if not ten:
        return text.translate(_NUMERALS)
    return f"{tens or '一'}{ones or '〇'}".translate(_NUMERALS)


def _no_day(shown: str) -> Sentence:
    return Sentence(
        f"{shown or 'nothing'} is no day; write 2026-07-09, 20260709 or 2026年07月09日",
        f"{f'“{shown}”不是日期' if shown else '缺少日期'}："
        "请写成 2026-07-09、20260709 或 2026年07月09日",
    )


def _no_amount(text: str) -> Sentence:
    shown = hide_persons(text)[:20]
    return Sentence(
        f"{shown} is no amount of yuan and fen in 万元, such as 1.5",
        f"“{shown}”不是以万元为单位的金额，例如 1.5（至多精确到分）",
    )


def is_closing(cells: Sequence[str]) -> bool:
    """Return whether a row closes the table: a total, a note, a signature."""
    first = next((cell for cell in cells if cell), "")
    return bool(_CLOSING.match(half_width(first).replace(" ", "")))
