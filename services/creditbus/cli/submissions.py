"""``creditbus submit``: an office's file as it is, and what became of each of its rows."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from creditbus.cli.batches import is_batch, submit_batch
from creditbus.cli.fates import said
from creditbus.cli.faults import FAILED, MISUSED, fail, told
from creditbus.cli.prints import PERSONS, give, say, show, stress
from creditbus.cli.results import write_results
from creditbus.cli.ways_in import WayIn, comes_in
from creditbus.sdk.gateway import Gateway, GatewayRefused
from creditbus.sdk.receipts import NotPublished
from creditbus.wire.answers import FateState, FileAnswer, RecordFate, RowAnswer, RowState

_QUIET_BOUND_S: Final = 15.0
"""How long nothing new may be decided before the rest is called undecided."""

_ASK_S: Final = 0.5
_PRINTED: Final = 200
_FINE: Final = frozenset({FateState.APPLIED, FateState.DUPLICATE})

InboxPlace = tuple[int, int]
"""A partition of the inbox, and an offset in it."""


@dataclass
class FileFate:
    """What became of a file: of each row what the door said, and then the bus."""

    rows: list[RowAnswer] = field(default_factory=list)
    file: FileAnswer = field(default_factory=lambda: FileAnswer(name=""))
    fates: dict[InboxPlace, RecordFate] = field(default_factory=dict)
    """What became of what was taken, by its place in the inbox."""
    unasked: str = ""
    """Why nobody could be asked any more what becomes of the rest; empty while somebody could."""

    @property
    def sent(self) -> int:
        """Return how many rows were taken."""
        return self.file.taken

    @property
    def undecided(self) -> int:
        """Return of how many taken rows nobody has decided yet."""
        return sum(map(len, self.open().values()))

    def open(self) -> dict[int, list[int]]:
        """Return the offsets of what is not decided yet, in their order, by partition."""
        found: dict[int, list[int]] = {}
        for partition, offset in sorted(filter(None, map(_place, self.rows))):
            fate = self.fates.get((partition, offset))
            if fate is None or not is_decided(fate):
                found.setdefault(partition, []).append(offset)
        return found

    def counts(self) -> Counter[str]:
        """Return how many taken rows came to what."""
        taken = map(self.fate, self.rows)
        return Counter(str(each.state) for each in taken if each is not None)

    def fate(self, row: RowAnswer) -> RecordFate | None:
        """Return what became of a row, None as long as nobody has told."""
        place = _place(row)
        return None if place is None else self.fates.get(place)

    def is_fine(self, row: RowAnswer) -> bool:
        """Return whether nothing need be done about a row."""
        if row.offset is None:
            return row.state is RowState.FINE
        fate = self.fate(row)
        return fate is not None and fate.state in _FINE

    def words(self, row: RowAnswer) -> tuple[str, str]:
        """Return what became of a row in a word, and why or what to do."""
        if row.offset is None:
            return str(row.state), "\n".join(
                f"{each.field}: {each.detail}" + (f" ({each.article})" if each.article else "")
                for each in row.mistakes
            )
        fate = self.fate(row)
        return ("UNDECIDED", "") if fate is None else (str(fate.state), said(fate))


def is_decided(fate: RecordFate) -> bool:
    """Return whether somebody has decided what lies at a place of the inbox."""
    return fate.state is not FateState.WAITING or fate.waits_for == "entry"


@comes_in
@told
def submit(
    file: Annotated[
        Path,
        typer.Argument(
            help="A court list, penalties or permits as .csv, .xlsx or .xls; or events, the JSON"
            " of one a line, as .ndjson, .ndjson.gz or .ndjson.zst."
        ),
    ],
    way: WayIn,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell all mistakes by row, and send nothing.")
    ] = False,
    result: Annotated[
        Path | None, typer.Option(help="Write the file with a column of results, as .xlsx.")
    ] = None,
    after: Annotated[
        int, typer.Option(min=0, help="Of events a line: the last line that was answered.")
    ] = 0,
) -> None:
    """Send an office's file, and say what became of each row: to a local bus, or anywhere."""
    if not file.is_file():
        fail(f"there is no file {file}", MISUSED)
    if is_batch(file):
        if dry_run or result is not None:
            fail("--dry-run and --result are for sheets, not for events a line", MISUSED)
        with way.open() as door:
            submit_batch(door, file, after)
        return
    if result is not None and result.suffix.lower() != ".xlsx":
        fail(f"{result}: results are written as .xlsx", MISUSED)
    outcome = _handed_in(way, file, is_dry_run=dry_run)
    if result is not None:
        write_results(file, result, outcome.rows, outcome.words, outcome.file.header_row)
    give(_content(outcome))
    _tell(outcome)
    if outcome.file.broken or not all(map(outcome.is_fine, outcome.rows)):
        raise typer.Exit(1)


def _handed_in(way: WayIn, file: Path, *, is_dry_run: bool) -> FileFate:
    with way.open() as door:
        try:
            return hand_in(door, file, is_dry_run=is_dry_run)
        except GatewayRefused as refused:
            fail(str(refused), MISUSED if refused.problem.status < 500 else FAILED)


def hand_in(door: Gateway, path: Path, *, is_dry_run: bool) -> FileFate:
    """Hand in a file and wait until its rows are decided, or nothing more is for a while.

    It waits no longer than somebody may be asked: ``unasked`` says why nobody can be. Raises
    ``GatewayRefused`` and ``NotPublished`` only for the handing in itself.
    """
    outcome = FileFate()
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=PERSONS, transient=True) as progress:
        task = progress.add_task(f"sending {path.name}")
        for line in door.submit_file(path, is_dry_run=is_dry_run):
            if isinstance(line, FileAnswer):
                outcome.file = line
                continue
            outcome.rows.append(line)
            progress.update(task, description=f"sending {path.name}: {len(outcome.rows)} rows")
        quiet_until = time.monotonic() + _QUIET_BOUND_S
        while (left := outcome.undecided) and time.monotonic() < quiet_until:
            progress.update(task, description=f"{left} rows are being decided")
            try:
                _ask(door, outcome)
            except (GatewayRefused, NotPublished) as fault:
                # The rows are in the inbox by now: whoever sent them is told so, and of each.
                outcome.unasked = _why_unasked(fault)
                break
            if outcome.undecided < left:
                quiet_until = time.monotonic() + _QUIET_BOUND_S
            elif outcome.undecided:
                time.sleep(_ASK_S)
    return outcome


def _ask(door: Gateway, outcome: FileFate) -> None:
    """Learn what became of the rows that are not decided, from the first of them on."""
    for partition, offsets in outcome.open().items():
        start = offsets[0]
        while start <= offsets[-1]:
            page = door.fates_between(start, partition=partition)
            outcome.fates.update(((partition, each.offset), each) for each in page.fates)
            if page.next == start:
                break
            start = page.next


def _why_unasked(fault: GatewayRefused | NotPublished) -> str:
    if isinstance(fault, GatewayRefused) and fault.problem.status == HTTPStatus.FORBIDDEN:
        return f"this token may not ask what became of them ({fault}): use one that may"
    return f"nobody could be asked what became of them ({fault})"


def _place(row: RowAnswer) -> InboxPlace | None:
    return None if row.offset is None else (row.partition, row.offset)


def summary(outcome: FileFate) -> str:
    """Return the last sentence; while somebody has not spoken it says so, and no number of none."""
    file, counts = outcome.file, outcome.counts()
    if file.is_dry_run:
        return f"{file.fine} would be sent, {file.refused} refused; {file.unread} not read"
    refused = file.refused + counts[FateState.REFUSED]
    parts = [f"{counts[FateState.APPLIED]} applied", f"{counts[FateState.DUPLICATE]} duplicates"]
    parts += [f"{refused} refused", f"{file.unread} not read"]
    if counts[FateState.DEAD]:
        parts.append(f"{counts[FateState.DEAD]} dead")
    told = ", ".join(parts)
    if file.sandbox:
        told += " (in the sandbox: only tried, nothing counts)"
    if not outcome.undecided:
        return told
    why = outcome.unasked or "intake or listing has not spoken yet"
    return (
        f"{told}; {outcome.undecided} undecided: {why}. Submit the file again later: what was taken"
        " is told as a duplicate and changes nothing"
    )


def _tell(outcome: FileFate) -> None:
    table = Table("row", "record", "result", "why, and what to do")
    wrong = [row for row in outcome.rows if not outcome.is_fine(row)]
    for row in wrong[:_PRINTED]:
        table.add_row(str(row.row), row.record_id, *outcome.words(row))
    if wrong:
        show(table)
    if len(wrong) > _PRINTED:
        say(f"… and {len(wrong) - _PRINTED} more; --result writes them all")
    for notice in outcome.file.notices:
        stress("notice", notice)
    if outcome.file.broken:
        stress("broken off", outcome.file.broken, "bold red")
    say(summary(outcome))


def _content(outcome: FileFate) -> dict[str, object]:
    rows = [
        {
            "sheet": row.sheet,
            "row": row.row,
            "record_id": row.record_id,
            "result": outcome.words(row)[0],
            "mistakes": row.mistakes,
            "fate": outcome.fate(row),
        }
        for row in outcome.rows
    ]
    return {
        "file": outcome.file,
        "undecided": outcome.undecided,
        "unasked": outcome.unasked,
        "rows": rows,
    }
