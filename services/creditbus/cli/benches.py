"""``creditbus bench NAME``: measure the bus and its engine on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from creditbus.cli.faults import told
from creditbus.cli.places import AsJson

benches = typer.Typer(
    name="bench", help="Measure on this machine, with servers of its own.", no_args_is_help=True
)
Events = Annotated[int, typer.Option(help="How many events.")]
Workers = Annotated[str, typer.Option(help="Worker processes, with commas.")]
Rounds = Annotated[int, typer.Option(help="Repetitions, interleaved; medians are told.")]
Profile = Annotated[
    Path | None, typer.Option(help="Sample the first worker with py-spy into .svg, .json or text.")
]
MILLION: Final = 1_000_000


@benches.command()
@told
def engine(
    events: Events = MILLION,
    workers: Workers = "1,2",
    rounds: Rounds = 1,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Run the yardstick, hosted as a service is."""
    _yardstick(["engine"], events, workers, rounds, profile=profile, as_json=as_json)


@benches.command()
@told
def unhosted(
    events: Events = MILLION,
    workers: Workers = "1",
    rounds: Rounds = 1,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Run the yardstick without Faust: the difference is what hosting costs."""
    _yardstick(["unhosted"], events, workers, rounds, profile=profile, as_json=as_json)


def _yardstick(
    ways: list[str],
    events: int,
    workers: str,
    rounds: int,
    *,
    profile: Path | None,
    as_json: bool,
) -> None:
    from creditbus.bench.engine import repetition
    from creditbus.bench.rows import CONSOLE, middle, tell
    from creditbus.bench.supply import supply
    from creditbus.bench.track import track

    plans = [(way, int(count)) for way in ways for count in workers.split(",")]
    found = {plan: [] for plan in plans}
    with track() as place:
        source = place.create("yardstick")
        truth = supply(place.client, source, events)
        for _ in range(rounds):
            for way, count in plans:
                row = repetition(place, way, source, truth, workers=count, profile=profile)
                found[way, count].append(row)
                CONSOLE.print(f"{way} x{count}: {row.events_per_s:,.0f} events/s", markup=False)
    tell([middle(rows) for rows in found.values()], as_json=as_json)
