"""``creditbus submit`` of many events: a file of JSON lines, packed or not, with a bar."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from creditbus.cli.faults import FAILED, MISUSED, fail
from creditbus.cli.prints import PERSONS, give, say, show, stress
from creditbus.sdk.gateway import Gateway, GatewayRefused
from creditbus.sdk.publisher import NotPublished
from creditbus.stack.reports import Advance
from creditbus.wire.answers import BatchAnswer, LineAnswer, RowState

CODINGS: Final = {".gz": "gzip", ".zst": "zstd"}
_PIECE: Final = 2**16
_PRINTED: Final = 200


def is_batch(path: Path) -> bool:
    """Return whether a file is a batch by its name: .ndjson or .jsonl, perhaps .gz or .zst.

    >>> is_batch(Path("a.ndjson.gz")), is_batch(Path("a.csv"))
    (True, False)
    """
    suffixes = [each for each in path.suffixes if each not in CODINGS]
    return bool(suffixes) and suffixes[-1].lower() in {".ndjson", ".jsonl"}


def submit_batch(door: Gateway, path: Path, after: int) -> None:
    """Send a batch, show how far it is, and say what was not taken; exits with 1 for that."""
    wrong: list[LineAnswer] = []
    batch = BatchAnswer(last=after, broken="no answer came")
    coding = CODINGS.get(path.suffix, "identity")
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    try:
        with Progress(*columns, console=PERSONS, transient=True) as progress:
            task = progress.add_task(path.name, total=path.stat().st_size)
            pieces = _pieces(path, lambda count: progress.advance(task, count))
            for line in door.send_batch(pieces, after=after, coding=coding):
                if isinstance(line, BatchAnswer):
                    batch = line
                    continue
                after = line.line
                wrong += [line] if line.state is not RowState.TAKEN else []
    except GatewayRefused as refused:
        fail(str(refused), MISUSED if refused.problem.status < 500 else FAILED)
    except NotPublished as away:
        fail(f"{away}. Line {after} was the last answered: go on with --after {after}")
    _tell(batch, wrong)
    if wrong or batch.broken:
        raise typer.Exit(1)


def _pieces(path: Path, passed: Advance) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
            passed(len(piece))


def _tell(batch: BatchAnswer, wrong: list[LineAnswer]) -> None:
    give({"batch": batch, "lines": wrong})
    table = Table("line", "record", "result", Column("why, and what to do", overflow="fold"))
    for line in wrong[:_PRINTED]:
        told = (f"{each.pointer or '/'}: {each.detail}" for each in line.mistakes)
        table.add_row(str(line.line), line.record_id, line.state, "\n".join(told))
    if wrong:
        show(table)
    if len(wrong) > _PRINTED:
        say(f"… and {len(wrong) - _PRINTED} more; --json has them all")
    tried = " (in the sandbox: only tried, nothing counts)" if batch.sandbox else ""
    say(f"{batch.taken} taken, {batch.refused} refused, {batch.unread} not read{tried}")
    if batch.broken:
        stress("broken off", f"{batch.broken}; go on with --after {batch.last}", "bold red")
