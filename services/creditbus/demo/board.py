"""The live board of the demonstration: what flows through the bus while a person looks on."""

from __future__ import annotations

import time
from collections import deque

from rich.console import Group
from rich.table import Table

from creditbus.demo.latencies import Latency
from creditbus.domain.effects.directives import Action
from creditbus.runtime.redis.served import Overview
from creditbus.wire.topics import STANDINGS

_WINDOW = 20


class Board:
    """Turns looks at the bus into tables; rates are over the last few looks."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, int, int]] = deque(maxlen=_WINDOW)

    def draw(
        self, sent: int, overview: Overview | None, latency: dict[Action, Latency]
    ) -> Group | str:
        """Return the board for one look; none is the view while Redis is being built."""
        if overview is None:
            return "the views are being built …"
        self._looks.append((time.monotonic(), sent, overview.topics.get(STANDINGS, 0)))
        return Group(
            self._flow(sent, overview, latency),
            _entries(overview),
            _owed(overview),
            _refused(overview),
        )

    def _flow(self, sent: int, overview: Overview, latency: dict[Action, Latency]) -> Table:
        (began, sent_then, out_then), (now, sent_now, out_now) = self._looks[0], self._looks[-1]
        seconds = max(now - began, 0.001)
        table = Table("events in", "in/s", "standings out", "out/s", "apply", "lift", title="flow")
        table.add_row(
            str(sent),
            f"{(sent_now - sent_then) / seconds:.0f}",
            str(overview.topics.get(STANDINGS, 0)),
            f"{(out_now - out_then) / seconds:.0f}",
            str(latency.get(Action.APPLY, "-")),
            str(latency.get(Action.LIFT, "-")),
        )
        return table


def _entries(overview: Overview) -> Table:
    stages = sorted({stage for counts in overview.entries.values() for stage in counts})
    table = Table("list", *(stage.lower() for stage in stages), title="entries")
    for list_id, counts in sorted(overview.entries.items()):
        table.add_row(list_id, *(str(counts.get(stage, 0)) for stage in stages))
    return table


def _owed(overview: Overview) -> Table:
    table = Table("executing body", "owed to apply", "owed to lift", title="directives")
    for body, owed in sorted(overview.owed.items()):
        table.add_row(body, str(owed.applies), str(owed.lifts))
    return table


def _refused(overview: Overview) -> Table:
    table = Table("refused because", "records", title="refusals")
    for reason, count in sorted(overview.reasons.items()):
        table.add_row(reason, str(count))
    return table
