"""Expressions of rules and dashboards, held against what the bus exports and the rules record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import promql_parser
import yaml
from promql_parser import AggregateExpr, Call, VectorSelector

from creditbus.runtime.metrics import METRICS, Metric
from tests.tidy.sources import ROOT

FOLDER: Final = ROOT / "deploy" / "prometheus"
ALERTS: Final = FOLDER / "alerts.yml"
LEVELS: Final = FOLDER / "levels.yml"
RULES: Final = (ALERTS, LEVELS)

OF_TARGETS: Final = frozenset({"job", "instance", "service", "worker"})
"""What Prometheus adds to all that it scrapes, by its settings."""

BESIDE: Final[Mapping[str, frozenset[str]]] = {
    "ALERTS": frozenset({"alertname", "alertstate", "severity"}),
    "up": frozenset(),
    "scrape_duration_seconds": frozenset(),
    "scrape_samples_scraped": frozenset(),
    "process_cpu_seconds_total": frozenset(),
    "process_open_fds": frozenset(),
    "process_resident_memory_bytes": frozenset(),
    "process_start_time_seconds": frozenset(),
}
"""What Prometheus and its client library tell of every process, as far as it is used."""


def rules() -> list[dict[str, Any]]:
    """Return all rules, recording and alerting."""
    groups = [group for path in RULES for group in _read(path)["groups"]]
    return [rule for group in groups for rule in group["rules"]]


def known() -> dict[str, frozenset[str]]:
    """Return the labels of every series there is: exported, recorded, or told by Prometheus."""
    series = {name: labels | OF_TARGETS for name, labels in BESIDE.items()}
    for metric in METRICS:
        series |= dict.fromkeys(_exported(metric), frozenset(metric.labels) | OF_TARGETS)
        if metric.kind == "histogram":
            series[f"creditbus_{metric.name}_bucket"] |= {"le"}
    for rule in rules():
        if "record" in rule:
            by = {label for node in nodes(rule["expr"]) for label in _kept(node)}
            series[rule["record"]] = frozenset(by | rule.get("labels", {}).keys())
    return series


def unknown(expression: str, series: Mapping[str, frozenset[str]]) -> list[str]:
    """Complain about a name that nobody exports, and about a label that it does not have."""
    complaints = []
    asked: set[str] = set()
    has: set[str] = set()
    for node in nodes(expression):
        asked |= _kept(node)
        if isinstance(node, Call) and node.func.name == "label_replace":
            has.add(node.args[1].val)
        if not isinstance(node, VectorSelector):
            continue
        labels = series.get(str(node.name))
        if labels is None:
            complaints.append(f"{node.name} is exported by nobody")
            continue
        has |= labels
        complaints += [
            f"{node.name} has no label {each.name}"
            for each in node.matchers.matchers
            if each.name not in labels
        ]
    return complaints + [f"nothing here has a label {label}" for label in sorted(asked - has)]


def nodes(expression: str) -> Iterator[Any]:
    """Yield every part of an expression."""
    waiting: list[Any] = [promql_parser.parse(expression)]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [
            getattr(node, name)
            for name in ("lhs", "rhs", "expr", "vector_selector")
            if getattr(node, name, None) is not None
        ]
        waiting += getattr(node, "args", [])


def _kept(node: Any) -> set[str]:
    """Return the labels that an aggregation names."""
    if isinstance(node, AggregateExpr) and node.modifier is not None:
        return set(node.modifier.labels)
    return set()


def _exported(metric: Metric) -> list[str]:
    name = f"creditbus_{metric.name}"
    match metric.kind:
        case "counter":
            return [f"{name}_total"]
        case "histogram":
            return [f"{name}_bucket", f"{name}_sum", f"{name}_count"]
        case _:
            return [name]


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
