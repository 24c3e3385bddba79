"""Record headers: CloudEvents attributes (binary mode), trace context and the origin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from creditbus.domain.acts.events import Envelope

ORIGIN: Final = "origin"
ATTESTATION: Final = "attestation"
SINCE: Final = "since"
"""When the broker took the fact into its inbox, in milliseconds; carried on beside the origin."""
TRACEPARENT: Final = "traceparent"
ALIAS: Final = "alias"
"""The old code that a record named its subject by, @, and how far the aliases were read."""


def event_headers(record: str, envelope: Envelope) -> tuple[tuple[str, bytes], ...]:
    """Return the CloudEvents headers of an event, and a trace that its id begins."""
    trace = envelope.event_id.replace("-", "")[:32].rjust(32, "0")
    is_hexadecimal = all(digit in "0123456789abcdef" for digit in trace)
    headers = (
        ("ce_specversion", b"1.0"),
        ("ce_id", envelope.event_id.encode()),
        ("ce_type", record.replace("_", ".").encode() + b".v1"),
        ("ce_source", envelope.source.encode()),
        ("ce_time", envelope.occurred_at.isoformat().encode()),
    )
    if not is_hexadecimal or not trace.strip("0"):
        return headers
    return (*headers, (TRACEPARENT, f"00-{trace}-{trace[:16]}-01".encode()))


def header(headers: Sequence[tuple[str, bytes | None]] | None, name: str) -> bytes | None:
    """Return the last header with this name, or None."""
    for key, value in reversed(headers or ()):
        if key == name:
            return value
    return None
