"""``creditbus owed``: what bodies have yet to do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, TypeVar

import msgspec
import typer
from rich.table import Table

from creditbus.cli.faults import MISUSED, fail, told
from creditbus.cli.places import Home, auditor
from creditbus.cli.prints import give, say, show
from creditbus.delivery.tallies import OVERDUE_S
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.ids import BodyId
from creditbus.runtime.process import Process
from creditbus.runtime.redis.reads import Serving

T = TypeVar("T")


class OwedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One obligation that is owed, and what its last attempt brought."""

    body: str
    action: str
    measure: str
    subject: str
    obligation: str
    stated_at: datetime
    waits_seconds: int
    overdue: bool
    tries: int
    last: str


@told
def owed(
    body: Annotated[str | None, typer.Option("--body", help="Of one executing body.")] = None,
    overdue: Annotated[
        bool, typer.Option("--overdue", help="Only lifts of a minute and applications of ten.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many are shown.")] = 100,
    home: Home = None,
) -> None:
    """Print what the executing bodies owe: lifts first, then the oldest first."""
    process = auditor(home)
    if body is not None and body not in process.parties.bodies:
        fail(f"{body} is no executing body; there are {', '.join(process.parties.bodies)}", MISUSED)
    now = process.clock.now()
    found = served(process, lambda serving: serving.owed(BodyId(body) if body else None))
    lines = [line for each in found if (line := _owed_line(each, now)).overdue or not overdue]
    give(lines[:limit])
    table = Table("body", "action", "measure", "subject", "owed for", "tries", "last answer")
    for line in lines[:limit]:
        waits = f"[red]{long(line.waits_seconds)}[/]" if line.overdue else long(line.waits_seconds)
        told_of = (line.body, line.action, line.measure, line.subject, waits, str(line.tries))
        table.add_row(*told_of, line.last)
    show(table)
    late = sum(line.overdue for line in lines)
    more = f"; {limit} shown, --limit shows more" if len(lines) > limit else ""
    say(f"{len(lines)} owed, {late} of them overdue{more}")


def _owed_line(each: Obligation, now: datetime) -> OwedLine:
    waits = max(0, int((now - each.stated_at).total_seconds()))
    answered = str(each.outcome) if each.outcome else each.status and f"HTTP {each.status}"
    said = " ".join(dict.fromkeys(part for part in (answered, each.detail) if part))
    return OwedLine(
        body=each.body,
        action=each.action,
        measure=each.measure_id,
        subject=each.subject_id,
        obligation=each.obligation_id,
        stated_at=each.stated_at,
        waits_seconds=waits,
        overdue=waits > OVERDUE_S[each.action],
        tries=each.tries,
        last=said or ("not tried yet" if not each.tries else "no answer"),
    )


def served(process: Process, ask: Callable[[Serving], Awaitable[T]]) -> T:
    """Return what Redis says; raises ``Unavailable`` when it is away or not complete."""

    async def asked() -> T:
        serving = Serving.of(process.settings)
        try:
            return await ask(serving)
        finally:
            await serving.close()

    return asyncio.run(asked())


def long(seconds: int) -> str:
    """Return a duration in two units at most.

    >>> long(59), long(3700), long(200000)
    ('59 s', '1 h 1 min', '2 d 7 h')
    """
    units = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
    parts = []
    for name, length in units:
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"
