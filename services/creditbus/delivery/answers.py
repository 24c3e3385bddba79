"""Answers: what a body's reply to a webhook says, and the acknowledgement made of it.

A reply that cannot be read is shown as what it is. It is never taken for an outcome, and never for
``ACCEPTED`` either, which only the body itself says, or says by an empty 2xx.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

import msgspec

from creditbus.delivery.webhooks import ANSWER_BYTES, Reply
from creditbus.domain.acts.events import Envelope
from creditbus.domain.calendar import day_of
from creditbus.domain.effects.directives import Acknowledgement, Directive, Outcome, answer_record
from creditbus.domain.identifiers.citizen import hide_persons
from creditbus.domain.ids import SourceId, derive_event_id

DETAIL_LENGTH: Final = 200
_OUTCOMES: Final = ", ".join(Outcome)
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_OUTCOME_KEY: Final = b'"outcome"'


class BodyAnswer(msgspec.Struct, frozen=True):
    """What a reply says: an outcome with a detail, or none and why there is none."""

    outcome: Outcome | None
    detail: str = ""


class _Answer(msgspec.Struct, frozen=True):
    outcome: Any = None
    detail: Any = ""


def said(reply: Reply) -> BodyAnswer:
    """Return what a reply says of its directive.

    >>> said(Reply(200, b'{"outcome": "APPLIED", "detail": null}')).outcome
    <Outcome.APPLIED: 'APPLIED'>
    >>> said(Reply(200, b'{"outcome": "DONE"}')).detail.partition(";")[0]
    'unreadable answer: "DONE" is no outcome'
    """
    if not reply.is_success:
        return BodyAnswer(None, _shown(reply.failure))
    if not reply.content.strip():
        return BodyAnswer(Outcome.ACCEPTED)
    found = _read(reply)
    if isinstance(found, str):
        return BodyAnswer(None, _shown(f"unreadable answer: {found}"))
    return found


def acknowledgement(directive: Directive, answer: BodyAnswer, at: datetime) -> Acknowledgement:
    """Return the event that says for the body what it answered."""
    assert answer.outcome is not None, "who said nothing acknowledges nothing"
    record_id, revision = answer_record(directive.directive_id, answer.outcome)
    envelope = Envelope(
        event_id=derive_event_id(directive.body, record_id, revision, "acknowledgement"),
        source=SourceId(directive.body),
        record_id=record_id,
        record_revision=revision,
        sequence=0,
        subject_kind=directive.subject_kind,
        subject_id=directive.subject_id,
        occurred_at=at,
        decided_on=day_of(at),
        causation_id=directive.directive_id,
        synthetic=directive.synthetic,
    )
    return Acknowledgement(
        envelope=envelope,
        directive_id=directive.directive_id,
        obligation_id=directive.obligation_id,
        measure_id=directive.measure_id,
        action=directive.action,
        revision=directive.revision,
        outcome=answer.outcome,
        detail=answer.detail,
    )


def _read(reply: Reply) -> BodyAnswer | str:
    """Return what the content says, or why it says nothing."""
    content = reply.content
    if len(content) > ANSWER_BYTES:
        return f"it is longer than {ANSWER_BYTES // 1024} KiB"
    if reply.encoding not in {"", "identity"}:
        return f"it is encoded as {reply.encoding}, which was not asked for"
    if content.startswith(_BYTE_ORDER_MARK):
        return "it begins with a byte order mark; JSON is plain UTF-8 without one"
    try:
        answer = msgspec.json.decode(content, type=_Answer)
        if content.count(_OUTCOME_KEY) > 1 and _is_stated_twice(content):
            return "it states an outcome twice"
    except (msgspec.DecodeError, ValueError, RecursionError) as fault:
        return f"it is no JSON object with an outcome: {fault}"
    if not isinstance(answer.outcome, str) or answer.outcome not in set(Outcome):
        stated = msgspec.json.encode(answer.outcome).decode()
        return f"{stated[:40]} is no outcome; say one of {_OUTCOMES}"
    return BodyAnswer(Outcome(answer.outcome), _text(answer.detail))


def _text(detail: Any) -> str:
    # What the body did is clear; what it says beside it is kept as far as it is text.
    if detail is None:
        return ""
    text = detail if isinstance(detail, str) else msgspec.json.encode(detail).decode()
    return _shown(hide_persons(text))


def _shown(text: str) -> str:
    # A stranger's text is shown in terminals and files: it moves no cursor and begins no line.
    seen = "".join(symbol if symbol.isprintable() else " " for symbol in text[: 4 * DETAIL_LENGTH])
    return seen[:DETAIL_LENGTH]


def _is_stated_twice(content: bytes) -> bool:
    """Return whether the object itself has two outcomes, of which readers take either."""
    pairs: list[list[tuple[str, Any]]] = []
    json.loads(content, object_pairs_hook=pairs.append)
    return sum(key == "outcome" for key, _ in pairs[-1]) > 1
