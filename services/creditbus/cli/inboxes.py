"""``creditbus inbox``: which inboxes wait because they cannot be read, and how one is let go on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import httpx
import msgspec
import typer
from rich.table import Table

from creditbus.cli.faults import MISUSED, fail, told
from creditbus.cli.inquiries import served
from creditbus.cli.places import (
    Home,
    Reason,
    auditor,
    intervention_writer,
    sites,
    stack_file,
    url,
    why,
)
from creditbus.cli.prints import give, say, show
from creditbus.domain.acts.interventions import OperatorStep
from creditbus.domain.acts.proposals import Proposal
from creditbus.engine.worker import Skip
from creditbus.runtime.interventions.second_persons import skip_or_propose
from creditbus.runtime.interventions.wishes import ParkedInbox, records_in, skip_of
from creditbus.runtime.process import Process
from creditbus.runtime.redis.pages import Pages
from creditbus.runtime.settings import read_settings
from creditbus.runtime.workers.skips import WantedSkip
from creditbus.stack.folder import Folder, StackFile
from creditbus.stack.inboxes import widen_inbox
from creditbus.stack.services import worker_name
from creditbus.wire.topics import inbox

_READER: Final = "intake"
_BOUND_S: Final = 30.0
_ASK_EVERY_S: Final = 0.1
inboxes = typer.Typer(help="The inboxes that wait, and how one goes on.", no_args_is_help=True)


class _Said(msgspec.Struct, frozen=True):
    """What a worker's health says."""

    parked: tuple[ParkedInbox, ...] = ()


@inboxes.command("list")
@told
def list_inboxes(home: Home = None) -> None:
    """Print the inboxes that cannot be read; every other one is being read."""
    found = list(parked_inboxes(stack_file(home)))
    give(found)
    if not found:
        say("no inbox waits")
        return
    table = Table("source", "stands at", "since", "why")
    for each in found:
        table.add_row(each.source, each.stands, f"{each.since:%Y-%m-%d %H:%M:%S}", each.why)
    show(table)


@inboxes.command("widen")
@told
def widen(
    source: Annotated[str, typer.Argument(help="Source or executing body whose inbox it is.")],
    partitions: Annotated[int, typer.Option(help="How many it shall have; never fewer again.")],
    home: Home = None,
) -> None:
    """Give an inbox more partitions, once everything in it is decided, so that order is kept.

    A record's key says its partition, and with more of them another one: what was written before
    must have been read before. So its sender is to be still while this is done.
    """
    had = widen_inbox(stack_file(home), source, partitions)
    give({"topic": inbox(source), "partitions": partitions, "had": had})
    say(f"{inbox(source)} has {partitions} partitions, and had {had}")


@inboxes.command("skip")
@told
def skip(
    source: Annotated[str, typer.Argument(help="Source or executing body whose inbox waits.")],
    offset: Annotated[
        int, typer.Option("--offset", help="The offset it stands at, or a later one to skip up to.")
    ],
    reason: Reason = "",
    home: Home = None,
) -> None:
    """Let a waiting inbox go on behind an offset; each record that is skipped is a dead letter."""
    reason, file = why(reason), stack_file(home)
    parked = _of(source, file)
    if parked is None:
        fail(f"{source} does not wait: `creditbus inbox list` shows those that do", MISUSED)
    process, wish = auditor(home), wish_of(home, parked)
    wanted = skip_of(process, parked, offset)
    waiting = proposed(process) if records_in(wanted) > read_settings().alone_records else ()
    done = skip_or_propose(intervention_writer(home), wish, wanted, reason, waiting)
    if done.step is OperatorStep.PROPOSE:
        give({"skip": wanted, "stands": parked.position, "intervention": done})
        say(
            f"{records_in(wanted)} records are more than one person skips: {source} waits for a"
            f" second one, who types `creditbus held approve {done.intervention_id}` or presses it"
            " on the console's page Held"
        )
        return
    stands = _wait(source, file, wish, wanted)
    give({"skip": wanted, "stands": stands, "intervention": done})


def parked_inboxes(file: StackFile) -> Iterator[ParkedInbox]:
    """Yield what every worker of intake says that it cannot read."""
    seen = set()
    for worker in range(file.workers.get(_READER, 1)):
        address = f"{url(file.ports.metrics_of(_READER, worker))}/health/ready"
        said = msgspec.json.decode(httpx.get(address, timeout=5).content, type=_Said)
        for each in said.parked:
            if each.topic not in seen:
                seen.add(each.topic)
                yield replace(each, worker=worker)


def _of(source: str, file: StackFile) -> ParkedInbox | None:
    """Return the parked inbox of a source, None when it does not wait."""
    return next((each for each in parked_inboxes(file) if each.topic == inbox(source)), None)


def wish_of(home: Path | None, parked: ParkedInbox) -> WantedSkip:
    """Return where the worker of a parked inbox reads what it shall skip."""
    return WantedSkip(Folder(sites(home).home).state, worker_name(_READER, parked.worker))


def proposed(process: Process) -> tuple[Proposal, ...]:
    """Return what waits for a second person; raises ``Unavailable`` while Redis is away."""
    now = process.clock.now()
    return served(process, lambda serving: Pages(serving).proposals(now))


def _wait(source: str, file: StackFile, wish: WantedSkip, wanted: Skip) -> int | None:
    """Wait until the worker has committed the skip, and say where the inbox waits now, if so."""
    deadline = time.monotonic() + _BOUND_S
    while wish.read() is not None:
        if time.monotonic() > deadline:
            fail(
                f"{source} shall skip up to {wanted.through}, and does not within {_BOUND_S:g} s."
                " It stays asked: `creditbus inbox list` says how it is"
            )
        time.sleep(_ASK_EVERY_S)
    found = next((each for each in parked_inboxes(file) if each.topic == wanted.topic), None)
    if found is not None and found.position == wanted.start:
        fail(f"nothing of {source} was skipped, because its worker has changed: ask again")
    count = records_in(wanted)
    letters = "dead letter" if count == 1 else "dead letters"
    say(f"{source} goes on behind {wanted.through}: {count} {letters}")
    if found is not None:
        say(f"it is tried at {found.stands}: `creditbus inbox list` shows if it waits")
    return None if found is None else found.position
