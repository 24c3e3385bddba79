"""What a body's reply says: an outcome, or why it is no answer that can be read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from creditbus.delivery.answers import BodyAnswer, acknowledgement, said
from creditbus.delivery.webhooks import ANSWER_BYTES, Reply
from creditbus.domain.effects.directives import Outcome
from tests.unit.delivery.test_decide import directive

AT = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
LONG = b'{"outcome":"APPLIED","detail":"' + b"x" * 900 + b'"}'


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        (200, b'{"outcome":"APPLIED","detail":"done"}', BodyAnswer(Outcome.APPLIED, "done")),
        (200, b'{"outcome":"APPLIED","detail":null}', BodyAnswer(Outcome.APPLIED)),
        (200, b'{"outcome":"APPLIED","detail":7,"more":[]}', BodyAnswer(Outcome.APPLIED, "7")),
        (200, b' \n{"outcome":"APPLIED"}', BodyAnswer(Outcome.APPLIED)),
        (202, b'{"outcome":"DECLINED"}', BodyAnswer(Outcome.DECLINED)),
        (200, b'{"outcome":"SUPERSEDED"}', BodyAnswer(Outcome.SUPERSEDED)),
        (
            200,
            b'{"outcome":"ACCEPTED","detail":"a human"}',
            BodyAnswer(Outcome.ACCEPTED, "a human"),
        ),
        (204, b"", BodyAnswer(Outcome.ACCEPTED)),
        (200, b" \n", BodyAnswer(Outcome.ACCEPTED)),
        (
            200,
            '{"outcome":"APPLIED","detail":"370299199001010000已办"}'.encode(),
            BodyAnswer(Outcome.APPLIED, "(masked)已办"),
        ),
        (200, LONG, BodyAnswer(Outcome.APPLIED, "x" * 200)),
        (
            200,
            b'{"outcome":"APPLIED","detail":"\\u001b[2Jdone\\u0000\\nowed 0"}',
            BodyAnswer(Outcome.APPLIED, " [2Jdone  owed 0"),
        ),
        (
            200,
            b'{"outcome":"DECLINED","detail":{"outcome":"APPLIED"}}',
            BodyAnswer(Outcome.DECLINED, '{"outcome":"APPLIED"}'),
        ),
    ],
)
def test_an_outcome_in_a_successful_answer_says_what_became_of_it(
    status: int, content: bytes, expected: BodyAnswer
) -> None:
    assert said(Reply(status, content)) == expected


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'{"outcome":"DONE"}', '"DONE" is no outcome; say one of ACCEPTED, APPLIED'),
        (b'{"outcome":"applied"}', '"applied" is no outcome'),
        (b'{"outcome":null}', "null is no outcome"),
        (b'{"outcome":["APPLIED"]}', '["APPLIED"] is no outcome'),
        (b"{}", "null is no outcome"),
        (b'{"Outcome":"APPLIED"}', "null is no outcome"),
        (b"thank you", "no JSON object"),
        (b"[]", "no JSON object"),
        (b'"APPLIED"', "no JSON object"),
        (b"null", "no JSON object"),
        (b'{"outcome":"\xff"}', "no JSON object"),
        (b'{"outcome":"APPLIED"', "no JSON object"),
        (b'{"outcome":' + b"[" * 30_000, "no JSON object"),
        (b'{"outcome":"APPLIED","outcome":"DECLINED"}', "states an outcome twice"),
        (b'{"outcome":"APPLIED","outcome":"APPLIED","x":' + b"9" * 5000 + b"}", "no JSON object"),
        (b'\xef\xbb\xbf{"outcome":"APPLIED"}', "byte order mark"),
        ('{"outcome":"APPLIED"}'.encode("utf-16"), "no JSON object"),
        (b"<html>" + b" " * ANSWER_BYTES, "longer than 64 KiB"),
        (b'{"outcome":"APPLIED"}' + b" " * ANSWER_BYTES, "longer than 64 KiB"),
    ],
)
def test_what_cannot_be_read_is_shown_as_what_it_is(content: bytes, why: str) -> None:
    found = said(Reply(200, content))
    assert found.outcome is None
    assert found.detail.startswith("unreadable answer: ")
    assert why in found.detail
    assert len(found.detail) <= 200


def test_an_encoding_that_was_not_asked_for_is_named() -> None:
    assert "encoded as gzip" in said(Reply(200, b"\x1f\x8b", encoding="gzip")).detail


@pytest.mark.parametrize("status", [301, 400, 410, 500, None])
def test_nothing_is_an_answer_without_success(status: int | None) -> None:
    found = said(Reply(status, b'{"outcome":"APPLIED"}', failure="HTTP or worse"))
    assert found == BodyAnswer(None, "HTTP or worse")


def test_an_acknowledgement_speaks_for_the_body_and_is_alike_at_every_repeat() -> None:
    first = acknowledgement(directive(), BodyAnswer(Outcome.APPLIED, "done"), AT)
    again = acknowledgement(
        directive(), BodyAnswer(Outcome.APPLIED, "done"), AT + timedelta(seconds=5)
    )
    envelope = first.envelope
    assert envelope.event_id == again.envelope.event_id
    assert (envelope.source, envelope.record_id, envelope.record_revision) == (
        "railway",
        "one-1:APPLIED",
        1,
    )
    assert (envelope.causation_id, envelope.synthetic) == ("one-1", True)
    assert envelope.decided_on == date(2026, 11, 24), "half past midnight in Shanghai"
    assert (first.revision, first.outcome, first.detail) == (1, Outcome.APPLIED, "done")
