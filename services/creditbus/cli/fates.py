"""``creditbus fate``: what became of a record, asked as its source."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Column, Table

from creditbus.cli.faults import MISUSED, fail, told
from creditbus.cli.prints import give, show
from creditbus.cli.ways_in import WayIn, comes_in
from creditbus.sdk.gateway import WAIT_MOST_S, GatewayRefused
from creditbus.wire.answers import FateState, RecordFate, RecordFates

_REUSED = (
    "this id has named more than one subject, and each of them stands as listed: take it back"
    " under the wrong one"
)
_UNDONE = frozenset({FateState.REFUSED, FateState.DEAD, FateState.WAITING})


@comes_in
@told
def fate(
    record: Annotated[str, typer.Argument(help="Your own id of the record.")],
    way: WayIn,
    wait: Annotated[
        int, typer.Option(min=0, max=WAIT_MOST_S, help="Seconds to wait until it is decided.")
    ] = 0,
) -> None:
    """Say what became of a record: applied, duplicate, refused, dead, or waiting and for what.

    Exits with 1 when its newest arrival did not count, or not yet.
    """
    with way.open() as door:
        try:
            found = door.fate(record, wait)
        except GatewayRefused as refused:
            fail(str(refused), MISUSED if refused.problem.status < 500 else 1)
    give(found)
    show(_table(found))
    if found.state in _UNDONE:
        raise typer.Exit(1)


def _table(found: RecordFates) -> Table:
    told = Column("what is told", overflow="fold")
    caption = _REUSED if found.is_reused else None
    table = Table("receipt", "revision", "state", told, title=found.record_id, caption=caption)
    for each in found.arrivals:
        table.add_row(str(each.offset), str(each.record_revision or ""), each.state, said(each))
    return table


def said(fate: RecordFate) -> str:
    """Return in words what became of one arrival."""
    lines = [f"{each.reason} ({each.article}) {each.detail}" for each in fate.reasons]
    if fate.cause:
        lines.append(f"{fate.cause}: {fate.detail}")
    if fate.waits_for == "entry":
        lines.append("waits until somebody lists the entry that it is about")
    elif fate.waits_for:
        lines.append(f"waits for {fate.waits_for}")
    if fate.effect:
        lines.append({"KEPT": "kept as a fact"}.get(fate.effect, "the entry stands as it stood"))
    if fate.redriven is not None:
        lines.append(
            f"put in once more by the bus, as you had sent it at {fate.redriven} or mended"
        )
    lines += [f"{each.list_id} {each.stage}" for each in fate.entries]
    if fate.sandbox:
        lines.append("only tried, in the sandbox: it counts for nothing")
    return "\n".join(lines)
