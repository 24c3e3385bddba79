"""``creditbus submit``: an office's file as it is, row by row, with what was refused and why."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

import httpx
import msgspec
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from creditbus.cli.faults import MISUSED, fail, told
from creditbus.cli.places import AsJson, Home, catalogue, sites, stack_file, url
from creditbus.domain.acts.refusals import Refusal
from creditbus.domain.ids import SourceId
from creditbus.engine.values import Position
from creditbus.sdk.publisher import Publisher, Receipt
from creditbus.sdk.sheets.files import FileAct, read_file
from creditbus.sdk.sheets.rows import RowFault
from creditbus.stack.bus import token_name
from creditbus.stack.folder import StackFile

_TOLD_BOUND_S: Final = 15.0
_QUIET_S: Final = 3.0
_ASK_S: Final = 0.5
_LAG: Final = re.compile(r"^creditbus_engine_lag\{[^}]*\} ([0-9.e+]+)$", re.MULTILINE)
_console = Console(highlight=False)


@dataclass
class FileFate:
    """What became of a file: rows sent, rows not read, and records that the bus refused."""

    sent: list[FileAct] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    origins: set[str] = field(default_factory=set)
    """Where the broker keeps what was sent: a refusal of an earlier try is another place's."""


@told
def submit(
    file: Annotated[
        Path, typer.Argument(help="A court list, penalties or permits as .csv, .xlsx or .xls.")
    ],
    source: Annotated[str, typer.Option(help="Id of the source that files.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Send an office's file, and say which rows were refused and why."""
    if not file.is_file():
        fail(f"there is no file {file}", MISUSED)
    known = catalogue(sites(home)).sources
    if source not in known:
        fail(
            f"there is no source {source}; `court`, `tax` and {len(known) - 2} more are known",
            MISUSED,
        )
    try:
        sheet = send_sheet(stack_file(home), file, source)
    except ValueError as fault:
        fail(str(fault), MISUSED)
    sheet.refusals = list(_refusals(stack_file(home), source, sheet.origins))
    undecided = why_undecided(stack_file(home))
    if as_json:
        content = {
            "sent": len(sheet.sent),
            "unread": sheet.faults,
            "refused": sheet.refusals,
            "undecided": undecided,
        }
        sys.stdout.buffer.write(msgspec.json.encode(content) + b"\n")
    else:
        _console.print(_table(sheet))
        _console.print(summary(sheet, undecided))
    if sheet.faults or sheet.refusals or undecided:
        raise typer.Exit(1)


def summary(sheet: FileFate, undecided: str) -> str:
    """Return the last sentence; while listing has not spoken it says so, and no number of none."""
    refused, unread = len(sheet.refusals), len(sheet.faults)
    told = f"{len(sheet.sent)} sent, {refused} of them refused; {unread} not read"
    if not undecided:
        return told
    so_far = f", {refused} of them refused so far" if refused else ""
    return (
        f"{len(sheet.sent)} sent{so_far}; the rest is undecided: {undecided}; {unread} not read. "
        "Submit the file again later: what was taken is told as a duplicate and changes nothing"
    )


def why_undecided(file: StackFile) -> str:
    """Return who has not decided yet and why, nothing when everybody has and the bus is idle."""
    for service in ("intake", "listing", "views"):
        address = url(file.ports.metrics_of(service))
        try:
            ready = httpx.get(f"{address}/health/ready", timeout=5)
            metrics = httpx.get(f"{address}/metrics", timeout=5).text
        except httpx.HTTPError:
            return f"{service} does not answer"
        if not ready.is_success:
            return f"{service} {ready.json().get('why', 'is not ready')}"
        if behind := sum(float(lag) for lag in _LAG.findall(metrics)):
            return f"{service} has {behind:.0f} records before it"
    return ""


def send_sheet(
    file: StackFile,
    path: Path,
    source: str,
    say: Callable[[FileAct], FileAct] = lambda event: event,
) -> FileFate:
    """Send every row that can be read, each as ``say`` puts it.

    Raises ``ValueError`` for a file that is no sheet.
    """
    sheet = FileFate()
    with Publisher(
        source,
        kafka=file.bootstrap,
        registry=file.registry_url,
        password=file.credentials[source],
    ) as publisher:
        rows = list(read_file(path, SourceId(source)))
        for row in track(rows, f"sending {path.name}", console=_console, transient=True):
            if isinstance(row, RowFault):
                sheet.faults.append(row)
                continue
            sheet.sent.append(say(row))
            publisher.send(sheet.sent[-1], lambda receipt: sheet.origins.add(_origin(receipt)))
    return sheet


def _origin(receipt: Receipt) -> str:
    return str(Position(receipt.inbox, receipt.partition, receipt.offset))


def _refusals(file: StackFile, source: str, sent: set[str]) -> Iterator[Refusal]:
    """Yield the refusals of what lies at these places, until nothing new has come for a while."""
    token = file.secrets[token_name(source)]
    deadline = time.monotonic() + _TOLD_BOUND_S
    quiet_until = time.monotonic() + _QUIET_S
    after = ""
    with httpx.Client(base_url=url(file.ports.gateway), timeout=10) as client:
        while time.monotonic() < min(deadline, quiet_until):
            answer = client.get(
                "/v1/refusals",
                params={"after": after} if after else {},
                headers={"Authorization": f"Bearer {token}"},
            )
            answer.raise_for_status()
            page = answer.json()
            after = page["next"] or after
            found = msgspec.convert(page["refusals"], list[Refusal])
            for refusal in found:
                if refusal.origin in sent:
                    yield refusal
            if found:
                quiet_until = time.monotonic() + _QUIET_S
            time.sleep(_ASK_S)


def _table(sheet: FileFate) -> Table:
    table = Table("row or record", "why", "what to do")
    for fault in sheet.faults:
        table.add_row(f"row {fault.row}", fault.column, fault.detail)
    for refusal in sheet.refusals:
        for each in refusal.every_fault:
            advice = f"{each.detail}\n{each.detail_zh}"
            table.add_row(refusal.record_id, f"{each.reason} ({each.article})", advice)
    return table
