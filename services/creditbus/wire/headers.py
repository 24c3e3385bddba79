"""Record headers: CloudEvents attributes (binary mode), trace context and the origin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from creditbus.domain.acts.events import Envelope
from creditbus.wire.topics import INBOX_PARTITIONS

ORIGIN: Final = "origin"
ATTESTATION: Final = "attestation"
SHEET: Final = "sheet"
"""Of a row of an official sheet that the gateway has taken: its id may be of a case with several
debtors. It says something only beside the gateway's attestation."""
SINCE: Final = "since"
"""When the broker took the fact into its inbox, in milliseconds; carried on beside the origin."""
TRACEPARENT: Final = "traceparent"
REDRIVEN: Final = "redriven"
"""Of a record that a person put into its inbox once more: the place at which its sender put it."""
SANDBOX: Final = "sandbox"
"""Of a record that its sender only tries, whatever its value: it never reaches the log."""
ALIAS: Final = "alias"
"""The old code that a record named its subject by, @, and how far the aliases were read."""


_HEXADECIMAL: Final = frozenset("0123456789abcdef")
_WITHIN: Final = re.compile(rb"/(0|[1-9][0-9]?)/(0|[1-9][0-9]{0,14})")
_OFFSETS: Final = 2**47
"""How many records a partition never has: 4,000 years of a thousand a second."""
_STEP: Final = re.compile(rb"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One step of a trace (W3C Trace Context): ids of 32 and of 16 hexadecimal digits."""

    trace: str
    span: str

    @property
    def header(self) -> bytes:
        """The value of ``traceparent``."""
        return f"00-{self.trace}-{self.span}-01".encode()


def first_step(event_id: str) -> TraceStep | None:
    """Return the step that an event begins its trace with; None of an id that is no hexadecimal.

    The trace is the event's own id, so whatever names its cause names its trace.
    """
    trace = event_id.replace("-", "")[:32].rjust(32, "0")
    if not _HEXADECIMAL.issuperset(trace) or not trace.strip("0"):
        return None
    # A step of zeros alone is none, as the standard has it.
    return TraceStep(trace, trace[:16] if trace[:16].strip("0") else trace[16:])


def step_of(value: bytes | None) -> TraceStep | None:
    """Return the step that a header names; None of what is none, which anybody may send."""
    found = _STEP.fullmatch(value or b"")
    if found is None:
        return None
    trace, span = (part.decode() for part in found.groups())
    return TraceStep(trace, span) if trace.strip("0") and span.strip("0") else None


def event_headers(record: str, envelope: Envelope) -> tuple[tuple[str, bytes], ...]:
    """Return the CloudEvents headers of an event, and a trace that its id begins."""
    step = first_step(envelope.event_id)
    headers = (
        ("ce_specversion", b"1.0"),
        ("ce_id", envelope.event_id.encode()),
        ("ce_type", record.replace("_", ".").encode() + b".v1"),
        ("ce_source", envelope.source.encode()),
        ("ce_time", envelope.occurred_at.isoformat().encode()),
    )
    return headers if step is None else (*headers, (TRACEPARENT, step.header))


def first_sent(inbox: str, headers: Sequence[tuple[str, bytes | None]]) -> bytes | None:
    """Return where a redriven record of an inbox was first sent; None of what its party sent.

    Headers there are the party's own words: a place in any other inbox is none, so whoever writes
    this header itself changes the sums of nobody else. Nor is one that no record can have.

    >>> first_sent("in", [("redriven", b"in/0/7")]), first_sent("in", [("redriven", b"other/0/7")])
    (b'in/0/7', None)
    """
    place = header(headers, REDRIVEN)
    if place is None:
        return None
    begins = inbox.encode()
    found = _WITHIN.fullmatch(place, len(begins)) if place.startswith(begins) else None
    if found is None or int(found[1]) >= INBOX_PARTITIONS or int(found[2]) >= _OFFSETS:
        return None
    return place


def header(headers: Sequence[tuple[str, bytes | None]] | None, name: str) -> bytes | None:
    """Return the last header with this name, or None."""
    for key, value in reversed(headers or ()):
        if key == name:
            return value
    return None
