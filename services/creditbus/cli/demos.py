"""``creditbus demo``: a city of agencies on a live bus, and proof at its end that it adds up."""

from __future__ import annotations

import asyncio
import itertools
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from creditbus.audit.decide import total
from creditbus.cli.checks import ask, asker_for
from creditbus.cli.faults import MISUSED, fail, told
from creditbus.cli.places import Home, auditor, parties, ports, sites
from creditbus.cli.prints import PERSONS, give, machine, say
from creditbus.cli.progress import report_to
from creditbus.cli.summary import tell_outcome, tell_suggestions
from creditbus.demo.city import Fate, Submitted
from creditbus.demo.run import (
    Demonstration,
    DemoResult,
    acknowledged,
    expected,
    kill_each,
    next_run,
)
from creditbus.demo.sheets import send_sheet
from creditbus.demo.suggestions import suggestions
from creditbus.domain.acts.events import EntryListed
from creditbus.domain.acts.gates import Listing, first_fault
from creditbus.domain.effects.checks import Answer, Verdict
from creditbus.domain.ids import ItemId, SubjectId, derive_event_id
from creditbus.domain.law.catalogue import Catalogue
from creditbus.sdk.sheets.files import FileAct
from creditbus.stack.bus import LocalBus, bodies_plan
from creditbus.stack.folder import Folder, holder
from creditbus.stack.interrupts import raise_when_asked

EXAMPLE: Final = Path("examples/court-list.csv")
_FEWEST: Final = 100


@told
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="End by itself, and check every sum.")
    ] = False,
    events: Annotated[int, typer.Option(help="About how many records the city sends.")] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same city.")] = 1,
    rate: Annotated[float, typer.Option(help="Records a second; 0: as fast as it goes.")] = 60,
    kill: Annotated[
        bool, typer.Option("--kill", help="Kill every service once on the way.")
    ] = False,
    home: Home = None,
) -> None:
    """Run the demonstration city on a local bus of its own."""
    if events < _FEWEST:
        fail(
            f"--events {events} is too few for a city of 62 agencies: give {_FEWEST} or more",
            MISUSED,
        )
    if machine() is not None and not once:
        fail("a city that lives until Ctrl-C has no result: --json goes with --once", MISUSED)
    raise_when_asked()
    places = sites(home)
    if holder(Folder(places.home)) is not None:
        fail(f"a bus runs in {places.home} already: `creditbus down` first, or name another --home")
    bus = LocalBus(places, parties(places), ports=ports(), say=report_to(PERSONS))
    with bus:
        bus.services.start([bodies_plan(bus.stack.file, places)])
        demonstration = Demonstration(bus.stack.file, auditor(home), PERSONS)
        run = next_run(places.home)
        if once:
            outcome = asyncio.run(
                _once(bus, demonstration, (events, seed, run), rate=rate, kill=kill)
            )
            give(msgspec.to_builtins(outcome) | {"problems": outcome.problems})
            tell_outcome(outcome, PERSONS)
        else:
            outcome = None
            bus.train()
            say("The city lives until Ctrl-C.")
            _live_on(demonstration, seed, run, rate)
        _suggest(demonstration, bus)
        if outcome is not None:
            # Only now: beside the city it would be in the figures of a machine's first run.
            bus.train()
            bus.finish_training()
    if outcome is not None and outcome.problems:
        fail("; ".join(outcome.problems))


async def _once(
    bus: LocalBus,
    demonstration: Demonstration,
    size: tuple[int, int, str],
    *,
    rate: float,
    kill: bool,
) -> DemoResult:
    events, seed, run = size
    loop = asyncio.get_running_loop()
    before = await loop.run_in_executor(None, demonstration.reader.sums)
    statements = demonstration.city(seed, run).statements(events)
    began = loop.time()
    killing = asyncio.create_task(kill_each(bus, seed, PERSONS)) if kill else None
    await demonstration.live(statements, per_second=rate or None)
    if killing is not None:
        await killing
    sheet = await loop.run_in_executor(
        None, lambda: send_sheet(bus.stack.file, EXAMPLE, "court", partial(_of_run, run))
    )
    sums, reconciliation = await demonstration.settle()
    seconds = loop.time() - began
    bodies = list(bus.catalogue.bodies)
    statements += [_submitted(event, bus.catalogue) for event in sheet.sent]
    answers = acknowledged(sums, bodies) - acknowledged(before, bodies)
    return DemoResult(
        sums=sums,
        total=total(sums),
        reconciliation=reconciliation,
        expected=expected(statements, answers, total(before)),
        latency=demonstration.latency(),
        seconds=seconds,
        sent=len(statements),
        repeats=kill,
    )


def _suggest(demonstration: Demonstration, bus: LocalBus) -> None:
    """Say what to try next; the bus is asked, so that each command shows what it promises."""
    known, file = bus.catalogue, bus.stack.file

    def is_barred(subject: SubjectId, matter: ItemId) -> bool:
        purpose = known.items[matter].purposes[0]
        asker = asker_for(known, purpose)
        if asker is None:
            return False
        question = {"subject": subject, "matter": matter, "purpose": purpose}
        answer = msgspec.json.decode(ask(file, asker, question), type=Answer)
        return answer.verdict is not Verdict.YES

    listings = reversed(demonstration.agencies.listings)
    found = suggestions(listings, demonstration.received, known, is_barred)
    tell_suggestions(found, PERSONS)


def _of_run(run: str, event: FileAct) -> FileAct:
    """Return the row under a name that keeps it apart from the same row of another run."""
    record_id = f"{run}-{event.envelope.record_id}"
    source = event.envelope.source
    envelope = msgspec.structs.replace(
        event.envelope,
        record_id=record_id,
        event_id=derive_event_id(source, record_id, 1, "entry_listed", event.envelope.subject_id),
    )
    return msgspec.structs.replace(event, envelope=envelope)


def _submitted(event: FileAct, known: Catalogue) -> Submitted:
    """Return the row with what the law says must become of it."""
    assert isinstance(event, EntryListed), "the example is a court list"
    fault = first_fault(Listing(event, known.lists[event.list_id], known))
    fate = Fate.REFUSED if fault is not None else Fate.APPLIED
    return Submitted(source=event.envelope.source, event=event, fate=fate)


def _live_on(demonstration: Demonstration, seed: int, run: str, rate: float) -> None:
    async def live() -> None:
        for chapter in itertools.count(1):
            city = demonstration.city(seed, f"{run}.{chapter}")
            await demonstration.live(city.statements(_FEWEST * 10), per_second=rate or None)

    try:
        asyncio.run(live())
    except KeyboardInterrupt:
        say("the city rests")
