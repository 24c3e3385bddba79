"""Removal is as loud as listing: what is measured of the way in is measured of the way out."""

from __future__ import annotations

import ast
from typing import Final

from tests.tidy import sources
from tests.tidy.sources import Source, assert_tidy

# Whole parts of a metric's name; "applied" is not here, because a body applies liftings too.
TWINS: Final = {"listed": "removed", "apply": "lift", "applies": "lifts"}


def metric_names(source: Source) -> set[str]:
    """Return the first words of all calls: that is where a metric is given its name."""
    return {
        first.value
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and node.args
        if isinstance(first := node.args[0], ast.Constant) and isinstance(first.value, str)
    }


def missing_twins(names: set[str]) -> list[str]:
    """Complain about a metric of the way in without one of the way out, which may be louder."""
    complaints = []
    for name in sorted(names):
        twin = "_".join(TWINS.get(part, part) for part in name.split("_"))
        if twin not in names:
            complaints.append(f"{name} has no twin {twin}")
    return complaints


def test_every_metric_of_listing_has_one_of_removal() -> None:
    [metrics] = [
        source for source in sources.package() if source.name == "creditbus.runtime.metrics"
    ]
    names = metric_names(metrics)
    assert names, "runtime/metrics.py declares no metric by a call with its name first"
    assert_tidy(missing_twins(names))


def test_missing_twin_is_caught() -> None:
    text = 'A = Counter("creditbus_entries_listed_total", "Entries listed.")\n'
    assert missing_twins(metric_names(Source("metrics.py", text))) == [
        "creditbus_entries_listed_total has no twin creditbus_entries_removed_total"
    ]
    assert missing_twins({"creditbus_apply_seconds", "creditbus_removed_total"})


def test_the_way_out_may_be_louder() -> None:
    assert missing_twins({"creditbus_overdue_lift_seconds"}) == []


def test_twins_are_found() -> None:
    names = {"creditbus_apply_seconds", "creditbus_lift_seconds", "creditbus_listing_events_total"}
    assert missing_twins(names) == []
