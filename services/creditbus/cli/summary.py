"""What the demonstration says at its end: law 1 by source, the reconciliation, and what to try."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from creditbus.audit.decide import Sum
from creditbus.demo.run import DemoResult
from creditbus.demo.suggestions import PROGRAM
from creditbus.domain.effects.directives import Action


def tell_outcome(outcome: DemoResult, console: Console) -> None:
    """Print the sums, the reconciliation and the figures.

    Of the sources, those with something to tell: what does not add up, and the most that became
    something else than an act that was applied. ``creditbus audit`` prints every one.
    """
    shown = _telling(outcome.sums)
    for each in shown:
        _print(console, _line(each))
    left = len(outcome.sums) - len(shown)
    if left:
        _print(console, f"{left} more add up as well")
    found = outcome.reconciliation
    _print(
        console,
        f"obligations {found.obligations}: {found.applies} apply, {found.lifts} lift; "
        f"settled {found.settled}, owed {found.owed} {_mark(adds_up=found.adds_up)}",
    )
    for action in Action:
        _print(console, f"publish to webhook, {action.lower()}: {outcome.latency[action]}")
    _print(
        console,
        f"{outcome.sent} records in {outcome.seconds:.1f} s: "
        f"{outcome.sent / outcome.seconds:.0f} a second through the whole chain",
    )
    _print(console, _line(outcome.total))


def tell_suggestions(found: Sequence[tuple[str, str]], console: Console) -> None:
    """Print what to try next, once the bus runs again with what it has seen."""
    _print(console, "\nTry next. Start it again, with what it has seen:")
    _print(console, '  make up ARGS="-d --bodies"')
    found = [*found, ("Law 1 for every source and body", f"{PROGRAM} audit")]
    for words, command in found:
        _print(console, f"{words}:")
        _print(console, f"  {command}")


def _telling(sums: Sequence[Sum]) -> list[Sum]:
    """Return what does not add up, and the few sources with most that was not applied."""
    wrong = [each for each in sums if not each.adds_up]
    others = [each for each in sums if each.adds_up and each.refused + each.dead]
    most = sorted(others, key=lambda each: -(each.refused + each.dead + each.duplicate))[:5]
    return wrong + sorted(most, key=lambda each: each.party)


def _print(console: Console, line: str) -> None:
    # A line that a person copies must not be broken by the width of a window.
    console.print(line, markup=False, soft_wrap=True)


def _line(each: Sum) -> str:
    return (
        f"{each.party} received={each.received} applied={each.applied} duplicate={each.duplicate} "
        f"refused={each.refused} dead={each.dead} {_mark(adds_up=each.adds_up)}"
    )


def _mark(*, adds_up: bool) -> str:
    return "ok" if adds_up else "WRONG"
