"""Archives: how large a workbook unpacks, asked before anything of it is in memory.

An .xlsx file is a zip of XML. A few kilobytes of it can unpack to gigabytes, one cell in the last
corner of a sheet makes a reader keep room for all before it, and one long text that thousands of
cells name makes it keep as many copies. So every part is unpacked once, a piece at a time, counted
and thrown away; only then a library reads it. Which part is a sheet the workbook says itself, so
every part is counted as one.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from array import array
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from typing import IO, Final
from xml.parsers import expat

from creditbus.sdk.sheets.extents import BeyondBounds, Extent, walk
from creditbus.sdk.sheets.sentences import NoSheet, Sentence

UNPACKED_BYTES: Final = 400 * 2**20
STRINGS_BYTES: Final = 64 * 2**20
TEXT_BYTES: Final = 160 * 2**20
"""What the cells of all sheets may say together: every cell is a copy of the text that it names."""
PARTS: Final = 2_000
_PIECE: Final = 2**20
_OVERLAP: Final = 512
_KEPT_BYTES: Final = 2**20
"""How much is kept of the parts that say which sheets there are."""

_WORKBOOK: Final = "xl/workbook.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_STRING_END: Final = re.compile(rb"</(?:\w+:)?si\s*>|<(?:\w+:)?si\s*/>")
_NAMED: Final = re.compile(rb'\bt="s"[^>]*>\s*<(?:\w+:)?v>\s*([0-9]{1,9})\s*<')
_INLINE: Final = re.compile(rb"<(?:\w+:)?t(?:\s[^>]*)?>([^<]*)")
_OTHER_KINDS: Final = (
    ("xl/workbook.bin", "a binary workbook (.xlsb)", "二进制工作簿（.xlsb）"),
    ("content.xml", "an OpenDocument file", "OpenDocument 文件"),
    ("word/document.xml", "a text document", "文字文档"),
    ("ppt/presentation.xml", "a presentation", "演示文稿"),
)


class TooLarge(NoSheet):
    """A workbook is larger than a sheet of 100,000 rows can be."""


@dataclass(slots=True)
class Archive:
    """What an archive holds: each sheet's extent by its name, and whether days count from 1904."""

    sheets: dict[str, Extent] = field(default_factory=dict)
    from_1904: bool = False


class Strings:
    """The texts that cells name by number: how long each is, and what their copies come to."""

    def __init__(self) -> None:
        self._lengths, self._end, self._copied = array("L"), 0, 0

    def measure(self, piece: bytes, start: int, known: int) -> None:
        """Take the next piece, which begins at a place of the part; up to another it is known."""
        for found in _STRING_END.finditer(piece):
            end = start + found.end()
            if end > known:
                self._lengths.append(end - self._end)
                self._end = end

    def copy(self, piece: bytes, name: str) -> None:
        """Count what the cells in a piece say; raises ``TooLarge`` when it is too much."""
        lengths, count = self._lengths, len(self._lengths)
        for number in map(int, _NAMED.findall(piece)):
            if number < count:
                self._copied += lengths[number]
        if b"<is" in piece or b":is" in piece:
            self._copied += sum(
                end - start for start, end in map(_text_span, _INLINE.finditer(piece))
            )
        if self._copied > TEXT_BYTES:
            size = TEXT_BYTES // 2**20
            raise TooLarge(
                Sentence(
                    f"{name} holds more than {size} MB of text in its cells: send at most 100,000 "
                    "rows in a file, and shorten its longest texts",
                    f"{name} 各单元格的文本合计超过 {size} MB：请缩短过长的文本，"
                    "并且每个文件不超过 10 万行",
                )
            )


def look_into(file: IO[bytes], name: str) -> Archive:
    """Unpack every part of a workbook once and return how far it reaches.

    Raises ``TooLarge`` with a sentence, and ``NoSheet`` for an archive that is broken or holds
    something else.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return _Measure(archive, name).measured()
    except (
        *(zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError),
        *(expat.ExpatError, UnicodeDecodeError),
    ) as error:
        raise NoSheet(
            Sentence(
                f"{name} is no workbook: it cannot be unpacked ({error}); save it again as .xlsx",
                f"{name} 不是完整的工作簿，无法解压：请重新另存为 .xlsx",
            )
        ) from error


class _Measure:
    """One archive while it is measured: what is left to unpack, and what was found."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self._archive, self._name = archive, name
        self._left, self._strings = UNPACKED_BYTES, Strings()
        self._kept: dict[str, bytes] = {}

    def measured(self) -> Archive:
        """Return what the archive holds."""
        parts, name = self._archive.infolist(), self._name
        if len(parts) > PARTS:
            raise TooLarge(
                Sentence(
                    f"{name} holds {len(parts)} parts; a workbook has at most {PARTS}",
                    f"{name} 含有 {len(parts)} 个部件，超过工作簿的上限 {PARTS}：请只保留数据表",
                )
            )
        extents: dict[str, Extent] = {}
        # A cell names its text by number, so that the texts are looked at first.
        for part in sorted(parts, key=lambda each: not _is_strings(each)):
            extents[part.filename.lower()] = self._part(part)
        _check_kind(extents, name)
        workbook = self._kept.get(_WORKBOOK, b"")
        sheets = self._by_name(workbook, extents)
        for part in parts:
            extent = extents[part.filename.lower()]
            is_sheet = part.filename.lower().endswith(".xml") or extent in sheets.values()
            if extent.is_odd and is_sheet:
                self._walk(part, extent)
        from_1904 = b'date1904="1"' in workbook or b'date1904="true"' in workbook
        return Archive(sheets, from_1904)

    def _part(self, part: zipfile.ZipInfo) -> Extent:
        extent, bound, size = Extent(), self._left, 0
        is_strings = _is_strings(part)
        if is_strings:
            bound = min(bound, STRINGS_BYTES)
        try:
            for tail, fresh in _pieces(self._archive, part):
                before, size = size, size + len(fresh)
                if size > bound:
                    raise self._unpacks_to(bound)
                piece = tail + fresh
                if is_strings:
                    self._strings.measure(piece, before - len(tail), before)
                    continue
                extent.take(piece, fresh)
                self._strings.copy(piece, self._name)
                if part.filename.lower() in {_WORKBOOK, _RELATIONS}:
                    self._keep(part.filename.lower(), fresh)
        except BeyondBounds as beyond:
            raise self._reaches(extent) from beyond
        self._left -= size
        return extent

    def _walk(self, part: zipfile.ZipInfo, extent: Extent) -> None:
        try:
            walk(extent, (fresh for _, fresh in _pieces(self._archive, part)))
        except BeyondBounds as beyond:
            raise self._reaches(extent) from beyond

    def _keep(self, part: str, fresh: bytes) -> None:
        kept = self._kept.get(part, b"") + fresh
        if len(kept) > _KEPT_BYTES:
            raise self._unpacks_to(_KEPT_BYTES)
        self._kept[part] = kept

    def _by_name(self, workbook: bytes, extents: dict[str, Extent]) -> dict[str, Extent]:
        """Return the extents of the sheets by the names that the workbook gives them."""
        targets = {
            each.get("Id", ""): each.get("Target", "")
            for each in _elements(self._kept.get(_RELATIONS, b""), "Relationship")
        }
        found = {}
        for sheet in _elements(workbook, "sheet"):
            relation = next((text for key, text in sheet.items() if key.endswith(":id")), "")
            target = targets.get(relation, "").replace("\\", "/")
            part = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/").lower()
            if part in extents:
                found[sheet.get("name", "")] = extents[part]
        return found

    def _unpacks_to(self, bound: int) -> TooLarge:
        size = bound // 2**20
        return TooLarge(
            Sentence(
                f"{self._name} unpacks to more than {size} MB: send at most 100,000 rows in a "
                "file, and no pictures",
                f"{self._name} 解压后超过 {size} MB：请删去图片，并且每个文件不超过 10 万行",
            )
        )

    def _reaches(self, extent: Extent) -> TooLarge:
        return TooLarge(
            Sentence(
                f"{self._name} has a sheet that reaches to row {extent.rows}, column "
                f"{extent.columns}: send at most 100,000 rows in a file, and delete what lies "
                "beyond the table",
                f"{self._name} 有一张表延伸到第 {extent.rows} 行、第 {extent.columns} 列："
                "请删除表格以外的单元格，并且每个文件不超过 10 万行",
            )
        )


def _check_kind(parts: Container[str], name: str) -> None:
    """Raise ``NoSheet`` for a zip of anything else: its bounds are asked of workbooks alone."""
    if _WORKBOOK in parts:
        return
    for part, kind, kind_zh in _OTHER_KINDS:
        if part in parts:
            raise NoSheet(
                Sentence(
                    f"{name} is {kind}: open it in the office program and save it as .xlsx",
                    f"{name} 是{kind_zh}：请用办公软件打开，另存为 .xlsx",
                )
            )
    raise NoSheet(
        Sentence(
            f"{name} is no workbook but a packed file: unpack it, and send the sheet in it",
            f"{name} 不是工作簿，而是压缩包：请解压后报送其中的表格",
        )
    )


def _elements(content: bytes, wanted: str) -> list[dict[str, str]]:
    """Return the attributes of each element of a name in a small XML text."""
    found: list[dict[str, str]] = []
    if not content:
        return found

    def begin(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == wanted:
            found.append(attributes)

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    parser.Parse(content, True)
    return found


def _text_span(found: re.Match[bytes]) -> tuple[int, int]:
    return found.span(1)


def _is_strings(part: zipfile.ZipInfo) -> bool:
    return part.filename.lower() == "xl/sharedstrings.xml"


def _pieces(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[tuple[bytes, bytes]]:
    """Yield a part in pieces, each with the end of the one before, so that no tag is cut."""
    # What the archive says of its size may be a lie, so the reader is not told it.
    part.file_size = UNPACKED_BYTES + _PIECE
    tail = b""
    with archive.open(part) as file:
        while piece := file.read(_PIECE):
            yield tail, piece
            tail = (tail + piece)[-_OVERLAP:]
