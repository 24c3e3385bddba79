"""Every metric of the bus: its name, kind, labels and one sentence. Declared here and nowhere else.

Where there is one for the way in there is one for the way out. No label ever holds a subject.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

_SECONDS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0, 600.0)
_LONG_SECONDS: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 600.0, 3600.0, 86400.0)
# When each counter began is known from the process's start, and would be a third of every scrape.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library types all but this


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric; its exported name begins with ``creditbus_``."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    sentence: str
    buckets: tuple[float, ...] = _SECONDS


METRICS: Final[tuple[Metric, ...]] = (
    Metric("engine_records", "counter", ("topic",), "Records decided, by source topic."),
    Metric("engine_unreadable", "counter", ("topic",), "Records whose bytes were no event."),
    Metric("engine_outputs", "counter", (), "Records produced for others."),
    Metric("engine_changes", "counter", (), "Rows written to changelog and store."),
    Metric("engine_checkpoints", "counter", (), "Transactions committed."),
    Metric("engine_aborts", "counter", (), "Transactions aborted."),
    Metric("engine_restored", "counter", (), "Changelog records read to restore a partition."),
    Metric("engine_checkpoint_seconds", "histogram", (), "Seconds that a checkpoint took."),
    Metric(
        "engine_step_seconds",
        "counter",
        ("step",),
        "Seconds that the loop spent, by step of its turn; all steps together are all the time.",
    ),
    Metric(
        "engine_lag",
        "gauge",
        ("topic", "partition"),
        "Records that a worker's partition has still to decide, told every 5 s.",
    ),
    Metric("engine_stalled", "gauge", (), "1 while a worker has work and nothing of it moves."),
    Metric(
        "parked",
        "gauge",
        ("source", "reason"),
        "1 while an inbox waits because it cannot be read; the others go on.",
    ),
    Metric(
        "engine_restore_seconds", "histogram", (), "Seconds that the restore of a partition took."
    ),
    Metric(
        "decided",
        "counter",
        ("what",),
        "What decisions came to: admitted, listed, removed, refused …",
    ),
    Metric("refusals", "counter", ("source", "reason"), "Records refused, by their first reason."),
    Metric(
        "source_last_record_timestamp_seconds",
        "gauge",
        ("source",),
        "When the broker took the last record of a source into its inbox that intake has decided;"
        " what a person has redriven is none.",
    ),
    Metric(
        "source_usual_gap_seconds",
        "gauge",
        ("source",),
        "The longest silence between two records of a source in its last 14 days, as far as this"
        " process saw them; 0 before the second.",
    ),
    Metric(
        "source_held_back",
        "gauge",
        ("source",),
        "1 while a source that brings very many at once waits in its inbox for listing to catch"
        " up.",
    ),
    Metric(
        "sequence_missing",
        "gauge",
        ("source",),
        "Running numbers of a source that lie between others and never came, told every 2 s.",
    ),
    Metric(
        "sequence_backward",
        "gauge",
        ("source",),
        "How often a record had a lower running number than the one before it in the inbox.",
    ),
    Metric(
        "dead_letters",
        "counter",
        ("source",),
        "Records of a source that nobody could read, where they were set aside.",
    ),
    Metric(
        "deadlines_missed",
        "counter",
        ("source", "deadline"),
        "Clocks of the law that ran out against an authority, on the day that turned.",
    ),
    Metric("started_at_seconds", "gauge", (), "When the process began, in Unix time."),
    Metric(
        "restarts",
        "gauge",
        (),
        "How often the process was started again since the bus was started.",
    ),
    Metric("ready", "gauge", (), "1 while the process does its work."),
    Metric(
        "build_info",
        "gauge",
        ("version", "python", "build"),
        "1; which version runs on which interpreter, and how that was built.",
    ),
    Metric("disk_free_bytes", "gauge", (), "Room left on the disk that holds the state."),
    Metric("disk_size_bytes", "gauge", (), "Size of the disk that holds the state."),
    Metric("state_bytes", "gauge", (), "Size of this worker's stores on disk, told every 15 s."),
    Metric("waiting", "gauge", ("whom",), "1 while the process waits for a server that is away."),
    Metric(
        "http_requests", "counter", ("route", "status"), "Requests answered, by route and status."
    ),
    Metric("connections", "gauge", (), "Connections that the HTTP server holds now."),
    Metric(
        "connections_cut",
        "counter",
        ("why",),
        "Connections ended by this side: silent, slow_head, slow_body, unread or crowded.",
    ),
    Metric("http_seconds", "histogram", ("route",), "Seconds that an answer took."),
    Metric(
        "credentials_refused",
        "counter",
        ("why",),
        "Requests with a credential that is missing, unknown, expired or revoked.",
    ),
    Metric(
        "fate_messages",
        "counter",
        ("source", "result"),
        "Messages with fates sent to the webhooks of sources, by whether they were TAKEN.",
    ),
    Metric(
        "fate_webhook_failing",
        "gauge",
        ("source",),
        "1 while a source's webhook takes no fates: they wait, and those that wait too long are in"
        " the pages alone.",
    ),
    Metric("receipts", "counter", ("source",), "Submissions that the broker has acknowledged."),
    Metric("deliveries", "counter", ("body", "lane", "result"), "Tries to deliver a directive."),
    Metric("delivery_seconds", "histogram", ("lane",), "Seconds that a try took."),
    Metric(
        "settled_seconds",
        "histogram",
        ("action",),
        "Seconds from the broker's taking of an event into its inbox to intake's writing of the"
        " answer with which the body settled what the event led to; apply or lift. What a turned"
        " day or a reform led to counts from the writing of its standing.",
        _LONG_SECONDS,
    ),
    Metric("owed_apply", "gauge", ("body",), "Applications that the body has not settled."),
    Metric("owed_lift", "gauge", ("body",), "Lifts that the body has not settled."),
    Metric(
        "overdue_apply",
        "gauge",
        ("body",),
        "Applications owed for more than 600 s, of each partition counted up to 1000.",
    ),
    Metric(
        "overdue_lift",
        "gauge",
        ("body",),
        "Lifts owed for more than 60 s, of each partition counted up to 1000.",
    ),
    Metric(
        "overdue_apply_seconds",
        "gauge",
        ("body",),
        "Age of the oldest application that is still owed.",
    ),
    Metric(
        "overdue_lift_seconds", "gauge", ("body",), "Age of the oldest lift that is still owed."
    ),
    Metric(
        "body_state",
        "gauge",
        ("body",),
        "How a body's webhook fares: 0 healthy, 1 failing, 2 stopped by the body (401, 403, 410).",
    ),
    Metric("views_written", "counter", ("view",), "Views written to Redis."),
    Metric(
        "views_complete",
        "gauge",
        (),
        "1 while Redis holds everything; 0 while it is rebuilt or behind.",
    ),
    Metric("held_batches", "gauge", (), "Batches that wait for a second person, told by console."),
    Metric(
        "held_batch_seconds", "gauge", (), "Age of the oldest batch that waits for a second person."
    ),
    Metric("day_turns", "counter", (), "Civil days written to the log."),
    Metric("checks", "counter", ("matter", "verdict"), "Checks answered."),
    Metric("checks_refused", "counter", ("why",), "Checks that were not answered, by reason."),
)


class Meters:
    """The metrics of one process; ``add`` and ``observe`` are what the engine asks for."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        for metric in METRICS:
            self._declare(metric)
        # Memory, processor time, open files and the start, under the names that all know.
        ProcessCollector(registry=self.registry)

    def add(self, name: str, value: float = 1, **labels: str) -> None:
        """Add to a counter."""
        counter = self._counters[name]
        (counter.labels(**labels) if labels else counter).inc(value)

    def set(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        gauge = self._gauges[name]
        (gauge.labels(**labels) if labels else gauge).set(value)

    def begin(self, name: str, **labels: str) -> None:
        """Let a histogram's labels be there at 0, so that the first of them is a rise."""
        self._histograms[name].labels(**labels)

    def forget(self, name: str) -> None:
        """Forget every label of a gauge, because what they named is gone."""
        self._gauges[name].clear()

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Note one duration."""
        histogram = self._histograms[name]
        (histogram.labels(**labels) if labels else histogram).observe(seconds)

    def _declare(self, metric: Metric) -> None:
        name, sentence = f"creditbus_{metric.name}", metric.sentence
        match metric.kind:
            case "counter":
                self._counters[metric.name] = Counter(
                    name, sentence, metric.labels, registry=self.registry
                )
            case "gauge":
                self._gauges[metric.name] = Gauge(
                    name, sentence, metric.labels, registry=self.registry
                )
            case "histogram":
                self._histograms[metric.name] = Histogram(
                    name,
                    sentence,
                    metric.labels,
                    registry=self.registry,
                    buckets=metric.buckets,
                )
