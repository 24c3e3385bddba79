"""``creditbus statement``: what became of a day's records, signed; verified without any bus."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import httpx
import msgspec
import typer
from rich.table import Table

from creditbus.cli.day_sheets import write_day
from creditbus.cli.faults import FAILED, MISUSED, fail, told
from creditbus.cli.prints import give, pass_on, say, show
from creditbus.cli.ways_in import WayIn, comes_in
from creditbus.wire.answers import PROBLEM_JSON, Problem
from creditbus.wire.statements import (
    KEYS_PATH,
    ControlTotals,
    DayStatement,
    StatedRecord,
    digest_of,
)

statements = typer.Typer(
    help="Signed statements of what came in on a day: ask for one, verify one.",
    no_args_is_help=True,
)
_BOUND_S: Final = 120.0
_NAMED: Final = 20
_Day = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="A civil day.")]
_Into = Annotated[Path | None, typer.Option("--into", help="Write it into this file.")]


@statements.command("get")
@comes_in
@told
def get(
    day: _Day,
    way: WayIn,
    ids: Annotated[
        Path | None,
        typer.Option(help="File with an id a line, record_id@record_revision: all that you sent."),
    ] = None,
    count: Annotated[int | None, typer.Option(min=0, help="How many ids you sent.")] = None,
    last_sequence: Annotated[
        int | None, typer.Option(min=0, help="The running number of the day's last record.")
    ] = None,
    into: _Into = None,
) -> None:
    """Get the statement of a day; announce what you sent, and it names what never came."""
    sent = () if ids is None else _ids_in(ids)
    totals = ControlTotals(
        day=day.date(),
        count=len(set(sent)) if ids is not None and count is None else count,
        last_sequence=last_sequence,
        digest=digest_of(sent) if sent else "",
        ids=sent,
    )
    if totals == ControlTotals(day=totals.day):
        answer = _asked(way, "GET", f"/v1/statements/{totals.day}")
    else:
        answer = _asked(way, "POST", "/v1/control-totals", msgspec.json.encode(totals))
    give({"statement": answer.decode(), "into": into and str(into)})
    if into is None:
        pass_on(answer.decode())
    else:
        into.write_bytes(answer + b"\n")
        say(f"it is in {into}: `creditbus statement verify {into} --keys KEYS`")


@statements.command("keys")
@comes_in
@told
def keys(way: WayIn, into: _Into = None) -> None:
    """Get the public keys with which statements are verified; keep them with care."""
    answer = _asked(way, "GET", KEYS_PATH)
    give(msgspec.Raw(answer))
    if into is None:
        pass_on(answer.decode())
    else:
        into.write_bytes(answer + b"\n")


@statements.command("verify")
@told
def verify(
    file: Annotated[Path, typer.Argument(help="The statement; - for what is piped in.")],
    keys: Annotated[
        Path, typer.Option("--keys", help="Public keys, as `creditbus statement keys` got them.")
    ],
    sheet: Annotated[
        Path | None, typer.Option(help="Write its records as a workbook, .xlsx, to compare.")
    ] = None,
) -> None:
    """Say whether a statement is the bus's own and unchanged, and what it says; asks nobody.

    Exits with 1 when it is not to be believed, and with 3 when something is missing.
    """
    if sheet is not None and (sheet.suffix.lower() != ".xlsx" or sheet.exists()):
        fail(f"{sheet}: name a new file that ends with .xlsx", MISUSED)
    from creditbus.wire.signatures import KeyUnusable, StatementUnsound, verified

    try:
        statement = verified(_text_of(file).strip(), _text_of(keys))
    except KeyUnusable as unusable:
        fail(f"{keys}: {unusable}", MISUSED)
    except StatementUnsound as unsound:
        fail(f"{file} is not to be believed: {unsound}")
    if sheet is not None:
        write_day(statement, sheet)
    give(statement)
    _tell(statement)
    if statement.agrees is False or statement.missing.ids or statement.missing.sequences:
        raise typer.Exit(_SOMETHING_MISSING)


_SOMETHING_MISSING: Final = 3


def _tell(statement: DayStatement) -> None:
    sums = statement.sums
    at = statement.made_at.astimezone().isoformat(sep=" ", timespec="seconds")
    final = "final" if statement.is_final else "not final: the day goes on, or something waits"
    say(
        f"signed by {statement.issuer}, and unchanged: {statement.source}, {statement.day},"
        f" as of {at}; {final}"
    )
    say(
        f"received {sums.received} = accepted {sums.accepted} + duplicate {sums.duplicate}"
        f" + refused {sums.refused} + dead {sums.dead} + waiting {sums.waiting}"
    )
    rows = [
        (what, *_row(each))
        for what, records in (
            ("accepted", _again(statement.accepted)),
            ("duplicate", _again(statement.duplicate)),
            ("refused", statement.refused),
            ("dead", statement.dead),
            ("waiting", statement.waiting),
        )
        for each in records[:_NAMED]
    ]
    if rows:
        table = Table("what", "offset", "record", "number", "why")
        for row in rows:
            table.add_row(*row)
        show(table)
    for sentence in _sentences(statement):
        say(sentence)


def _sentences(statement: DayStatement) -> Iterator[str]:
    """Yield what is not as it should be, and whether it was announced so."""
    missing = statement.missing
    if statement.backward_steps:
        yield f"running numbers that are lower than the last: {statement.backward_steps}"
    if missing.ids:
        yield f"never came: {_some(missing.ids)}"
    if missing.sequences:
        runs = [
            f"{first}" if first == last else f"{first}-{last}" for first, last in missing.sequences
        ]
        yield f"running numbers that never came: {_some(runs)}"
    if missing.count:
        yield f"{missing.count} fewer came than were announced"
    if statement.unannounced:
        yield f"came without being announced: {_some(statement.unannounced)}"
    yield {
        None: "nothing was announced, so nothing could be compared",
        True: "all that was announced came",
        False: "it is not all as it was announced",
    }[statement.agrees]


def _again(records: Sequence[StatedRecord]) -> list[StatedRecord]:
    """Return those that an operator put in once more: the source has not sent them here."""
    return [each for each in records if each.redriven is not None]


def _row(each: StatedRecord) -> tuple[str, str, str, str]:
    return each.place, each.id, str(each.sequence or ""), each.why


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _ids_in(file: Path) -> tuple[str, ...]:
    lines = (line.strip() for line in _text_of(file).splitlines())
    return tuple(line for line in lines if line)


def _text_of(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        fail(f"{file} cannot be read: {fault}", MISUSED)


def _asked(way: WayIn, method: str, path: str, content: bytes | None = None) -> bytes:
    """Return what the gateway answers, or say what it refuses."""
    address, token, trusted = way.found()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = httpx.request(
        method,
        f"{address.rstrip('/')}{path}",
        content=content,
        headers=headers,
        timeout=_BOUND_S,
        verify=True if trusted is None else ssl.create_default_context(cafile=trusted),
    )
    if answer.headers.get("Content-Type", "").startswith(PROBLEM_JSON):
        problem = msgspec.json.decode(answer.content, type=Problem)
        fail(problem.detail, MISUSED if problem.status < 500 else FAILED)
    if not answer.is_success:
        fail(f"{address} answers {answer.status_code} and no problem: is it the gateway's address?")
    return answer.content
