"""Latencies of both directions: from an agency's statement to the body that acted on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from statistics import quantiles

import msgspec

from creditbus.demo.bodies import Received
from creditbus.domain.effects.directives import Action


class Latency(msgspec.Struct, frozen=True):
    """How long one direction took, in milliseconds, over so many directives."""

    count: int
    p50_ms: float
    p99_ms: float

    def __str__(self) -> str:
        if not self.count:
            return "-"
        return f"p50 {self.p50_ms:.0f} ms, p99 {self.p99_ms:.0f} ms ({self.count})"


def latencies(
    received: Iterable[Received], sent_at: Mapping[str, datetime]
) -> dict[Action, Latency]:
    """Return the latency of each direction; directives that nobody here caused are left out."""
    found: dict[Action, list[float]] = {action: [] for action in Action}
    for each in received:
        began = sent_at.get(each.caused_by)
        if began is not None:
            millis = (each.received_at - began).total_seconds() * 1000
            found[Action(each.action)].append(millis)
    return {action: _latency(values) for action, values in found.items()}


def _latency(millis: list[float]) -> Latency:
    if len(millis) < 2:
        only = millis[0] if millis else 0.0
        return Latency(len(millis), only, only)
    cuts = quantiles(millis, n=100, method="inclusive")
    return Latency(len(millis), cuts[49], cuts[98])
