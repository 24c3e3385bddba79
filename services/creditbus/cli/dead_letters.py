"""``creditbus dead-letters``: records that could not be read, and their bytes, shown safely."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from creditbus.audit.app import TopicReader
from creditbus.cli.faults import MISUSED, fail, told
from creditbus.cli.places import Home, Reason, auditor, intervention_writer, why
from creditbus.cli.prints import give, say, show
from creditbus.domain.acts.letters import SHOWN_BYTES, dump
from creditbus.domain.acts.refusals import DeadLetter
from creditbus.engine.values import Position
from creditbus.runtime.interventions.redrives import (
    original,
    place_named,
    position_at,
    redrive,
)
from creditbus.runtime.kafka.arrivals import headers_or_none
from creditbus.runtime.process import Process
from creditbus.wire.headers import ORIGIN, header
from creditbus.wire.topics import DEAD_LETTERS

CLOCKS_MS: Final = 3_600_000
"""How far the clocks of the broker and of intake may be apart."""

dead_letters = typer.Typer(help="The records that could not be read.", no_args_is_help=True)


class LetterLine(msgspec.Struct, frozen=True, kw_only=True):
    """One dead letter, without its bytes; ``place`` is where the record lies that it is about."""

    place: str
    source: str
    reason: str
    detail: str
    size: int


@dead_letters.command("list")
@told
def list_letters(
    source: Annotated[str | None, typer.Option("--source", help="Of this source alone.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many are shown.")] = 100,
    home: Home = None,
) -> None:
    """Print the dead letters, the newest last."""
    lines = [
        LetterLine(
            place=letter.place,
            source=letter.source,
            reason=letter.reason,
            detail=letter.detail,
            size=letter.size,
        )
        for letter in _letters(home)
        if source is None or letter.source == source
    ]
    give(lines[-limit:])
    table = Table("place", "source", "bytes", "reason", "detail")
    for line in lines[-limit:]:
        # A detail may quote what a source has sent.
        table.add_row(line.place, line.source, str(line.size), line.reason, escape(line.detail))
    show(table)
    more = f"; the last {limit} shown, --limit shows more" if len(lines) > limit else ""
    say(f"{len(lines)} dead letters{more}")


@dead_letters.command("show")
@told
def show_letter(
    place: Annotated[str, typer.Argument(help="Topic/partition/offset, as `list` prints it.")],
    home: Home = None,
) -> None:
    """Print one dead letter with the bytes that could not be read, as figures and letters."""
    found = _letter_at(auditor(home), place_named(place))
    if found is None:
        fail(f"no dead letter is about {place}: `creditbus dead-letters list` has them", MISUSED)
    give(found)
    say(f"{place} of {found.source}: {found.reason}")
    say(found.detail)
    for name, content in (("key", found.key), ("value", found.value)):
        if content is None:
            say(f"{name}: none")
            continue
        length = found.size if name == "value" else len(content)
        kept = f", the first {SHOWN_BYTES} shown" if length > SHOWN_BYTES else ""
        say(f"{name}: {length} bytes{kept}")
        for line in dump(content[:SHOWN_BYTES]):
            say(line)


@dead_letters.command("redrive")
@told
def redrive_letter(
    place: Annotated[str, typer.Argument(help="Topic/partition/offset, as `list` prints it.")],
    reason: Reason = "",
    mended: Annotated[
        Path | None,
        typer.Option(
            "--mended", help="File with the bytes to send instead, framed as the bus reads them."
        ),
    ] = None,
    home: Home = None,
) -> None:
    """Put a record into its inbox once more: as it came, or mended."""
    reason, position = why(reason), position_at(place)
    value = None if mended is None else _bytes_of(mended)
    process = auditor(home)
    found = original(process, position, partial(_letter_at, process))
    done = redrive(intervention_writer(home), found, reason, value)
    give(done)
    say(f"{place} is in the inbox of {found.source} again: {done.detail}")
    say(
        f"`creditbus dead-letters list --source {found.source}` shows whether it could be read",
    )


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as failure:
        fail(f"{file} cannot be read: {failure.strerror}", MISUSED)


def _letters(home: Home) -> Iterator[DeadLetter]:
    for value in TopicReader(auditor(home)).values(DEAD_LETTERS):
        if isinstance(value, DeadLetter):
            yield value


def _letter_at(process: Process, position: Position) -> DeadLetter | None:
    """Return the dead letter about a record, None when there is none.

    A letter is written after its record, so a year of them is read only when the record is gone.
    """
    reader, about = TopicReader(process), str(position).encode()
    written = reader.written_at(position)
    since = None if written is None else max(0, written - CLOCKS_MS)
    for message in TopicReader(process, since).read(DEAD_LETTERS):
        if header(headers_or_none(message), ORIGIN) == about and message.value() is not None:
            letter = process.codec.decode(message.value())
            if isinstance(letter, DeadLetter) and letter.place == str(position):
                return letter
    return None
