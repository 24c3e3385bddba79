"""The service levels as Prometheus rules: what counts, how much may fail, and when to say so.

``deploy/prometheus/levels.yml`` is made from here by ``python -m tests.tidy.pages``: each level has
the same rules over the same windows, and eighty lines that differ in a number are copied wrongly.

How fast a budget burns is looked at over a long and a short window at once (Google, The Site
Reliability Workbook, chapter 5, table 5-8): the long one says that it matters, the short one that
it still goes on, so an alert ends soon after its cause.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PATH: Final = "deploy/prometheus/levels.yml"
WINDOWS: Final = ("5m", "30m", "1h", "6h", "3d")
FAST: Final = ((14.4, "1h", "5m"), (6, "6h", "30m"))
"""Burning 2 % of a month's budget in an hour, or 5 % in six: a person must look now."""

SLOW: Final = ((1, "3d", "6h"),)
"""Using the budget up before its month is over: a person must look within days."""

EVENTS_AT_LEAST: Final = 10
"""Below so many events in the long window a share says nothing; single cases have other alerts."""


@dataclass(frozen=True, slots=True)
class Level:
    """One promise: which share of which events may fail in 30 days.

    ``events`` and ``good`` are expressions over a window that stands as WINDOW in them; ``page``
    is where the console shows what fails.
    """

    name: str
    alert: str
    budget: float
    promise: str
    page: str
    events: str
    good: str


def _settled(action: str, bound: str) -> tuple[str, str]:
    """Return what is to be settled and what was settled in time.

    What is overdue now counts as an event that fails: it may never be settled at all.
    """
    settled, overdue = "creditbus_settled_seconds", "creditbus:overdue:sum"
    events = (
        f'sum(increase({settled}_count{{action="{action}"}}[WINDOW]))'
        f' + (sum(max_over_time({overdue}{{action="{action}"}}[WINDOW])) or vector(0))'
    )
    return events, f'sum(increase({settled}_bucket{{action="{action}",le="{bound}"}}[WINDOW]))'


_CHECKS: Final = 'service="query",route="/v1/checks"'

LEVELS: Final = (
    Level(
        "removal",
        "RemovalBudget",
        0.01,
        "99 % of lifts are settled by their body within 60 s of the event that causes them.",
        "/owed",
        *_settled("lift", "60.0"),
    ),
    Level(
        "listing",
        "ListingBudget",
        0.01,
        "99 % of applications are settled by their body within 600 s of the event.",
        "/owed",
        *_settled("apply", "600.0"),
    ),
    Level(
        "check",
        "CheckBudget",
        0.001,
        "99.9 % of checks are answered within 0.5 s, and not with an error of ours. What could be"
        " out of date is not answered (503), so an answer that is given is right.",
        "/",
        f"sum(increase(creditbus_http_requests_total{{{_CHECKS}}}[WINDOW]))",
        f'sum(increase(creditbus_http_seconds_bucket{{{_CHECKS},le="0.5"}}[WINDOW]))'
        f' - (sum(increase(creditbus_http_requests_total{{{_CHECKS},status=~"5.."}}[WINDOW]))'
        " or vector(0))",
    ),
    Level(
        "loss",
        "LossBudget",
        0.001,
        "99.9 % of the records that come in are read and decided: applied, duplicate or refused."
        " A dead letter is kept whole, and has no effect until somebody mends it.",
        "/sources",
        'sum(increase(creditbus_engine_records_total{service="intake"}[WINDOW]))'
        ' + (sum(increase(creditbus_engine_unreadable_total{service="intake"}[WINDOW]))'
        " or vector(0))",
        'sum(increase(creditbus_engine_records_total{service="intake"}[WINDOW]))'
        ' - (sum(increase(creditbus_engine_unreadable_total{service="listing"}[WINDOW]))'
        " or vector(0))",
    ),
)


def rules() -> str:
    """Return the file: the recorded shares of each level, and the alerts on them."""
    lines = [
        "# The service levels: what share fails, recorded, and how fast the month's budget burns.",
        "# Made from tests/monitoring/levels.py by `python -m tests.tidy.pages`; do not edit.",
        "groups:",
        "  - name: creditbus-overdue",
        "    rules:",
    ]
    for action in ("apply", "lift"):
        overdue = f'sum(creditbus_overdue_{action}{{service="delivery"}})'
        lines += _rule("creditbus:overdue:sum", overdue, f"action: {action}")
    for level in LEVELS:
        lines += [f"  - name: creditbus-{level.name}", "    interval: 1m", "    rules:"]
        for window in WINDOWS:
            events, good = (each.replace("WINDOW", window) for each in (level.events, level.good))
            failing = f"clamp(1 - ({good}) / ({events}), 0, 1)"
            label = f"level: {level.name}"
            lines += _rule(f"creditbus:events:increase{window}", events, label)
            lines += _rule(f"creditbus:failing:ratio{window}", failing, label)
        lines += _alert(level, "Burns", "page", FAST)
        lines += _alert(level, "Wanes", "ticket", SLOW)
    return "\n".join([*lines, ""])


def _rule(record: str, expression: str, label: str) -> list[str]:
    return [
        f"      - record: {record}",
        f"        expr: {expression}",
        f"        labels: {{ {label} }}",
    ]


def _alert(
    level: Level, ending: str, severity: str, burns: tuple[tuple[float, str, str], ...]
) -> list[str]:
    of = f'{{level="{level.name}"}}'
    clauses = [
        f"(creditbus:failing:ratio{long}{of} > {factor * level.budget:g}"
        f" and creditbus:failing:ratio{short}{of} > {factor * level.budget:g}"
        f" and creditbus:events:increase{long}{of} >= {EVENTS_AT_LEAST})"
        for factor, long, short in burns
    ]
    spent = "burns fast" if ending == "Burns" else "will not last the month"
    return [
        f"      - alert: {level.alert}{ending}",
        "        expr: >-",
        *(f"          {'or ' if place else ''}{clause}" for place, clause in enumerate(clauses)),
        "        labels:",
        f"          severity: {severity}",
        "        annotations:",
        f'          summary: "The budget {spent}: {{{{ $value | humanizePercentage }}}} fail."',
        f'          promise: "{level.promise}"',
        f'          runbook_url: "{{{{ $externalLabels.runbooks }}}}#{level.alert.lower()}"',
        f'          console_url: "{{{{ $externalLabels.console }}}}{level.page}"',
    ]
