"""How the command line shows what a start does: sentences, and a bar while it downloads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from creditbus.stack.reports import Advance, Loading, Report


def report_to(console: Console) -> Report:
    """Return a report on a terminal, or in sentences where nobody watches a bar."""

    def say(sentence: str) -> None:
        console.print(sentence, markup=False, soft_wrap=True)

    return Report(say, _bar(console) if console.is_terminal else None)


def _bar(console: Console) -> Loading:
    @contextmanager
    def loading(what: str, total_bytes: int) -> Iterator[Advance]:
        columns = (
            TextColumn("fetching {task.description}"),
            BarColumn(bar_width=20),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task(what, total=total_bytes)
            yield lambda count: progress.advance(task, count)

    return loading
