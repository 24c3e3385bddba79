"""What each alert is shown, when it must fire, and when it must be silent, before and after.

``promtool test rules`` is given these as the files that it knows. Values are in its own notation:
``0+2x10`` begins at 0 and rises by 2 ten times, ``1x9`` is 1 ten times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.monitoring.levels import LEVELS

RUNBOOKS: Final = "https://bus.example/operating.html"
CONSOLE: Final = "https://console.example"
DELIVERY: Final = '{service="delivery",body="railway"}'
COURT: Final = '{service="intake",source="court"}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One alert over made-up series: silent ``before``, firing ``at``, and silent ``after``."""

    alert: str
    series: Mapping[str, str]
    before: str
    at: str
    after: str
    summary: str
    labels: Mapping[str, str] = field(default_factory=dict)
    severity: str = "page"
    interval: str = "5s"
    anchor: str = ""
    promise: str = ""
    page: str = ""

    def told(self) -> dict[str, Any]:
        """Return the alert as it must be told."""
        annotations = {
            "summary": self.summary,
            "runbook_url": f"{RUNBOOKS}#{self.anchor or self.alert.lower()}",
        }
        if self.promise:
            annotations["promise"] = self.promise
        if self.page:
            annotations["console_url"] = CONSOLE + self.page
        return {
            "exp_labels": {"severity": self.severity, **self.labels},
            "exp_annotations": annotations,
        }

    def group(self) -> dict[str, Any]:
        """Return the case as promtool reads it."""
        expected = [(self.before, []), (self.at, [self.told()]), (self.after, [])]
        return {
            "interval": self.interval,
            "external_labels": {"runbooks": RUNBOOKS, "console": CONSOLE},
            "input_series": [
                {"series": name, "values": values} for name, values in self.series.items()
            ],
            "alert_rule_test": [
                {"eval_time": at, "alertname": self.alert, "exp_alerts": alerts}
                for at, alerts in expected
            ],
        }


PROCESSES: Final = (
    Case(
        alert="ProcessDown",
        page="/",
        series={'up{job="creditbus",service="listing"}': "1x9 0x19 1x9"},
        before="55s",
        at="100s",
        after="170s",
        labels={"job": "creditbus", "service": "listing"},
        summary="listing does not answer.",
    ),
    # Started again at 6, 7 and 8 minutes, and quiet from then on.
    Case(
        alert="ProcessFlapping",
        page="/",
        series={'creditbus_started_at_seconds{service="intake"}': "1x5 2 3 4x30"},
        interval="1m",
        before="6m",
        at="10m",
        after="25m",
        labels={"service": "intake"},
        summary="intake ends again and again; `creditbus status` says with what.",
    ),
    Case(
        alert="InboxParked",
        page="/held",
        series={
            'creditbus_parked{service="intake",source="court",reason="batch_unreadable"}': (
                "0x5 1x23 0x9"
            )
        },
        before="50s",
        at="120s",
        after="160s",
        labels={"source": "court", "reason": "batch_unreadable"},
        summary="The inbox of court cannot be read (batch_unreadable) and waits.",
    ),
    Case(
        alert="BatchHeld",
        page="/held",
        series={'creditbus_held_batch_seconds{service="console"}': "0x5 840 900 960 1020 0x9"},
        interval="1m",
        before="7m",
        at="9m",
        after="11m",
        summary="A batch has waited 17m 0s for a second person.",
    ),
    Case(
        alert="DeadLetters",
        page="/refused?source=court",
        series={f"creditbus_dead_letters_total{COURT}": "0x5 1x40"},
        interval="1m",
        before="5m",
        at="10m",
        after="25m",
        labels={"source": "court"},
        severity="ticket",
        summary="court sends records that nobody can read.",
    ),
    # The first of a source: its counter was not there before.
    Case(
        alert="DeadLetters",
        page="/refused?source=court",
        series={f"creditbus_dead_letters_total{COURT}": "_x5 1x40"},
        interval="1m",
        before="4m",
        at="10m",
        after="25m",
        labels={"source": "court"},
        severity="ticket",
        summary="court sends records that nobody can read.",
    ),
    Case(
        alert="ProcessNotReady",
        page="/",
        series={'creditbus_ready{service="listing"}': "1x9 0x39 1x9"},
        before="100s",
        at="200s",
        after="260s",
        labels={"service": "listing"},
        summary="listing runs, but does not do its work.",
    ),
    # A stall of 100 s: the worker says so itself after 30 s, and nobody waits for its end.
    Case(
        alert="WorkerStalled",
        page="/",
        series={'creditbus_engine_stalled{service="dispatch"}': "0x11 1x13 0x9"},
        before="60s",
        at="100s",
        after="135s",
        labels={"service": "dispatch"},
        summary="dispatch has work and nothing of it moves.",
    ),
    Case(
        alert="WaitingForServer",
        page="/",
        series={'creditbus_waiting{service="intake",whom="kafka"}': "0x5 1x23 0x9"},
        before="60s",
        at="120s",
        after="160s",
        labels={"service": "intake", "whom": "kafka"},
        summary="intake waits for kafka.",
    ),
    Case(
        alert="ViewsIncomplete",
        series={'creditbus_views_complete{service="views"}': "1x5 0x39 1x9"},
        before="120s",
        at="200s",
        after="240s",
        labels={"service": "views"},
        summary="Redis is being rebuilt: query, feed and console answer 503.",
    ),
    Case(
        alert="CredentialsRefused",
        series={
            'creditbus_credentials_refused_total{service="gateway",why="unknown"}': (
                "0+2x180 360x180"
            )
        },
        before="2m",
        at="12m",
        after="29m",
        labels={"service": "gateway", "why": "unknown"},
        severity="ticket",
        summary="gateway refuses unknown credentials again and again.",
    ),
    Case(
        alert="DiskFillsUp",
        series={
            'creditbus_disk_free_bytes{service="listing",instance="a"}': "500x11 100x179 500x59",
            'creditbus_disk_size_bytes{service="listing",instance="a"}': "1000x300",
        },
        before="1m",
        at="10m",
        after="17m",
        labels={"service": "listing", "instance": "a"},
        severity="ticket",
        summary="The disk of listing is nearly full, or will be within a day.",
    ),
    Case(
        alert="DiskNearlyFull",
        series={
            'creditbus_disk_free_bytes{service="listing",instance="a"}': "500x11 40x59 500x59",
            'creditbus_disk_size_bytes{service="listing",instance="a"}': "1000x200",
        },
        before="1m",
        at="5m",
        after="7m",
        labels={"service": "listing", "instance": "a"},
        anchor="diskfillsup",
        summary="The disk of listing has 4% left; workers stop at 64 MB.",
    ),
)

FLOW: Final = (
    Case(
        alert="LagGrows",
        series={
            'creditbus_engine_lag{service="listing",partition="0"}': "0+200x300 0x60",
            'creditbus_engine_lag{service="listing",partition="1"}': "0+200x300 0x60",
        },
        before="5m",
        at="20m",
        after="27m",
        labels={"service": "listing"},
        severity="ticket",
        summary="listing is 96000 records behind, and more every minute.",
    ),
    Case(
        alert="FlowStalled",
        page="/",
        series={
            'creditbus_engine_lag{service="listing",partition="0"}': "0x11 9x19 0x9",
            'creditbus_engine_records_total{service="listing"}': "0+5x11 60x19 65+5x30",
        },
        before="60s",
        at="140s",
        after="175s",
        labels={"service": "listing"},
        summary="listing has work before it and has decided nothing for a minute.",
    ),
    Case(
        alert="ApplyOverdue",
        series={f"creditbus_overdue_apply{DELIVERY}": "0x11 8600x89 0x9"},
        before="3m",
        at="7m",
        after="9m",
        labels={"body": "railway"},
        page="/owed?body=railway",
        severity="ticket",
        summary="railway owes 8600 applications for more than ten minutes.",
    ),
    Case(
        alert="LiftOverdue",
        series={f"creditbus_overdue_lift_seconds{DELIVERY}": "0+5x24 0x9"},
        before="55s",
        at="90s",
        after="130s",
        labels={"body": "railway"},
        page="/owed?body=railway",
        summary="railway has owed a lift for 1m 30s.",
    ),
    Case(
        alert="LegalClockMissed",
        series={
            'creditbus_deadlines_missed_total{source="tax",deadline="DELETION"}': "_x9 1x200",
        },
        before="8m",
        at="20m",
        after="90m",
        labels={"source": "tax", "deadline": "DELETION"},
        page="/sources",
        severity="ticket",
        interval="1m",
        summary="tax let the clock DELETION run out, 1 times in an hour.",
    ),
    # It says something every ten minutes for four hours, and then nothing for three.
    Case(
        alert="SourceSilent",
        series={
            f"creditbus_source_last_record_timestamp_seconds{COURT}": (
                "0 "
                + " ".join(f"{600 * tens}x9" for tens in range(24))
                + f" {600 * 24}x179 {600 * 42}x30"
            ),
            f"creditbus_source_usual_gap_seconds{COURT}": "0x10 600x400 9000x60",
            'creditbus_ready{service="intake"}': "1x500",
        },
        before="4h20m",
        at="5h",
        after="7h10m",
        labels={"source": "court"},
        page="/refused?source=court",
        severity="ticket",
        interval="1m",
        summary="court has said nothing for 1h 0m 0s; that is not its habit.",
    ),
)


def _failing(level: str, well: int, ill: int, share: int) -> dict[str, str]:
    """Return series of a level, 30 events a step: first well, then some fail, then well again."""
    good = 30 - share
    before, during = 30 * well, 30 * well + good * ill
    events = "0+30x1000"
    failing = f"0x{well} 0+{share}x{ill} {share * ill}x1000"
    rest = f"0+30x{well} {before}+{good}x{ill} {during}+30x1000"
    match level:
        case "removal" | "listing":
            action, bound = ("lift", "60.0") if level == "removal" else ("apply", "600.0")
            settled = "creditbus_settled_seconds"
            return {
                f'{settled}_count{{action="{action}"}}': events,
                f'{settled}_bucket{{action="{action}",le="{bound}"}}': rest,
            }
        case "check":
            of = 'service="query",route="/v1/checks"'
            return {
                f'creditbus_http_requests_total{{{of},status="200"}}': rest,
                f'creditbus_http_requests_total{{{of},status="503"}}': failing,
                f'creditbus_http_seconds_bucket{{{of},le="0.5"}}': events,
            }
        case _:
            inbox = 'service="intake",topic="credit.inbox.court.v1"'
            return {
                f"creditbus_engine_records_total{{{inbox}}}": rest,
                f"creditbus_engine_unreadable_total{{{inbox}}}": failing,
            }


# A third, and a tenth of half of the time, as increase() guesses at the beginning of a window.
BURNT: Final = {"removal": "34.44%", "listing": "34.44%", "check": "31.64%", "loss": "33.33%"}
WANED: Final = {"removal": "6.125%", "listing": "6.125%", "check": "3.671%", "loss": "4.937%"}

BURNS: Final = tuple(
    Case(
        alert=f"{level.alert}Burns",
        series=_failing(level.name, well=60, ill=60, share=10),
        before="59m",
        at="2h",
        after="3h30m",
        labels={"level": level.name},
        interval="1m",
        anchor=level.alert.lower(),
        promise=level.promise,
        page=level.page,
        summary=f"The budget burns fast: {BURNT[level.name]} fail.",
    )
    for level in LEVELS
)

# What is overdue has failed, though nobody has settled it yet, and may never.
OVERDUE: Final = Case(
    alert="RemovalBudgetBurns",
    series={
        'creditbus_settled_seconds_count{action="lift"}': "0+1x300",
        'creditbus_settled_seconds_bucket{action="lift",le="60.0"}': "0+1x300",
        f"creditbus_overdue_lift{DELIVERY}": "0x60 60x29 0x300",
    },
    before="59m",
    at="70m",
    after="125m",
    labels={"level": "removal"},
    interval="1m",
    anchor="removalbudget",
    promise=LEVELS[0].promise,
    page=LEVELS[0].page,
    summary="The budget burns fast: 50% fail.",
)

WANES: Final = tuple(
    Case(
        alert=f"{level.alert}Wanes",
        series=_failing(level.name, well=40, ill=40, share=3),
        before="9h",
        at="20h",
        after="30h",
        labels={"level": level.name},
        severity="ticket",
        interval="15m",
        anchor=level.alert.lower(),
        promise=level.promise,
        page=level.page,
        summary=f"The budget will not last the month: {WANED[level.name]} fail.",
    )
    for level in LEVELS
)

CASES: Final = (*PROCESSES, *FLOW, *BURNS, OVERDUE, *WANES)
