"""The chart of the benchmarks' history, drawn for light and dark pages alike.

The ground is transparent and every colour stands out on white and on black. The bytes depend on the
history alone, so a drawing that is made again is no change.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure

from creditbus.bench.history import HistoryLine

PATH: Final = "docs/benchmarks.svg"
LINES: Final = {
    ("bare", 2): ("limit, 2 workers", "#8a8f98", "--"),
    ("bare", 1): ("limit, 1 worker", "#8a8f98", ":"),
    ("engine", 2): ("engine, 2 workers", "#2f81f7", "-"),
    ("engine", 1): ("engine, 1 worker", "#2f81f7", "-."),
    ("listing", 1): ("listing", "#d29922", "-"),
    ("faust", 1): ("stock Faust", "#e5534b", "-"),
}
_INK: Final = "#8a8f98"
_STYLE: Final[Any] = {
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "font.family": "sans-serif",
    "font.size": 9,
    "svg.fonttype": "none",
    "svg.hashsalt": "creditbus",
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}


def _probe(entries: Sequence[HistoryLine], commit: str) -> str:
    found = [entry.row.extra.get("probe_ms") for entry in entries if entry.commit == commit]
    known = [each for each in found if each is not None]
    return f"{median(known):.0f} ms" if known else ""


def draw(entries: Sequence[HistoryLine], target: Path) -> None:
    """Draw events a second over the recorded runs, one place a commit."""
    drawn = [each for each in entries if (each.row.name, each.row.workers) in LINES]
    places = list(dict.fromkeys(entry.commit for entry in drawn))
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(8, 4), layout="constrained")
        axes = figure.add_subplot()
        for key, (label, colour, style) in LINES.items():
            found = {
                places.index(entry.commit): entry.row.events_per_s / 1000
                for entry in drawn
                if (entry.row.name, entry.row.workers) == key and entry.row.events_per_s
            }
            if found:
                x, y = list(found), list(found.values())
                axes.plot(x, y, style, marker="o", markersize=4, color=colour, label=label)
        labels = [f"{place}\n{_probe(drawn, place)}" for place in places]
        axes.set_xticks(range(len(places)), labels)
        axes.set_xlabel("commit, and the time of a fixed piece of work on its machine")
        axes.set_ylim(bottom=0)
        axes.set_ylabel("thousand events a second")
        axes.grid(visible=True, color=_INK, alpha=0.25, linewidth=0.5)
        if axes.lines:
            figure.legend(frameon=False, ncols=3, loc="outside upper center")
        metadata = {"Date": None, "Creator": None}
        figure.savefig(target, format="svg", transparent=True, metadata=metadata)
