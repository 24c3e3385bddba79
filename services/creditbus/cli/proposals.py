"""``creditbus held``: batches that one person has proposed and a second one decides about."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from creditbus.cli.faults import told
from creditbus.cli.inboxes import parked_inboxes, proposed, wish_of
from creditbus.cli.places import Home, Reason, auditor, intervention_writer, stack_file, why
from creditbus.cli.prints import give, say, show
from creditbus.runtime.interventions.second_persons import approve, named, reject

held = typer.Typer(help="Batches that wait for a second person.", no_args_is_help=True)

_Id = Annotated[str, typer.Argument(metavar="ID", help="As `creditbus held list` prints it.")]


@held.command("list")
@told
def list_held(home: Home = None) -> None:
    """Print what waits for a second person, the oldest first."""
    found = proposed(auditor(home))
    give(found)
    if not found:
        say("nothing waits for a second person")
        return
    table = Table("id", "source", "from", "through", "records", "proposed by", "since", "reason")
    for each in found:
        offsets = (str(each.start), str(each.through), str(each.records))
        since = f"{each.at.astimezone():%Y-%m-%d %H:%M:%S}"
        table.add_row(each.proposal_id, each.source, *offsets, each.by, since, escape(each.reason))
    show(table)


@held.command("approve")
@told
def approve_one(proposal_id: _Id, reason: Reason = "", home: Home = None) -> None:
    """Carry out what somebody else has proposed."""
    reason = why(reason)
    asked = named(proposed(auditor(home)), proposal_id)
    parked, wish = parked_inboxes(stack_file(home)), partial(wish_of, home)
    done = approve(intervention_writer(home), wish, asked, parked, reason)
    give(done)
    say(f"{asked.source} skips {asked.records} records: `creditbus inbox list` shows how it is")


@held.command("reject")
@told
def reject_one(proposal_id: _Id, reason: Reason = "", home: Home = None) -> None:
    """End what somebody has proposed; whoever proposed it takes it back so."""
    reason = why(reason)
    asked = named(proposed(auditor(home)), proposal_id)
    give(reject(intervention_writer(home), asked, reason))
    say(f"rejected: {asked.source} stays at {asked.start}")
