"""The live board of the demonstration: what happens on the bus, in words for who sees it first."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from creditbus.console.words import REASONS
from creditbus.demo.bodies import Received
from creditbus.demo.latencies import Latency
from creditbus.domain.effects.directives import Action
from creditbus.domain.entries.entry import Stage
from creditbus.domain.law.catalogue import Catalogue
from creditbus.runtime.redis.served import Overview
from creditbus.wire.topics import STANDINGS

WIDTH = 80
"""No line is wider: the board is read in a window of any size."""

_WINDOW = 20
_LONGEST = 6
_NOT_YET = (Stage.NOTICED, Stage.GRACE, Stage.SUSPENDED)
_SENTENCE = {
    "sent": "agencies have published",
    "standings": "times a subject's standing changed",
    "applied": "restrictions carried out by executing bodies",
    "lifted": "restrictions lifted again",
    "owed": "directives that a body still has to answer",
    "refused": "records refused, each with its article",
}


class CityBoard:
    """Turns looks at the bus into a board; rates are over the last few looks.

    ``where`` are the lines that say where to look further.
    """

    def __init__(self, catalogue: Catalogue, where: Sequence[str]) -> None:
        self._catalogue = catalogue
        self._where = where
        self._looks: deque[tuple[float, dict[str, int]]] = deque(maxlen=_WINDOW)

    def draw(
        self,
        sent: int,
        overview: Overview | None,
        received: Sequence[Received],
        latency: Mapping[Action, Latency],
    ) -> RenderableType:
        """Return the board for one look; no overview is the view while Redis is being built."""
        if overview is None:
            return "the views are being built …"
        counts = _counts(sent, overview, received)
        self._looks.append((time.monotonic(), counts))
        return Group(
            Text(f"A city of {len(self._catalogue.sources)} agencies on the credit bus\n"),
            self._happened(counts),
            Text(f"\n{_speed(latency)}\n"),
            self._lists(overview),
            Text(),
            _refused(overview),
            Text("\n" + "\n".join(self._where)),
        )

    def _happened(self, counts: Mapping[str, int]) -> Table:
        began, before = self._looks[0]
        seconds = max(self._looks[-1][0] - began, 0.001)
        table = _table(("so far", "a second", "what happened"))
        for name, count in counts.items():
            rate = max(0, count - before[name]) / seconds
            shown = "" if name == "owed" else f"{rate:.0f}"
            table.add_row(f"{count:,}", shown, _SENTENCE[name])
        return table

    def _lists(self, overview: Overview) -> Table:
        """Return the lists on which most is in effect."""
        table = _table(("in effect", "not yet", "ended", "red and black lists with most entries"))
        counted = [(_by_effect(stages), name) for name, stages in overview.entries.items()]
        for counts, name in sorted(counted, reverse=True)[:_LONGEST]:
            row = self._catalogue.lists.get(name)
            words = name if row is None else f"{row.name_en} {row.name_zh}"
            table.add_row(*(f"{count:,}" for count in counts), words)
        return table


def _counts(sent: int, overview: Overview, received: Iterable[Received]) -> dict[str, int]:
    lifts = sum(each.action == Action.LIFT for each in received)
    return {
        "sent": sent,
        "standings": overview.topics.get(STANDINGS, 0),
        "applied": sum(each.action == Action.APPLY for each in received),
        "lifted": lifts,
        "owed": sum(owed.applies + owed.lifts for owed in overview.owed.values()),
        "refused": sum(overview.reasons.values()),
    }


def _by_effect(stages: Mapping[Stage, int]) -> tuple[int, int, int]:
    active = stages.get(Stage.ACTIVE, 0)
    waiting = sum(stages.get(stage, 0) for stage in _NOT_YET)
    return active, waiting, sum(stages.values()) - active - waiting


def _speed(latency: Mapping[Action, Latency]) -> str:
    """Return how fast it is, in a sentence for each direction that has a figure."""
    words = {Action.APPLY: "from published to applied", Action.LIFT: "from published to lifted"}
    return "\n".join(
        f"{words[action]}: half in {found.p50_ms:.0f} ms, 99 of 100 in {found.p99_ms:.0f} ms"
        for action, found in latency.items()
        if found.count
    )


def _refused(overview: Overview) -> Table:
    table = _table(("records", "refused most often, because"))
    often = sorted(overview.reasons.items(), key=lambda each: -each[1])
    for reason, count in often[:_LONGEST]:
        table.add_row(f"{count:,}", f"{REASONS[reason][1]} ({reason})")
    return table


def _table(columns: Sequence[str]) -> Table:
    """Return a table without lines whose last column takes the words and the rest numbers."""
    table = Table(box=None, pad_edge=False, width=WIDTH, title_justify="left")
    for name in columns[:-1]:
        table.add_column(name, justify="right", style="bold", no_wrap=True)
    table.add_column(columns[-1], ratio=1, no_wrap=True, overflow="ellipsis")
    return table
