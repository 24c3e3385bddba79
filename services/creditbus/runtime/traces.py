"""Traces: what one event sets going, from process to process, told to a collector by OpenTelemetry.

A trace is the event's own id, so whoever knows a record's cause knows its trace, and nothing has to
be carried for that. What is carried is the step before, in ``traceparent`` (W3C Trace Context).
Without the setting nothing here runs and OpenTelemetry is not even imported. Steps are told when
they are decided: one whose transaction fails is told again by whoever decides it then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import msgspec
import structlog

from creditbus.engine.job import Job
from creditbus.engine.values import Arrival, Output, Produced, Slice, SliceOutcome, State
from creditbus.runtime.clock import Clock
from creditbus.runtime.settings import Settings, UnknownSetting
from creditbus.wire.headers import TRACEPARENT, TraceStep, first_step, header, step_of

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

Facts = Mapping[str, str | int | Sequence[str]]

_ALL: Final = 1 << 32
_SHARE_DIGITS: Final = 8
_SENT_BOUND_MS: Final = 2000


@dataclass(frozen=True, slots=True)
class Trail:
    """Where a process tells its steps: to the collector, and each in a line of its log."""

    tracer: Tracer
    logger: structlog.stdlib.BoundLogger
    clock: Clock
    share: float = 1.0
    close: Callable[[], None] = lambda: None

    def follows(self, step: TraceStep | None) -> bool:
        """Return whether a trace is among those that are told; every process says the same."""
        return step is not None and int(step.trace[:_SHARE_DIGITS], 16) < self.share * _ALL

    def now_ns(self) -> int:
        """Return the instant at which a step begins, in nanoseconds since the epoch."""
        return int(self.clock.now().timestamp() * 1_000_000) * 1000

    def tell(self, what: str, before: TraceStep, began_ns: int, facts: Facts) -> TraceStep:
        """Return a step that ends now, once it is told; times are nanoseconds since the epoch."""
        from opentelemetry import trace

        parent = trace.SpanContext(
            trace_id=int(before.trace, 16),
            span_id=int(before.span, 16),
            is_remote=True,
            trace_flags=trace.TraceFlags(trace.TraceFlags.SAMPLED),
        )
        around = trace.set_span_in_context(trace.NonRecordingSpan(parent))
        span = self.tracer.start_span(what, around, attributes=dict(facts), start_time=began_ns)
        span.end(self.now_ns())
        step = TraceStep(before.trace, format(span.get_span_context().span_id, "016x"))
        self.logger.info(what, trace_id=step.trace, span_id=step.span, **facts)
        return step


def trail_of(
    settings: Settings, service: str, logger: structlog.stdlib.BoundLogger, clock: Clock
) -> Trail | None:
    """Return where a process tells its steps, None without the setting.

    Raises ``UnknownSetting`` where OpenTelemetry is not installed.
    """
    if not settings.traces:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as missing:
        raise UnknownSetting(
            f"CREDITBUS_TRACES needs {missing.name}: install creditbus[traces], or leave it empty"
        ) from missing
    named = {"service.name": f"creditbus-{service}"}
    provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
    # A collector that is away costs what is told meanwhile, and nobody's time.
    exporter = OTLPSpanExporter(endpoint=settings.traces, timeout=_SENT_BOUND_MS / 1000)
    provider.add_span_processor(BatchSpanProcessor(exporter))

    def close() -> None:
        provider.force_flush(_SENT_BOUND_MS)
        provider.shutdown()

    tracer = provider.get_tracer("creditbus")
    return Trail(tracer, logger, clock, settings.traces_share, close)


def traced(job: Job[Any], service: str, trail: Trail | None) -> Job[Any]:
    """Return a job that tells each of its decisions, and hands its step on; the same without."""
    if trail is None:
        return job
    steps: dict[str, TraceStep] = {}

    def decide(arrived: Slice[Any], state: State) -> SliceOutcome:
        began = trail.now_ns()
        outcome = job.decide(arrived, state)
        became: dict[str, list[str]] = {}
        for output in outcome.outputs:
            became.setdefault(output.origin, []).append(output.stream)
        steps.clear()
        for arrival in arrived.columns:
            before = _before(arrival)
            if before is not None and trail.follows(before):
                facts = {
                    "origin": arrival.origin,
                    "record": type(arrival.value).__name__,
                    "became": became.get(arrival.origin, ()),
                }
                steps[arrival.origin] = trail.tell(f"{service} decides", before, began, facts)
        return outcome

    def write(output: Output) -> Produced:
        produced, step = job.write(output), steps.get(output.origin)
        if step is None:
            return produced
        others = (each for each in produced.headers if each[0] != TRACEPARENT)
        return msgspec.structs.replace(produced, headers=(*others, (TRACEPARENT, step.header)))

    return replace(job, decide=decide, write=write)


def _before(arrival: object) -> TraceStep | None:
    """Return the step that led to an arrival: the one it names, or the event that began it all."""
    if not isinstance(arrival, Arrival):
        return None
    named = step_of(header(arrival.headers, TRACEPARENT))
    if named is not None:
        return named
    envelope = getattr(arrival.value, "envelope", None)
    event = getattr(envelope, "event_id", None) or getattr(arrival.value, "caused_by", "")
    return first_step(str(event))
