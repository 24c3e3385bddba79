"""Letters: a sender hears of its own unreadable record which it was, why, and what to do."""

from __future__ import annotations

import pytest

from creditbus.domain.acts.letters import ADVICE, KEY_CHARACTERS, notice_of
from creditbus.domain.acts.refusals import DeadLetter
from creditbus.domain.ids import SourceId
from creditbus.engine.failures import Hindrance


def a_letter(reason: str = "UNFRAMED", key: bytes | None = b"2026-17") -> DeadLetter:
    return DeadLetter(
        source=SourceId("court"),
        topic="credit.inbox.court.v1",
        partition=0,
        offset=43,
        reason=reason,
        detail="370299199001010000 is not to be repeated",
        key=key,
        value=b"what it held",
        size=12,
    )


def test_a_notice_names_the_record_by_its_key_and_place() -> None:
    notice = notice_of(a_letter())
    assert (notice.key, notice.origin, notice.size) == ("2026-17", "credit.inbox.court.v1/0/43", 12)
    assert "five bytes" in notice.advice
    assert notice.advice_zh


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (None, ""),
        (b"\xc0\xb4", "\\xc0\\xb4"),
        (b"370299199001010000", "(masked)"),
        (b"k" * 999, "k" * KEY_CHARACTERS),
    ],
)
def test_a_key_is_told_whatever_it_is_and_no_persons_number_is(
    key: bytes | None, told: str
) -> None:
    notice = notice_of(a_letter(key=key))
    assert notice.key == told
    assert "370299199001010000" not in notice.detail


def test_a_reason_without_advice_leads_to_the_operator() -> None:
    assert "operator" in notice_of(a_letter("SOMETHING_NEW")).advice


def test_whatever_a_person_may_skip_has_advice() -> None:
    gone_by_themselves = {Hindrance.RIGHTS_MISSING, Hindrance.TOPIC_MISSING}
    assert {each.upper() for each in set(Hindrance) - gone_by_themselves} <= ADVICE.keys()
