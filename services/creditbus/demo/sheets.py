"""Sheets: the demonstration's office file, sent by the SDK straight into its source's inbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from creditbus.domain.ids import SourceId
from creditbus.sdk.publisher import Publisher
from creditbus.sdk.sheets.files import FileAct, read_file
from creditbus.sdk.sheets.rows import RowFault
from creditbus.stack.folder import StackFile


@dataclass
class SentSheet:
    """What a file came to: the acts that were sent, and the rows that were not read."""

    sent: list[FileAct] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)


def send_sheet(
    file: StackFile, path: Path, source: str, say: Callable[[FileAct], FileAct]
) -> SentSheet:
    """Send every row that can be read, each as ``say`` puts it."""
    sheet = SentSheet()
    with Publisher(
        source,
        kafka=file.bootstrap,
        registry=file.registry_url,
        password=file.credentials[source],
    ) as publisher:
        for row in read_file(path, SourceId(source)):
            if isinstance(row, RowFault):
                sheet.faults.append(row)
                continue
            sheet.sent.append(say(row))
            publisher.send(sheet.sent[-1])
    return sheet
