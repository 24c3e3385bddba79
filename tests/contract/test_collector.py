"""What reaches a collector: OTLP over HTTP, from the very settings of a process."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import structlog
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from creditbus.runtime.clock import SystemClock
from creditbus.runtime.settings import Settings
from creditbus.runtime.traces import trail_of
from creditbus.wire.headers import TraceStep


def test_a_step_reaches_the_collector_with_its_trace() -> None:
    received: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/v1/traces"
        trail = trail_of(
            Settings(traces=address), "dispatch", structlog.get_logger(), SystemClock()
        )
        assert trail is not None
        step = trail.tell("dispatch decides", TraceStep("a" * 32, "b" * 16), trail.now_ns(), {})
        trail.close()
    finally:
        server.shutdown()
        server.server_close()
    told = ExportTraceServiceRequest.FromString(received[0])
    (resource,) = told.resource_spans
    named = {each.key: each.value.string_value for each in resource.resource.attributes}
    assert named["service.name"] == "creditbus-dispatch"
    (span,) = resource.scope_spans[0].spans
    assert (span.trace_id.hex(), span.span_id.hex()) == (step.trace, step.span)
    assert span.parent_span_id.hex() == "b" * 16


def test_a_collector_that_is_away_costs_nobody_his_time() -> None:
    address = "http://127.0.0.1:9/v1/traces"
    trail = trail_of(Settings(traces=address), "dispatch", structlog.get_logger(), SystemClock())
    assert trail is not None
    for _ in range(1000):
        trail.tell("dispatch decides", TraceStep("a" * 32, "b" * 16), trail.now_ns(), {})
    trail.close()
