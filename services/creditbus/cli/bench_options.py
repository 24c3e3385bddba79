"""What the benchmarks are told on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def positive(numbers: str) -> str:
    """Return numbers with commas as they came; raises ``BadParameter`` for what is not above 0."""
    for number in numbers.split(","):
        if not number.strip().isdecimal() or int(number) < 1:
            raise typer.BadParameter(f"{number!r} is no whole number above 0")
    return numbers


Events = Annotated[int, typer.Option(min=1, help="How many events.")]
Sizes = Annotated[
    str, typer.Option("--events", callback=positive, help="How many events, with commas.")
]
Workers = Annotated[
    str, typer.Option(callback=positive, help="How many worker processes, with commas.")
]
Rounds = Annotated[int, typer.Option(min=1, help="Repetitions in turn; the medians are told.")]
Rate = Annotated[float, typer.Option(min=1, help="Events a second that are offered.")]
Rates = Annotated[
    str, typer.Option(callback=positive, help="Events a second that are offered, with commas.")
]
Seconds = Annotated[int, typer.Option(min=1, help="Length of each run at a fixed rate.")]
Recorded = Annotated[
    bool, typer.Option("--record", help="Append the rows to bench/history.ndjson.")
]
Profile = Annotated[
    Path | None, typer.Option(help="Sample the first worker with py-spy into .svg, .json or text.")
]
