"""Traces: each decision is a step of its event's trace, told alike to the collector and the log."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import msgspec
import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from structlog.testing import CapturingLogger

from creditbus.engine.job import Job
from creditbus.engine.values import Arrival, DictState, Output, Produced, Slice, SliceOutcome
from creditbus.runtime.clock import SystemClock
from creditbus.runtime.settings import Settings, UnknownSetting
from creditbus.runtime.traces import Trail, traced, trail_of
from creditbus.wire.headers import TRACEPARENT, TraceStep, first_step, header, step_of
from tests.examples import FIRM, a_listing, a_standing

EVENT = a_listing()
TRACE = first_step(EVENT.envelope.event_id)


class Told:
    """A trail whose spans and lines are kept."""

    def __init__(self, share: float = 1.0) -> None:
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.lines = CapturingLogger()
        logger = structlog.wrap_logger(
            self.lines, processors=[], wrapper_class=structlog.BoundLogger
        )
        self.trail = Trail(provider.get_tracer("test"), logger, SystemClock(), share)

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self.exporter.get_finished_spans()


def a_job() -> Job[Any]:
    """Return a job that makes a standing of each arrival, and something about nothing."""

    def decide(arrived: Slice[Any], _state: object) -> SliceOutcome:
        found = [Output("standings", each.value, each.origin) for each in arrived.columns]
        return SliceOutcome(outputs=[*found, Output("days", "turned", "")])

    def write(output: Output) -> Produced:
        return Produced(topic=output.stream, key=None, value=b"", headers=(("origin", b"here"),))

    return Job(
        application="test",
        name="test-0",
        sources=("events",),
        tables=(),
        read=lambda _messages: ([], []),
        decide=decide,
        write=write,
    )


def played(told: Told, *arrivals: Arrival[Any]) -> list[Produced]:
    job = traced(a_job(), "listing", told.trail)
    outcome = job.decide(Slice(topic="events", partition=0, columns=list(arrivals)), DictState())
    return [job.write(each) for each in outcome.outputs]


def arrival(value: object = EVENT, origin: str = "inbox/0/7", **named: Any) -> Arrival[Any]:
    return Arrival(value, origin, b"", **named)


def test_without_the_setting_nothing_is_touched_nor_imported() -> None:
    job = a_job()
    assert traced(job, "listing", None) is job
    asked = (
        "import sys; import creditbus.runtime.traces, creditbus.runtime.process;"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
    assert trail_of(Settings(), "listing", structlog.get_logger(), SystemClock()) is None


def test_a_decision_is_a_step_of_its_events_trace() -> None:
    told = Told()
    (standing, day) = played(told, arrival())
    (span,) = told.spans
    assert TRACE is not None
    assert span.context is not None
    assert span.parent is not None
    assert format(span.context.trace_id, "032x") == TRACE.trace
    assert format(span.parent.span_id, "016x") == TRACE.span
    assert span.name == "listing decides"
    assert dict(span.attributes or {})["became"] == ("standings",)
    step = step_of(header(standing.headers, TRACEPARENT))
    assert step == TraceStep(TRACE.trace, format(span.context.span_id, "016x"))
    assert header(standing.headers, "origin") == b"here"
    assert header(day.headers, TRACEPARENT) is None


def test_the_log_has_a_line_a_decision_with_the_same_ids() -> None:
    told = Told()
    played(told, arrival(), arrival(origin="inbox/0/8"))
    said = [call.kwargs for call in told.lines.calls]
    ids = {(format(s.context.trace_id, "032x"), format(s.context.span_id, "016x"))
           for s in told.spans if s.context}  # fmt: skip
    assert {(line["trace_id"], line["span_id"]) for line in said} == ids
    assert [line["origin"] for line in said] == ["inbox/0/7", "inbox/0/8"]
    assert FIRM not in str(said)
    assert FIRM.partition(":")[2] not in str(said)


def test_the_step_before_is_the_one_that_the_record_names() -> None:
    told = Told()
    before = TraceStep("a" * 32, "b" * 16)
    played(told, arrival(headers=((TRACEPARENT, before.header),)))
    (span,) = told.spans
    assert span.context is not None
    assert span.parent is not None
    assert format(span.context.trace_id, "032x") == before.trace
    assert format(span.parent.span_id, "016x") == before.span


def test_what_names_no_step_is_told_under_its_cause() -> None:
    told = Told()
    assert TRACE is not None
    standing = msgspec.structs.replace(a_standing(EVENT), caused_by=EVENT.envelope.event_id)
    played(told, arrival(standing))
    assert {format(span.context.trace_id, "032x") for span in told.spans if span.context} == {
        TRACE.trace
    }


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_every_process_tells_the_same_share(share: float) -> None:
    steps = [first_step(f"{number:08x}{'c' * 24}") for number in range(0, 1 << 32, 1 << 24)]
    followed = [[Told(share).trail.follows(step) for step in steps] for _ in range(2)]
    assert followed[0] == followed[1]
    assert sum(followed[0]) / len(steps) == pytest.approx(share, abs=0.02)


def test_an_odd_header_is_no_step() -> None:
    odd = (b"", b"00-x-y-01", b"00-" + b"0" * 32 + b"-" + b"1" * 16 + b"-01", b"\xff", None)
    assert [step_of(each) for each in odd] == [None] * len(odd)
    assert first_step("no-hex-at-all") is None


def test_a_missing_library_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(UnknownSetting, match=r"install creditbus\[traces\]"):
        trail_of(Settings(traces="http://x"), "listing", structlog.get_logger(), SystemClock())
