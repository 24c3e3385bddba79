"""What the demonstration says at its end: law 1 by source, the reconciliation, and figures."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from creditbus.audit.decide import Sum
from creditbus.cli.places import url
from creditbus.demo.run import Outcome
from creditbus.domain.effects.directives import Action
from creditbus.stack.bus import LocalBus
from creditbus.stack.folder import StackFile


def tell_usage(bus: LocalBus, console: Console) -> None:
    """Print how each process is: its restarts and its memory."""
    table = Table("process", "pid", "restarts", "memory", title="processes")
    for state in bus.services.states():
        megabytes = f"{state.memory_bytes / 1e6:.0f} MB"
        table.add_row(state.name, str(state.pid), str(state.restarts), megabytes)
    for child in bus.stack.supervisor.children[:3]:
        megabytes = f"{child.memory_bytes() / 1e6:.0f} MB"
        table.add_row(child.launch.name, str(child.pid), str(child.restarts), megabytes)
    console.print(table)


def tell_outcome(outcome: Outcome, file: StackFile, console: Console) -> None:
    """Print the sums, the reconciliation, the figures, and the addresses."""
    for each in outcome.sums:
        console.print(_line(each), markup=False, soft_wrap=True)
    found = outcome.reconciliation
    console.print(
        f"obligations {found.obligations}: {found.applies} apply, {found.lifts} lift; "
        f"settled {found.settled}, owed {found.owed} {_mark(found.adds_up)}",
        markup=False,
    )
    for action in Action:
        console.print(
            f"publish to webhook, {action.lower()}: {outcome.latency[action]}", markup=False
        )
    console.print(
        f"{outcome.sent} records in {outcome.seconds:.1f} s: "
        f"{outcome.sent / outcome.seconds:.0f} a second through the whole chain",
        markup=False,
    )
    ports = file.ports
    console.print(
        f"while a bus runs: console {url(ports.console)}, "
        f"exposures {url(ports.feed)}/v1/exposures, "
        f"metrics {url(ports.metrics_of('listing'))}/metrics",
        markup=False,
        soft_wrap=True,
    )
    console.print(_line(outcome.total), markup=False, soft_wrap=True)


def _line(each: Sum) -> str:
    return (
        f"{each.party} received={each.received} applied={each.applied} duplicate={each.duplicate} "
        f"refused={each.refused} dead={each.dead} {_mark(each.adds_up)}"
    )


def _mark(adds_up: bool) -> str:  # noqa: FBT001 - it is the whole question
    return "ok" if adds_up else "WRONG"
