"""``creditbus submit``: an office's file as it is, row by row, with what was refused and why."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
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
from creditbus.demo.city import Fate, Statement
from creditbus.domain.events import EntryListed
from creditbus.domain.ids import SourceId, derive_event_id
from creditbus.domain.refusals import Refusal
from creditbus.sdk.publisher import Publisher
from creditbus.sdk.sheets import RowFault, read_court_list
from creditbus.stack.bus import token_name
from creditbus.stack.folder import StackFile

_TOLD_BOUND_S: Final = 15.0
_QUIET_S: Final = 3.0
_ASK_S: Final = 0.5
_console = Console(highlight=False)


@dataclass
class Sheet:
    """What became of a file: rows sent, rows not read, and records that the bus refused."""

    sent: list[EntryListed] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def statements(self) -> list[Statement]:
        """Return the sent rows with what became of them, for the demonstration's sums."""
        refused = {refusal.record_id for refusal in self.refusals}
        return [
            Statement(
                source=event.envelope.source,
                event=event,
                fate=Fate.REFUSED if event.envelope.record_id in refused else Fate.APPLIED,
            )
            for event in self.sent
        ]


@told
def submit(
    file: Annotated[Path, typer.Argument(help="A court list as .csv, .xlsx or .xls.")],
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
        sheet = submit_sheet(stack_file(home), file, source, "")
    except ValueError as fault:
        fail(str(fault), MISUSED)
    if as_json:
        content = {"sent": len(sheet.sent), "unread": sheet.faults, "refused": sheet.refusals}
        sys.stdout.buffer.write(msgspec.json.encode(content) + b"\n")
    else:
        _console.print(_table(sheet))
        unread, refused = len(sheet.faults), len(sheet.refusals)
        _console.print(f"{len(sheet.sent)} sent, {refused} of them refused; {unread} rows not read")
    if sheet.faults or sheet.refusals:
        raise typer.Exit(1)


def submit_sheet(file: StackFile, path: Path, source: str, run: str) -> Sheet:
    """Send every row that can be read, wait for refusals, and return what became of the file.

    ``run`` keeps the records of repeated demonstrations apart; an office gives none.
    """
    sheet = Sheet()
    with Publisher(
        source,
        kafka=file.bootstrap,
        registry=file.registry_url,
        password=file.credentials[source],
    ) as publisher:
        rows = list(read_court_list(path, SourceId(source)))
        for row in track(rows, f"sending {path.name}", console=_console, transient=True):
            if isinstance(row, RowFault):
                sheet.faults.append(row)
                continue
            event = _of_run(row, run)
            publisher.send(event)
            sheet.sent.append(event)
    sheet.refusals = list(_refusals(file, source, {each.envelope.event_id for each in sheet.sent}))
    return sheet


def _of_run(event: EntryListed, run: str) -> EntryListed:
    if not run:
        return event
    record_id = f"{run}-{event.envelope.record_id}"
    envelope = msgspec.structs.replace(
        event.envelope,
        record_id=record_id,
        event_id=derive_event_id(event.envelope.source, record_id, 1, "entry_listed"),
    )
    return msgspec.structs.replace(event, envelope=envelope)


def _refusals(file: StackFile, source: str, sent: set[str]) -> Iterator[Refusal]:
    """Yield the refusals of what was sent, until nothing new has come for a while."""
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
                if refusal.event_id in sent:
                    yield refusal
            if found:
                quiet_until = time.monotonic() + _QUIET_S
            time.sleep(_ASK_S)


def _table(sheet: Sheet) -> Table:
    table = Table("row or record", "why", "what to do")
    for fault in sheet.faults:
        table.add_row(f"row {fault.row}", fault.column, fault.detail)
    for refusal in sheet.refusals:
        table.add_row(refusal.record_id, f"{refusal.reason} ({refusal.article})", refusal.detail)
    return table
