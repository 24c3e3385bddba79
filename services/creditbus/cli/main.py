"""The commands of ``creditbus``, put together."""

from __future__ import annotations

import typer

from creditbus.cli import topics
from creditbus.cli.aliasing import aliases
from creditbus.cli.auditing import audit
from creditbus.cli.benches import benches
from creditbus.cli.catalogues import catalogues
from creditbus.cli.checking import check
from creditbus.cli.deadlines import deadline
from creditbus.cli.demos import demo
from creditbus.cli.explaining import explain
from creditbus.cli.identifying import identify
from creditbus.cli.modes import drain, pause, resume
from creditbus.cli.running import run
from creditbus.cli.stacks import down, status, up
from creditbus.cli.submitting import submit
from creditbus.cli.tracing import trace

app = typer.Typer(
    name="creditbus",
    help="An event-streaming bus for public credit.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
operating = (up, down, status, pause, resume, drain, run)
asking = (check, explain, identify, trace, audit, deadline)
for command in (*operating, submit, *asking, demo):
    app.command()(command)
app.add_typer(aliases, name="aliases")
app.add_typer(benches, name="bench")
app.add_typer(catalogues, name="catalogue")
app.add_typer(topics.topics, name="topics")
app.add_typer(topics.schemas, name="schemas")
