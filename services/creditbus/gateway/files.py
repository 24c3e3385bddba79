"""Files: an office's sheet handed in over HTTP, answered row by row while it is read.

The rows are read by a process of its own (``sdk.sheets.lines``), asked what every submission is
asked, and put into the inbox a few hundred at a time; whoever does not read the answers is not read
from either.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from creditbus.domain.acts.events import Act
from creditbus.domain.acts.mistakes import Mistake
from creditbus.domain.calendar import day_of
from creditbus.domain.ids import SourceId
from creditbus.gateway.columns import FIELDS, rests_on
from creditbus.gateway.completeness import Completeness
from creditbus.gateway.door import Door
from creditbus.gateway.submissions import Receipt
from creditbus.runtime.http.languages import Language
from creditbus.runtime.http.problems import Busy, Invalid, told_mistakes
from creditbus.runtime.process import Process
from creditbus.runtime.redis.inventories import Inventory
from creditbus.sdk.sheets.lines import (
    TOO_MUCH,
    ActLine,
    EndLine,
    FaultLine,
    SheetLine,
    TableLine,
)
from creditbus.sdk.sheets.rows import RowFault
from creditbus.sdk.sheets.sentences import Sentence
from creditbus.wire.answers import FileAnswer, RowAnswer, RowState

T = TypeVar("T")

FILE_MAX_BYTES: Final = 32 * 2**20
FILE_BOUND_S: Final = 120.0
"""How long a file may take to arrive."""

FILE_KINDS: Final = (
    "application/octet-stream",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.ms-excel",
    "text/csv",
)
"""What a file may be said to be; what it is, its content and its name say."""

READ_BOUND_S: Final = 120.0
"""How long a file may give no row: the largest is unpacked and measured in a few seconds."""

FILES_WAITING: Final = 4
"""How many files of one source may be here, read or waiting: each is held in memory."""

Body = Callable[[], Awaitable[bytes]]
"""Waits for a file's content, once the file has its place."""

_AT_ONCE: Final = 2
_TOGETHER: Final = 200
_LINE_BYTES: Final = 2**20
_NAME_BYTES: Final = 200
_TOO_SLOW: Final = Sentence(
    f"no row could be read within {READ_BOUND_S:.0f} s: send the file in parts",
    f"{READ_BOUND_S:.0f} 秒内未能读出任何一行：请分成几个文件报送",
)
_NO_END: Final = EndLine.saying(Sentence("the file was not read to its end", "文件未读完"))
_TOO_LONG: Final = Sentence(
    f"a row says more than {_LINE_BYTES // 2**20} MB: shorten its texts",
    f"有一行的内容超过 {_LINE_BYTES // 2**20} MB：请缩短其中的文本",
)


class FileTurns:
    """Whose file is read: one of a source at a time, a few of all, and of no source many waiting.

    A source with a hundred files holds neither the others nor the room for what it sends.
    """

    def __init__(self) -> None:
        self._all = asyncio.Semaphore(_AT_ONCE)
        self._own: dict[SourceId, asyncio.Lock] = {}
        self._here: Counter[SourceId] = Counter()

    @contextmanager
    def place(self, source: SourceId) -> Iterator[None]:
        """Hold one of a source's places; raises ``Busy`` when it has none left."""
        if self._here[source] >= FILES_WAITING:
            detail = f"{FILES_WAITING} of your files are on their way: wait for the answer to one"
            raise Busy("TOO_MANY_FILES", detail)
        self._here[source] += 1
        try:
            yield
        finally:
            self._here[source] -= 1

    @asynccontextmanager
    async def turn(self, source: SourceId) -> AsyncIterator[None]:
        """Wait until a file of the source may be read."""
        async with self._own.setdefault(source, asyncio.Lock()), self._all:
            yield


class FileDesk:
    """Takes files, at most so many at a time: the next one waits for its turn."""

    def __init__(self, process: Process, door: Door) -> None:
        self._process, self._door = process, door
        self._turns = FileTurns()
        self._completeness = Completeness(door.serving)

    async def answers(
        self, source: SourceId, name: str, body: Body, language: Language, *, is_dry_run: bool
    ) -> AsyncIterator[bytes]:
        """Yield the lines of the answer, a few hundred at a time: each row's, and the file's.

        Raises ``Invalid`` before the first one when the file is no sheet at all, and ``Busy`` when
        too many of the source's are here.
        """
        reading = FileReading(self._door, source, language, is_dry_run=is_dry_run)
        with self._turns.place(source):
            content = await body()
            async with aclosing(self._answers(name, content, reading)) as lines:
                async for line in lines:
                    yield line

    async def _answers(
        self, name: str, content: bytes, reading: FileReading
    ) -> AsyncGenerator[bytes, None]:
        source = reading.source
        turn = self._turns.turn(source)
        async with turn, _lines(content, plain_name(name), source) as lines:
            async for some in _chunks(lines):
                told = [msgspec.json.encode(row) for row in await reading.rows(some)]
                if told:
                    yield b"\n".join((*told, b""))
        end = reading.end
        if end.why and not reading.count:
            raise Invalid("FILE_UNREAD", "", end.why, end.why_zh)
        notices = reading.told(end.notices, end.notices_zh)
        if not end.why:
            today = day_of(self._process.clock.now())
            held = Inventory(today, tuple(reading.records))
            place = (source, reading.table)
            keeps = not (reading.is_dry_run or reading.is_try)
            missing = await self._completeness.notice(*place, held, keeps=keeps)
            notices += tuple(reading.told(str(each), each.zh) for each in missing)
        yield msgspec.json.encode(reading.answer(name, notices)) + b"\n"


class FileReading:
    """One file as far as it is read: what is asked of its rows, and the sums."""

    def __init__(
        self, door: Door, source: SourceId, language: Language, *, is_dry_run: bool
    ) -> None:
        self.source, self.is_dry_run = source, is_dry_run
        self._door, self._language = door, language
        self._columns: Mapping[str, str] = {}
        self._header_row = 0
        self._states: Counter[RowState] = Counter()
        self.table, self.end = "", _NO_END
        self.records: list[str] = []
        """The ids of the records that were taken, or would be."""

    @property
    def is_try(self) -> bool:
        """Return whether its source is in the sandbox, so that nothing of the file counts."""
        return self._door.is_trying(self.source)

    @property
    def count(self) -> int:
        """Return how many rows were read, in whatever way."""
        return sum(self._states.values())

    def told(self, english: T, chinese: T) -> T:
        """Return of what is said in both languages what its source reads."""
        return english if self._language is Language.EN else chinese

    async def rows(self, lines: Sequence[SheetLine]) -> list[RowAnswer]:
        """Take some lines, and return the answer to each row in them."""
        found: list[RowAnswer] = []
        puts: list[tuple[int, Act]] = []
        for line in lines:
            match line:
                case TableLine(table=table, header_row=row, columns=columns):
                    self.table, self._header_row, self._columns = table, row, columns
                case EndLine():
                    self.end = line
                case FaultLine():
                    found.append(self._unread(line))
                case ActLine(act=act):
                    puts.append((len(found), act))
                    found.append(self._asked(line))
        for place, receipt in await self._put(found, puts):
            lies = {"offset": receipt.offset, "partition": receipt.partition}
            found[place] = msgspec.structs.replace(found[place], **lies)
        self._states.update(each.state for each in found)
        return found

    def answer(self, name: str, notices: Sequence[str]) -> FileAnswer:
        """Return what the file was."""
        states = self._states
        return FileAnswer(
            name=name,
            table=self.table,
            header_row=self._header_row,
            is_dry_run=self.is_dry_run,
            taken=states[RowState.TAKEN],
            fine=states[RowState.FINE],
            refused=states[RowState.REFUSED],
            unread=states[RowState.UNREAD],
            notices=tuple(notices),
            broken=self.told(self.end.why, self.end.why_zh),
            sandbox=self.is_try,
        )

    async def _put(
        self, found: Sequence[RowAnswer], puts: Sequence[tuple[int, Act]]
    ) -> list[tuple[int, Receipt]]:
        """Put what is taken into the inbox, in the order of the rows; return each receipt."""
        taken = [each for each in puts if found[each[0]].state is RowState.TAKEN]
        receipts = await asyncio.gather(*(self._door.put(act, is_row=True) for _, act in taken))
        return [(place, receipt) for (place, _), receipt in zip(taken, receipts, strict=True)]

    def _asked(self, line: ActLine) -> RowAnswer:
        record_id = line.act.envelope.record_id
        mistakes = self._door.mistakes_in(line.act)
        if mistakes:
            told = told_mistakes([self._of_column(each) for each in mistakes], self._language)
            return RowAnswer(
                sheet=line.sheet,
                row=line.row,
                state=RowState.REFUSED,
                record_id=record_id,
                mistakes=told,
            )
        self.records.append(record_id)
        state = RowState.FINE if self.is_dry_run else RowState.TAKEN
        return RowAnswer(sheet=line.sheet, row=line.row, state=state, record_id=record_id)

    def _unread(self, line: FaultLine) -> RowAnswer:
        """Return what is wrong with a row's cells, and with all that its sound cells state."""
        fault = line.fault
        mistakes = [_of_cell(each) for each in (fault, *fault.others)]
        if line.sound is not None:
            mistakes += [
                self._of_column(each)
                for each in self._door.mistakes_in(line.sound)
                if not rests_on(each, line.sound, line.unsound)
            ]
        told = told_mistakes(mistakes, self._language)
        return RowAnswer(sheet=line.sheet, row=fault.row, state=RowState.UNREAD, mistakes=told)

    def _of_column(self, mistake: Mistake) -> Mistake:
        """Return a mistake in an act with the header of the column that it was read from."""
        field = mistake.field.rpartition(".")[2]
        columns = (self._columns.get(each) for each in FIELDS.get(field, ()))
        header = next(filter(None, columns), field)
        return msgspec.structs.replace(mistake, field=header, pointer="", suggestion="")


def _of_cell(fault: RowFault) -> Mistake:
    return Mistake(
        reason="CELL_UNREAD",
        field=fault.column,
        pointer="",
        detail=fault.detail,
        detail_zh=fault.detail_zh,
    )


async def _chunks(lines: AsyncIterator[SheetLine]) -> AsyncIterator[list[SheetLine]]:
    some: list[SheetLine] = []
    async for line in lines:
        some.append(line)
        if len(some) == _TOGETHER:
            yield some
            some = []
    yield some


@asynccontextmanager
async def _lines(
    content: bytes, name: str, source: SourceId
) -> AsyncIterator[AsyncIterator[SheetLine]]:
    """Read a file in a process of its own, which ends with this block."""
    with tempfile.TemporaryDirectory(prefix="creditbus-file-") as folder:
        path = Path(folder) / name
        await asyncio.to_thread(path.write_bytes, content)
        argv = (sys.executable, "-m", "creditbus.sdk.sheets.lines", str(path), source)
        reader = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_LINE_BYTES,
        )
        assert reader.stdout is not None
        try:
            yield _decoded(reader.stdout)
        finally:
            if reader.returncode is None:
                reader.kill()
            await reader.wait()


async def _decoded(stream: asyncio.StreamReader) -> AsyncIterator[SheetLine]:
    decoder = msgspec.json.Decoder(SheetLine)
    while True:
        try:
            async with asyncio.timeout(READ_BOUND_S):
                line = await stream.readline()
        except TimeoutError:
            yield EndLine.saying(_TOO_SLOW)
            return
        except ValueError:
            yield EndLine.saying(_TOO_LONG)
            return
        if not line:
            # It was killed: by the system, for the memory that it took, or by a fault of ours.
            yield EndLine.saying(TOO_MUCH)
            return
        found = decoder.decode(line)
        yield found
        if isinstance(found, EndLine):
            return


def plain_name(name: str) -> str:
    """Return a file's name without folders and controls, for a folder of our own."""
    plain = "".join(each for each in Path(name).name if each.isprintable())
    # A file's name is bounded in bytes, and what it ends with says what it is.
    kept = plain.encode("utf-8", "ignore")[-_NAME_BYTES:].decode("utf-8", "ignore")
    return kept.lstrip(".") or "file"
