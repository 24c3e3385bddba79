"""The commands of ``creditbus``, put together.

A command's module is imported when somebody asks for it: a service that is restarted must not wait
for what only an operator needs.
"""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup
from typer.exceptions import Abort, TyperException
from typer.main import get_command, get_group

COMMANDS: Final = {
    "up": "creditbus.cli.stacks:up",
    "down": "creditbus.cli.stacks:down",
    "status": "creditbus.cli.stacks:status",
    "pause": "creditbus.cli.modes:pause",
    "resume": "creditbus.cli.modes:resume",
    "drain": "creditbus.cli.modes:drain",
    "held": "creditbus.cli.proposals:held",
    "inbox": "creditbus.cli.inboxes:inboxes",
    "run": "creditbus.cli.runs:run",
    "submit": "creditbus.cli.submissions:submit",
    "files": "creditbus.cli.templates:files",
    "fate": "creditbus.cli.fates:fate",
    "check": "creditbus.cli.checks:check",
    "explain": "creditbus.cli.explanations:explain",
    "identify": "creditbus.cli.codes:identify",
    "trace": "creditbus.cli.traces:trace",
    "audit": "creditbus.cli.audits:audit",
    "logs": "creditbus.cli.journals:logs",
    "owed": "creditbus.cli.inquiries:owed",
    "sources": "creditbus.cli.sources:sources",
    "statement": "creditbus.cli.statements:statements",
    "dead-letters": "creditbus.cli.dead_letters:dead_letters",
    "deadline": "creditbus.cli.deadlines:deadline",
    "demo": "creditbus.cli.demos:demo",
    "aliases": "creditbus.cli.aliases:aliases",
    "bench": "creditbus.cli.benches:benches",
    "accounts": "creditbus.cli.staff:accounts",
    "catalogue": "creditbus.cli.catalogues:catalogues",
    "secrets": "creditbus.cli.deployments:secrets",
    "provision": "creditbus.cli.deployments:provision",
    "backup": "creditbus.cli.backups:backup",
    "broker": "creditbus.cli.brokers:brokers",
    "rotate": "creditbus.cli.rotations:rotate",
    "topics": "creditbus.cli.topics:topics",
    "schemas": "creditbus.cli.topics:schemas",
}
"""Each command, and where it is."""


class Commands(TyperGroup):
    """The commands: their names at once, what they are when somebody asks."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{**given, "commands": dict.fromkeys(COMMANDS)})

    def main(self, args: Sequence[str] | None = None, *further: Any, **options: Any) -> Any:
        """Run what was typed; what was typed wrong is told as JSON too, if it says ``--json``."""
        given = sys.argv[1:] if args is None else list(args)
        if "--json" not in given:
            return super().main(given, *further, **options)
        try:
            code = super().main(given, *further, **options | {"standalone_mode": False})
        except TyperException as misuse:
            sys.exit(_told_as_json(misuse))
        except Abort:
            sys.exit(1)
        sys.exit(code if isinstance(code, int) else 0)

    def get_command(self, context: Any, name: str) -> Any:
        """Return the command, none when there is none of this name."""
        if name in COMMANDS and self.commands[name] is None:
            self.commands[name] = _imported(name)
        return super().get_command(context, name)


app = typer.Typer(
    name="creditbus",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _tell_version(asked: bool) -> None:  # noqa: FBT001 - as typer calls it
    """Say which version this is, and on which interpreter, and end."""
    if asked:
        from importlib.metadata import version

        from creditbus.runtime.interpreter import described

        typer.echo(f"creditbus {version('creditbus')}, {described()}")
        raise typer.Exit


@app.callback()
def _creditbus(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Say which this is."),
    ] = False,
) -> None:
    """An event-streaming bus for public credit."""


def _told_as_json(misuse: Any) -> int:
    """Return the exit code of what was typed wrong, once a machine was told of it."""
    # A service that is started anew needs nothing of this.
    from creditbus.cli.prints import heard_by_a_machine, tell_fault

    code: int = misuse.exit_code
    with heard_by_a_machine():
        tell_fault(misuse.format_message(), code)
    return code


def _imported(name: str) -> Any:
    found = pkgutil.resolve_name(COMMANDS[name])
    if isinstance(found, typer.Typer):
        command: Any = get_group(found)
    else:
        single = typer.Typer(add_completion=False)
        single.command()(found)
        command = get_command(single)
    command.name = name
    return command
