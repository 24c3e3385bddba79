"""``creditbus sources``: who speaks and since when not; and how a source joins, and is tried.

Without a further word it is the list of the sources.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
import typer
from rich.table import Table

from creditbus.audit.app import TopicReader
from creditbus.cli.faults import told
from creditbus.cli.inquiries import long, served
from creditbus.cli.newcomers import add, promote_source
from creditbus.cli.places import Home, auditor
from creditbus.cli.prints import give, say, show
from creditbus.cli.source_webhooks import webhook
from creditbus.cli.tokens import revoke, token, tokens
from creditbus.cli.trials import trial
from creditbus.domain.calendar import instant_of
from creditbus.runtime.redis.served import SourceCounts
from creditbus.wire.topics import inbox, party_of_inbox

sources = typer.Typer(help="The sources: who is silent; add one, try it, give it a token.")
sources.command("add")(add)
sources.command("promote")(promote_source)
sources.command("test")(trial)
sources.command("token")(token)
sources.command("tokens")(tokens)
sources.command("revoke")(revoke)
sources.command("webhook")(webhook)


class SourceSilence(msgspec.Struct, frozen=True, kw_only=True):
    """One source: when the broker took its last record, and what came of all of them.

    ``missing`` are running numbers that never came, ``backward`` steps to a lower one, ``tried``
    what it sent in the sandbox. ``sandbox``: it is there now, and nothing that it sends counts.
    """

    source: str
    last_at: datetime | None
    silent_seconds: int | None
    received: int = 0
    duplicate: int = 0
    refused: int = 0
    dead: int = 0
    missing: int = 0
    backward: int = 0
    tried: int = 0
    sandbox: bool = False


@sources.callback(invoke_without_command=True)
@told
def list_sources(context: typer.Context, home: Home = None) -> None:
    """Print when each source last said something, the longest silent first, and what came of it."""
    if context.invoked_subcommand is not None:
        return
    process = auditor(home)
    names = sorted(process.parties.sources)
    last = TopicReader(process).last_written(*(inbox(name) for name in names))
    overview = served(process, lambda serving: serving.overview())
    now = process.clock.now()
    counts = {str(name): each for name, each in overview.sources.items()}
    spoken = {party_of_inbox(topic): at for topic, at in last.items()}
    trying = {name for name, row in process.parties.sources.items() if row.is_trying(now)}
    lines = [
        msgspec.structs.replace(
            _source_line(name, spoken.get(name), counts.get(name), now), sandbox=name in trying
        )
        for name in names
    ]
    lines.sort(key=lambda line: (line.silent_seconds is None, -(line.silent_seconds or 0)))
    give(lines)
    counted = ("received", "duplicate", "refused", "dead", "missing", "backward", "tried")
    table = Table("source", "last record", "silent for", *counted)
    for line in filter(lambda line: line.last_at is not None, lines):
        assert line.last_at is not None
        assert line.silent_seconds is not None
        figures = (getattr(line, figure) for figure in counted)
        at = line.last_at.astimezone().isoformat(sep=" ", timespec="seconds")
        named = f"{line.source} (sandbox)" if line.sandbox else line.source
        table.add_row(named, at, long(line.silent_seconds), *map(str, figures))
    show(table)
    silent = sum(line.last_at is None for line in lines)
    for line in (each for each in lines if each.sandbox):
        say(
            f"{line.source} is in the sandbox: nothing that it sends counts until"
            f" `creditbus sources promote {line.source}`"
        )
    say(f"{silent} more sources have said nothing in 30 days")


def _source_line(
    name: str, at: int | None, counts: SourceCounts | None, now: datetime
) -> SourceSilence:
    if at is None:
        return SourceSilence(source=name, last_at=None, silent_seconds=None)
    last = instant_of(at)
    return SourceSilence(
        source=name,
        last_at=last,
        silent_seconds=max(0, int((now - last).total_seconds())),
        received=counts.received if counts else 0,
        duplicate=counts.duplicate if counts else 0,
        refused=counts.refused if counts else 0,
        dead=counts.dead if counts else 0,
        missing=counts.missing if counts else 0,
        backward=counts.backward if counts else 0,
        tried=counts.tried if counts else 0,
    )
