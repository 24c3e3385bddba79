"""Lines: a file's rows as JSON, one a line, from a process of its own.

Reading a workbook takes memory and holds the interpreter; a server that is handed one lets another
process do it (``python -m creditbus.sdk.sheets.lines FILE SOURCE``) and reads its lines at its own
pace. Nothing of a file stops more than that process.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Self

import msgspec

from creditbus.domain.ids import SourceId
from creditbus.sdk.sheets.files import FileAct, OfficeFile
from creditbus.sdk.sheets.rows import RowFault
from creditbus.sdk.sheets.sentences import NoSheet, Sentence

MEMORY_BYTES: Final = 2 * 2**30
"""What the process may hold: several times what a workbook within its bounds takes."""

TOO_MUCH: Final = Sentence(
    "the file takes more memory than a sheet may: send it in parts",
    "读取该文件所需的内存超过上限：请分成几个文件报送",
)


class ActLine(msgspec.Struct, frozen=True, tag="act", tag_field="line"):
    """A row that states an act."""

    sheet: str
    row: int
    act: FileAct


class FaultLine(msgspec.Struct, frozen=True, tag="fault", tag_field="line"):
    """A row that was not read.

    ``sound`` is what it would state with sound cells in place of the fields ``unsound``.
    """

    sheet: str
    fault: RowFault
    sound: FileAct | None = None
    unsound: frozenset[str] = frozenset()


class TableLine(msgspec.Struct, frozen=True, kw_only=True, tag="table", tag_field="line"):
    """The first line: which table it is, and its headers as they stand, by field."""

    table: str
    header_row: int
    columns: dict[str, str]


class EndLine(msgspec.Struct, frozen=True, kw_only=True, tag="end", tag_field="line"):
    """The last line: what was not read, and why there are no more rows where that is no end.

    Both are said in Chinese as well.
    """

    notices: tuple[str, ...] = ()
    why: str = ""
    notices_zh: tuple[str, ...] = ()
    why_zh: str = ""

    @classmethod
    def saying(cls, why: Sentence | None, notices: Sequence[Sentence] = ()) -> Self:
        """Return the line that says these sentences."""
        return cls(
            notices=tuple(map(str, notices)),
            why="" if why is None else str(why),
            notices_zh=tuple(each.zh for each in notices),
            why_zh="" if why is None else why.zh,
        )


SheetLine = TableLine | ActLine | FaultLine | EndLine


def lines_of(path: Path, source: SourceId) -> Iterator[SheetLine]:
    """Yield the table of a file, a line for each row, and the last one."""
    file = OfficeFile(path, source)
    why, is_told = None, False
    try:
        for row in file.rows():
            if not is_told:
                yield _table(file)
                is_told = True
            if isinstance(row, RowFault):
                yield FaultLine(file.sheet, row, file.sound, file.unsound)
            else:
                yield ActLine(file.sheet, file.numbers[-1], row)
    except NoSheet as fault:
        why = fault.said
    except MemoryError:
        why = TOO_MUCH
    if not is_told and file.table is not None:
        yield _table(file)
    yield EndLine.saying(why, file.notices)


def _table(file: OfficeFile) -> TableLine:
    table = file.table
    assert table is not None, "a row lies in a table"
    columns = {field: table.header_of(field) for field in table.places}
    return TableLine(table=table.layout.name, header_row=table.row + 1, columns=columns)


def main(path: str, source: str) -> None:
    """Write the lines of a file to the standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    encoder, out = msgspec.json.Encoder(), sys.stdout.buffer
    for line in lines_of(Path(path), SourceId(source)):
        out.write(encoder.encode(line) + b"\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
