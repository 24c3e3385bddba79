"""``creditbus bench NAME``: measure the bus and its engine on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from creditbus.cli.bench_options import (
    Events,
    Profile,
    Rate,
    Rates,
    Recorded,
    Rounds,
    Seconds,
    Sizes,
    Workers,
)
from creditbus.cli.faults import told
from creditbus.cli.prints import give, machine

if TYPE_CHECKING:
    from creditbus.bench.rows import BenchRow
    from creditbus.bench.session import SessionPlan

MILLION: Final = 1_000_000

benches = typer.Typer(
    name="bench",
    help="Measure on this machine, with servers of its own that go when it ends.",
    no_args_is_help=True,
)


@benches.command()
@told
def engine(
    events: Events = MILLION,
    workers: Workers = "1,2",
    rounds: Rounds = 1,
    profile: Profile = None,
    recorded: Recorded = False,
) -> None:
    """Run the yardstick, hosted as a service is."""
    _run(_yardstick("engine", events, workers, profile), rounds, recorded=recorded)


@benches.command()
@told
def unhosted(
    events: Events = MILLION,
    workers: Workers = "1",
    rounds: Rounds = 3,
    profile: Profile = None,
    recorded: Recorded = False,
) -> None:
    """Run the yardstick without Faust and with it in turn: the difference is what hosting costs."""
    plans = [
        *_yardstick("unhosted", events, workers, profile),
        *_yardstick("engine", events, workers, None),
    ]
    _run(plans, rounds, recorded=recorded)


@benches.command()
@told
def bare(
    events: Events = MILLION,
    workers: Workers = "1,2",
    rounds: Rounds = 1,
    recorded: Recorded = False,
) -> None:
    """Run the limit: consume, decode and produce, with neither state nor transaction."""
    _run(_yardstick("bare", events, workers, None), rounds, recorded=recorded)


@benches.command()
@told
def faust(
    events: Events = 30_000,
    rounds: Rounds = 1,
    recorded: Recorded = False,
) -> None:
    """Run the yardstick as a stock Faust agent."""
    _run(_yardstick("faust", events, "1", None), rounds, recorded=recorded)


@benches.command()
@told
def listing(
    events: Sizes = "1000000",
    workers: Workers = "1",
    cache_mb: Annotated[int, typer.Option(help="The workers' block cache, in MB.")] = 64,
    rounds: Rounds = 1,
    recorded: Recorded = False,
) -> None:
    """Run listing's own job over the demonstration city, copied a hundredfold."""
    from creditbus.bench.session import SessionPlan

    plans = [
        SessionPlan(name="listing", events=int(size), workers=int(count), cache_mb=cache_mb)
        for size in events.split(",")
        for count in workers.split(",")
    ]
    _run(plans, rounds, recorded=recorded)


@benches.command()
@told
def fold(
    events: Events = 100_000,
    subjects: Annotated[int, typer.Option(help="How many subjects they are about.")] = 20_000,
    in_bulk: Annotated[bool, typer.Option(help="Read with pyruhvro, not with fastavro.")] = True,
    recorded: Recorded = False,
) -> None:
    """Run listing without a broker: what it costs to read, decide, write and store."""
    from creditbus.bench.fold import fold

    _tell([fold(events, subjects, in_bulk=in_bulk)], recorded=recorded)


@benches.command()
@told
def reform(
    events: Events = 200_000,
    subjects: Annotated[
        int, typer.Option(min=1, help="How many subjects they are about.")
    ] = 100_000,
    recorded: Recorded = False,
) -> None:
    """Publish an edition to listing without a broker: what it costs to settle who stands."""
    from creditbus.bench.reform import reform

    _tell([reform(events, subjects)], recorded=recorded)


@benches.command()
@told
def law(events: Events = 100_000, recorded: Recorded = False) -> None:
    """Run the pure law over the city's histories: how many acts a second move their entries."""
    from creditbus.bench.law import law

    _tell([law(events)], recorded=recorded)


@benches.command()
@told
def recovery(
    events: Events = MILLION,
    rounds: Rounds = 1,
    recorded: Recorded = False,
) -> None:
    """Rebuild the yardstick's state from its changelog, then restart with nothing to rebuild."""
    _run(_yardstick("recovery", events, "1", None), rounds, recorded=recorded)


@benches.command()
@told
def rolling(
    rate: Rate = 5000,
    rounds: Rounds = 1,
    recorded: Recorded = False,
) -> None:
    """Restart one of two workers under load, and tell the longest silences."""
    from creditbus.bench.session import SessionPlan

    _run(
        [SessionPlan(name="rolling", rate=rate, workers=2)],
        rounds,
        recorded=recorded,
    )


@benches.command()
@told
def latency(
    rates: Rates = "100,1000,5000",
    seconds: Seconds = 20,
    rounds: Rounds = 1,
    recorded: Recorded = False,
) -> None:
    """Measure one hop, read committed, at fixed rates."""
    from creditbus.bench.session import SessionPlan

    plans = [
        SessionPlan(name="latency", rate=float(rate), seconds=seconds) for rate in rates.split(",")
    ]
    _run(plans, rounds, recorded=recorded)


@benches.command()
@told
def soak(
    minutes: Annotated[float, typer.Option(min=1, help="How long.")] = 15,
    rate: Rate = 5000,
    recorded: Recorded = False,
) -> None:
    """Watch one worker's memory under a steady load."""
    from creditbus.bench.session import SessionPlan

    _run(
        [SessionPlan(name="soak", rate=rate, seconds=minutes * 60)],
        1,
        recorded=recorded,
    )


@benches.command()
@told
def chain(
    events: Events = 10_000,
    seconds: Seconds = 20,
    rates: Rates = "20,100",
    recorded: Recorded = False,
) -> None:
    """Measure the whole bus, from an agency's client to the executing body's webhook."""
    from creditbus.bench.chain import chain

    _tell(
        chain(events, seconds, [float(rate) for rate in rates.split(",")]),
        recorded=recorded,
    )


@benches.command()
@told
def delivery(
    events: Events = 10_000,
    owed: Annotated[int, typer.Option(min=1, help="How much is owed at the restart.")] = 100_000,
    away: Annotated[float, typer.Option(min=1, help="Seconds for which a body is away.")] = 120,
    recorded: Recorded = False,
) -> None:
    """Measure delivery alone: its pace, lifts in a burst, a body's return, a restart."""
    from creditbus.bench.delivery import delivery

    _tell(delivery(events, owed, away), recorded=recorded)


@benches.command()
@told
def views(
    events: Events = 50_000,
    recorded: Recorded = False,
) -> None:
    """Measure views alone: how fast Redis follows the topics, and how fast it is built anew."""
    from creditbus.bench.views import views

    _tell(views(events), recorded=recorded)


@benches.command()
@told
def aliases(
    count: Annotated[
        int, typer.Option(help="How many old codes; the city's by default.")
    ] = 220_840,
    recorded: Recorded = False,
) -> None:
    """Measure how long a register of old codes takes to become known, and to be read at a start."""
    from creditbus.bench.aliases import aliases

    _tell(aliases(count), recorded=recorded)


@benches.command()
@told
def sdk(
    events: Events = 200_000,
    rounds: Rounds = 3,
    recorded: Recorded = False,
) -> None:
    """Measure what one process publishes with the SDK: plain, told, with an outbox, in asyncio."""
    from creditbus.bench.publishers import publishers

    _tell(publishers(events, rounds), recorded=recorded)


@benches.command()
@told
def doors(
    events: Events = 50_000,
    seconds: Seconds = 10,
    rates: Rates = "500",
    rounds: Rounds = 3,
    recorded: Recorded = False,
) -> None:
    """Measure one gateway: events by the line, one by one, and one by one at fixed rates."""
    from creditbus.bench.doors import doors

    _tell(
        doors(events, seconds, [float(rate) for rate in rates.split(",")], rounds),
        recorded=recorded,
    )


@benches.command(name="told")
@told
def told_fates(
    rate: Annotated[float, typer.Option(min=1, help="Records a second.")] = 50,
    seconds: Seconds = 30,
    recorded: Recorded = False,
) -> None:
    """Measure how soon a source is told of each decision: by the stream, and by webhook."""
    from creditbus.bench.told import told

    _tell(told(rate, seconds), recorded=recorded)


@benches.command()
@told
def outage(
    kills: Annotated[int, typer.Option(min=1, help="How often the broker is killed.")] = 10,
    rate: Annotated[float, typer.Option(min=0, help="Events a second meanwhile; 0: none.")] = 0,
    recorded: Recorded = False,
) -> None:
    """Kill the broker of a whole bus again and again, and tell how long each service is silent."""
    from creditbus.bench.outage import outage

    _tell(outage(kills, rate), recorded=recorded)


@benches.command()
@told
def crowd(
    callers: Annotated[int, typer.Option(min=2, help="How many ask at the same moment.")] = 500,
    exposed: Annotated[int, typer.Option(min=1, help="How many exposures stand.")] = 1000,
    recorded: Recorded = False,
) -> None:
    """Let a crowd ask at once at each HTTP door: how long they wait, and how much memory it takes.

    Checks at query, event streams at the feed, submissions at the gateway, pages of the console.
    """
    from creditbus.bench.crowd import crowd

    _tell(crowd(callers, exposed), recorded=recorded)


@benches.command(name="all")
@told
def everything(
    events: Events = MILLION,
    rounds: Rounds = 3,
    recorded: Recorded = False,
) -> None:
    """Run what a change of the engine is judged by, in turn, with the ratios to limit and Faust."""
    from creditbus.bench.session import everything

    _run(everything(events), rounds, recorded=recorded)


def _yardstick(name: str, events: int, workers: str, profile: Path | None) -> list[SessionPlan]:
    from creditbus.bench.session import SessionPlan

    return [
        SessionPlan(name=name, events=events, workers=int(count), profile=profile)
        for count in workers.split(",")
    ]


def _run(plans: Sequence[SessionPlan], rounds: int, *, recorded: bool) -> None:
    from creditbus.bench.session import run

    _tell(run(plans, rounds), recorded=recorded)


def _tell(rows: Sequence[BenchRow], *, recorded: bool) -> None:
    from creditbus.bench.history import quiet, record
    from creditbus.bench.rows import CONSOLE, tell
    from creditbus.runtime.clock import SystemClock

    for row in rows:
        give(row)
    if machine() is None:
        tell(rows)
    if recorded:
        kept = quiet(rows)
        record(kept, SystemClock())
        if len(kept) < len(rows):
            CONSOLE.print(f"not recorded: {len(rows) - len(kept)} rows, the machine was busy")
