"""The dashboards as data: what each panel shows, and by which expression.

``dashboards`` makes Grafana's JSON of them; a test holds every expression against what the bus
exports, and another asks each of a real Prometheus beside a living bus.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["line", "stat", "state", "table"]


@dataclass(frozen=True, slots=True)
class Query:
    """An expression, and how its series are called."""

    expression: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """One panel; ``unit`` is Grafana's name of it, ``meaning`` is shown when somebody asks."""

    title: str
    unit: str
    queries: tuple[Query, ...]
    kind: Kind = "line"
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard, and what it is for."""

    name: str
    title: str
    purpose: str
    views: tuple[View, ...]


def _by_action(metric: str, share: str) -> Query:
    inner = f"sum by (le, action) (rate(creditbus_{metric}_bucket[5m]))"
    return Query(f"histogram_quantile({share}, {inner})", f"{{{{action}}}} p{share[2:]}")


def _level(window: str) -> str:
    return f'creditbus:failing:ratio{window}{{level=~"removal|listing|check|loss"}}'


LATENCY: Final = View(
    "From the event to the body's answer",
    "s",
    (
        _by_action("settled_seconds", "0.50"),
        _by_action("settled_seconds", "0.99"),
    ),
    meaning="From the broker's taking of the event to the answer that settled it.",
)
OWED: Final = View(
    "Owed",
    "short",
    (
        Query('sum(creditbus_owed_lift{service="delivery"})', "lifts"),
        Query('sum(creditbus_owed_apply{service="delivery"})', "applications"),
        Query('sum(creditbus_overdue_lift{service="delivery"})', "lifts, overdue"),
        Query('sum(creditbus_overdue_apply{service="delivery"})', "applications, overdue"),
    ),
)
LAG: Final = View(
    "Records that wait, by service",
    "short",
    (Query("sum by (service) (creditbus_engine_lag)", "{{service}}"),),
)

OVERVIEW: Final = Board(
    "overview",
    "Overview",
    "Does the bus do its work, and does it keep its promises?",
    (
        View(
            "Processes that do their work",
            "short",
            (Query("sum(creditbus_ready)", "ready"), Query("count(up)", "of")),
            "stat",
        ),
        View(
            "Alerts", "short", (Query('count(ALERTS{alertstate="firing"}) or vector(0)'),), "stat"
        ),
        View(
            "Oldest lift owed",
            "s",
            (Query('max(creditbus_overdue_lift_seconds{service="delivery"})'),),
            "stat",
            "Somebody is restricted without ground for that long.",
        ),
        View(
            "Redis is complete",
            "bool_yes_no",
            (Query('min(creditbus_views_complete{service="views"})'),),
            "stat",
        ),
        View(
            "Records in, and what moves",
            "ops",
            (
                Query('sum(rate(creditbus_engine_records_total{service="intake"}[1m]))', "in"),
                Query(
                    'sum(rate(creditbus_decided_total{service="listing",what="listed"}[1m]))',
                    "listed",
                ),
                Query(
                    'sum(rate(creditbus_decided_total{service="listing",what="removed"}[1m]))',
                    "removed",
                ),
                Query(
                    'sum(rate(creditbus_decided_total{service="dispatch",what="apply"}[1m]))',
                    "apply",
                ),
                Query(
                    'sum(rate(creditbus_decided_total{service="dispatch",what="lift"}[1m]))', "lift"
                ),
            ),
        ),
        LATENCY,
        View(
            "What fails of each promise, over an hour",
            "percentunit",
            (Query(_level("1h"), "{{level}}"),),
        ),
        View(
            "What fails of each promise, over three days",
            "percentunit",
            (Query(_level("3d"), "{{level}}"),),
            meaning="A promise is kept below its budget: 1 %, of checks and loss 0.1 %.",
        ),
        OWED,
        LAG,
        View("Ready", "bool_yes_no", (Query("creditbus_ready", "{{service}}"),), "state"),
        View(
            "Waits for a server",
            "bool_yes_no",
            (Query("max by (service, whom) (creditbus_waiting)", "{{service}} for {{whom}}"),),
            "state",
        ),
    ),
)

SOURCES: Final = Board(
    "sources",
    "Sources",
    "Who says what, who is silent, and who is not understood?",
    (
        View(
            "Silent for longest",
            "s",
            (Query("topk(10, creditbus:source_silence:seconds)", "{{source}}"),),
        ),
        View(
            "Usually silent for",
            "s",
            (Query("topk(10, creditbus:source_usual_gap:seconds)", "{{source}}"),),
            meaning="The longest silence of the last two weeks.",
        ),
        View(
            "Records by inbox",
            "ops",
            (
                Query(
                    "topk(10, sum by (topic)"
                    ' (rate(creditbus_engine_records_total{service="intake"}[5m])))',
                    "{{topic}}",
                ),
            ),
        ),
        View(
            "Receipts of the gateway",
            "ops",
            (
                Query(
                    "topk(10, sum by (source) (rate(creditbus_receipts_total[5m])))", "{{source}}"
                ),
            ),
        ),
        View(
            "Refused, by source",
            "ops",
            (
                Query(
                    "topk(10, sum by (source) (rate(creditbus_refusals_total[5m])))", "{{source}}"
                ),
            ),
        ),
        View(
            "Refused, by reason",
            "ops",
            (
                Query(
                    "topk(10, sum by (reason) (rate(creditbus_refusals_total[5m])))", "{{reason}}"
                ),
            ),
        ),
        View(
            "Dead letters, by source",
            "ops",
            (
                Query(
                    "sum by (source) (rate(creditbus_dead_letters_total[5m])) or vector(0)",
                    "{{source}}",
                ),
            ),
        ),
        View(
            "Running numbers that never came",
            "none",
            (Query("topk(10, creditbus_sequence_missing)", "{{source}}"),),
            meaning="They lie between others: a record was lost on its way, or never sent.",
        ),
        View(
            "Inboxes that wait, parked",
            "bool_yes_no",
            (
                Query(
                    "max by (source, reason) (creditbus_parked) or vector(0)",
                    "{{source}} {{reason}}",
                ),
            ),
            "state",
        ),
        View(
            "Batches that wait for a second person",
            "short",
            (Query("max(creditbus_held_batches)", "batches"),),
            "stat",
            "While one waits, the removals of its source wait too.",
        ),
        View(
            "Unreadable, by inbox",
            "ops",
            (
                Query(
                    'sum by (topic) (rate(creditbus_engine_unreadable_total{service="intake"}[5m]))'
                    " or vector(0)",
                    "{{topic}}",
                ),
            ),
        ),
        View(
            "Clocks of the law that ran out, in a day",
            "short",
            (
                Query(
                    "sum by (source, deadline) (increase(creditbus_deadlines_missed_total[1d]))"
                    " or vector(0)",
                    "{{source}} {{deadline}}",
                ),
            ),
        ),
    ),
)

_STEPS: Final = "sum by (service, step) (rate(creditbus_engine_step_seconds_total[1m]))"

ENGINE: Final = Board(
    "engine",
    "Engine",
    "Do the slice workers keep up, and where does their time go?",
    (
        LAG,
        View(
            "Records decided",
            "ops",
            (Query("sum by (service) (rate(creditbus_engine_records_total[1m]))", "{{service}}"),),
        ),
        View(
            "A checkpoint, p99",
            "s",
            (
                Query(
                    "histogram_quantile(0.99, sum by (le, service)"
                    " (rate(creditbus_engine_checkpoint_seconds_bucket[5m])))",
                    "{{service}}",
                ),
            ),
        ),
        View("Time by step", "percentunit", (Query(_STEPS, "{{service}} {{step}}"),)),
        View(
            "Transactions",
            "ops",
            (
                Query(
                    "sum by (service) (rate(creditbus_engine_checkpoints_total[1m]))", "{{service}}"
                ),
                Query(
                    "sum by (service) (rate(creditbus_engine_aborts_total[1m]))",
                    "{{service}} aborted",
                ),
            ),
        ),
        View(
            "Written",
            "ops",
            (
                Query(
                    "sum by (service) (rate(creditbus_engine_outputs_total[1m]))",
                    "{{service}} records",
                ),
                Query(
                    "sum by (service) (rate(creditbus_engine_changes_total[1m]))",
                    "{{service}} rows",
                ),
            ),
        ),
        View(
            "Stalled",
            "bool_yes_no",
            (Query("max by (service) (creditbus_engine_stalled)", "{{service}}"),),
            "state",
        ),
        View(
            "Restored from the changelog",
            "ops",
            (Query("sum by (service) (rate(creditbus_engine_restored_total[1m]))", "{{service}}"),),
        ),
    ),
)

_TRIES: Final = "sum by (lane, result) (rate(creditbus_deliveries_total[1m]))"

DELIVERY: Final = Board(
    "delivery",
    "Delivery",
    "What does each body owe, how does it fare, and how long does it take?",
    (
        OWED,
        LATENCY,
        View(
            "Owed by body: lifts",
            "short",
            (
                Query(
                    'topk(10, sum by (body) (creditbus_owed_lift{service="delivery"}))', "{{body}}"
                ),
            ),
        ),
        View(
            "Owed by body: applications",
            "short",
            (
                Query(
                    'topk(10, sum by (body) (creditbus_owed_apply{service="delivery"}))', "{{body}}"
                ),
            ),
        ),
        View(
            "Oldest lift owed, by body",
            "s",
            (
                Query(
                    'topk(10, max by (body) (creditbus_overdue_lift_seconds{service="delivery"}))',
                    "{{body}}",
                ),
            ),
        ),
        View(
            "Oldest application owed, by body",
            "s",
            (
                Query(
                    'topk(10, max by (body) (creditbus_overdue_apply_seconds{service="delivery"}))',
                    "{{body}}",
                ),
            ),
        ),
        View("Tries", "ops", (Query(_TRIES, "{{lane}} {{result}}"),)),
        View(
            "A try, p99",
            "s",
            (
                Query(
                    "histogram_quantile(0.99, sum by (le, lane)"
                    " (rate(creditbus_delivery_seconds_bucket[5m])))",
                    "{{lane}}",
                ),
            ),
        ),
        View(
            "How the bodies fare",
            "short",
            (Query('max by (body) (creditbus_body_state{service="delivery"})', "{{body}}"),),
            "state",
            "0 healthy, 1 failing, 2 stopped by the body.",
        ),
        View(
            "Settled",
            "ops",
            (Query("sum by (action) (rate(creditbus_settled_seconds_count[1m]))", "{{action}}"),),
        ),
    ),
)

_ROUTE: Final = 'service="query",route="/v1/checks"'

CHECKS: Final = Board(
    "checks",
    "Checks and doors",
    "Are those who ask answered, and quickly?",
    (
        View(
            "Checks",
            "ops",
            (Query("sum by (verdict) (rate(creditbus_checks_total[1m]))", "{{verdict}}"),),
        ),
        View(
            "A check",
            "s",
            tuple(
                Query(
                    f"histogram_quantile({share}, sum by (le)"
                    f" (rate(creditbus_http_seconds_bucket{{{_ROUTE}}}[5m])))",
                    f"p{share[2:]}",
                )
                for share in ("0.50", "0.99")
            ),
        ),
        View(
            "Checks not answered, by reason",
            "ops",
            (
                Query(
                    "sum by (why) (rate(creditbus_checks_refused_total[5m])) or vector(0)",
                    "{{why}}",
                ),
            ),
        ),
        View(
            "Answers, by status",
            "ops",
            (
                Query(
                    "sum by (service, status) (rate(creditbus_http_requests_total[1m]))",
                    "{{service}} {{status}}",
                ),
            ),
        ),
        View(
            "Answers of every route, p99",
            "s",
            (
                Query(
                    "histogram_quantile(0.99, sum by (le, service, route)"
                    " (rate(creditbus_http_seconds_bucket[5m])))",
                    "{{service}} {{route}}",
                ),
            ),
        ),
        View(
            "Credentials refused",
            "ops",
            (
                Query(
                    "sum by (service, why) (rate(creditbus_credentials_refused_total[5m]))"
                    " or vector(0)",
                    "{{service}} {{why}}",
                ),
            ),
        ),
        View(
            "Connections held",
            "short",
            (
                Query(
                    'creditbus_connections{service=~"gateway|query|feed|console"}',
                    "{{service}}",
                ),
            ),
        ),
        View(
            "Connections cut",
            "ops",
            (
                Query(
                    "sum by (service, why) (rate(creditbus_connections_cut_total[5m]))"
                    " or vector(0)",
                    "{{service}} {{why}}",
                ),
            ),
        ),
    ),
)

CAPACITY: Final = Board(
    "capacity",
    "Capacity",
    "How much room is left, and what takes it?",
    (
        View(
            "Disk left",
            "percentunit",
            (Query("creditbus_disk_free_bytes / creditbus_disk_size_bytes", "{{service}}"),),
        ),
        View(
            "State on disk",
            "bytes",
            (
                Query(
                    'creditbus_state_bytes{service=~"listing|dispatch|exposure|delivery"}',
                    "{{service}} {{instance}}",
                ),
            ),
        ),
        View(
            "Memory", "bytes", (Query("process_resident_memory_bytes", "{{service}} {{instance}}"),)
        ),
        View(
            "Processor",
            "percentunit",
            (Query("rate(process_cpu_seconds_total[1m])", "{{service}} {{instance}}"),),
            meaning="1 is one core.",
        ),
        View("Open files", "short", (Query("process_open_fds", "{{service}} {{instance}}"),)),
        View("Runs for", "s", (Query("time() - process_start_time_seconds", "{{service}}"),)),
        View(
            "Started again",
            "short",
            (Query("max by (service, worker) (creditbus_restarts)", "{{service}} {{worker}}"),),
        ),
        View("A scrape takes", "s", (Query("scrape_duration_seconds", "{{service}}"),)),
        View("A scrape brings", "short", (Query("scrape_samples_scraped", "{{service}}"),)),
        View(
            "What runs",
            "short",
            (Query("count by (service, version, python, build) (creditbus_build_info)"),),
            "table",
        ),
    ),
)

BOARDS: Final = (OVERVIEW, SOURCES, ENGINE, DELIVERY, CHECKS, CAPACITY)
