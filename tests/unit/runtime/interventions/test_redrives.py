"""Redrives: what may be put into an inbox once more, and what could only be dead again."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

import pytest
from confluent_kafka import KafkaError, KafkaException

from creditbus.domain.acts.interventions import (
    REASON_CHARACTERS,
    NoReason,
    OperatorStep,
    Way,
    checked_reason,
)
from creditbus.domain.acts.refusals import DeadLetter
from creditbus.domain.ids import SourceId
from creditbus.engine.values import Position
from creditbus.runtime.interventions import redrives
from creditbus.runtime.interventions.redrives import (
    Original,
    once_more,
    original,
    place_named,
    position_at,
    redrive,
)
from creditbus.runtime.interventions.writer import InterventionWriter, NotDone
from creditbus.runtime.kafka.clients import Record
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.runtime.settings import Settings
from creditbus.wire.topics import INBOX_MAX_BYTES

AT = Position("credit.inbox.tender.v1", 0, 43)
WRITER = InterventionWriter(Process("operator", 1, Settings()), "wang", Way.COMMAND_LINE)


def test_a_place_is_read_as_it_is_written() -> None:
    assert position_at(str(AT)) == AT
    assert place_named(str(AT)) == AT


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("credit.inbox.tender.v1", "no place"),
        ("credit.inbox.tender.v1/0", "no place"),
        ("credit.inbox.tender.v1/0/-1", "no place"),
        ("credit.inbox.tender.v1/٣/1", "no place"),
        ("/0/1", "no place"),
        ("credit.inbox.tender.v1/0/" + "9" * 5000, "no place"),
        ("credit.events.v1/3/17", "not in an inbox"),
    ],
)
def test_what_is_no_place_of_an_inbox_is_told(place: str, why: str) -> None:
    with pytest.raises(NotDone, match=why) as refused:
        position_at(place)
    assert refused.value.chinese


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (Original(position=AT, key=None, value=None), "nothing is kept"),
        (Original(position=AT, key=None, value=b""), "nothing is kept"),
        (Original(position=AT, key=None, value=b"ab", is_whole=False, size=9), "only the begin"),
        (Original(position=AT, key=None, value=b"x" * (INBOX_MAX_BYTES + 1)), "shorten it"),
    ],
)
def test_what_would_be_dead_again_is_not_written(found: Original, why: str) -> None:
    with pytest.raises(NotDone, match=why) as refused:
        redrive(WRITER, found, "why")
    assert "tender" in refused.value.chinese


def test_what_is_mended_needs_no_whole_original(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(InterventionWriter, "write", lambda *_: done.append("on record"))
    monkeypatch.setattr(redrives, "append", lambda *_: done.append("there"))
    redrive(WRITER, Original(position=AT, key=None, value=b"a", is_whole=False, size=9), "w", b"b")
    assert done == ["on record", "there"], "a redrive is on record before it is there"


def test_what_is_not_on_record_is_not_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise Unavailable("Kafka", "away")

    def never(*_: object) -> None:
        raise AssertionError("it is on no record")

    monkeypatch.setattr(InterventionWriter, "write", away)
    monkeypatch.setattr(redrives, "append", never)
    with pytest.raises(Unavailable):
        redrive(WRITER, Original(position=AT, key=None, value=b"v"), "why")


@pytest.mark.parametrize(
    ("headers", "value", "how"),
    [
        ((), b"v", "as it came, 1 "),
        ((), b"w", "mended, 1 "),
        ((("attestation", b"s"),), b"v", "as it came, 1 "),
        ((("attestation", b"s"),), b"w", "mended, its attestation dropped, 1 "),
    ],
)
def test_the_record_of_a_redrive_says_what_was_changed(
    monkeypatch: pytest.MonkeyPatch,
    headers: tuple[tuple[str, bytes], ...],
    value: bytes,
    how: str,
) -> None:
    monkeypatch.setattr(InterventionWriter, "write", lambda *_: None)
    monkeypatch.setattr(redrives, "append", lambda *_: None)
    found = Original(position=AT, key=None, value=b"v", headers=headers)
    assert redrive(WRITER, found, "why", value).detail.startswith(how)


def test_the_record_of_a_redrive_names_the_source_the_place_and_the_very_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(InterventionWriter, "write", lambda *_: None)
    monkeypatch.setattr(redrives, "append", lambda *_: None)
    mended = b"w" * INBOX_MAX_BYTES  # as many as a record may have
    done = redrive(WRITER, Original(position=AT, key=None, value=b"v", size=1), "why", mended)
    assert (done.step, done.about, done.place) == (OperatorStep.REDRIVE, "tender", str(AT))
    digest = sha256(mended).hexdigest()
    told = done.detail.rpartition(" ")[2]
    assert digest.startswith(told)
    assert len(told) == 16
    assert f", {INBOX_MAX_BYTES} bytes, " in done.detail


def a_letter(*, key: bytes | None, value: bytes, size: int) -> DeadLetter:
    """Return the dead letter of what lay at the place: its first bytes, and how many it had."""
    return DeadLetter(
        source=SourceId("tender"),
        topic=AT.topic,
        partition=0,
        offset=AT.offset,
        reason="UNFRAMED",
        detail="d",
        key=key,
        value=value,
        size=size,
    )


def test_a_record_that_had_no_key_has_none_again(monkeypatch: pytest.MonkeyPatch) -> None:
    letter = a_letter(key=None, value=b"v", size=1)
    came = Record(
        topic=AT.topic,
        partition=0,
        offset=AT.offset,
        written_at=datetime(2026, 11, 23, 4, tzinfo=UTC),
        key=b"",
        value=b"v",
    )
    monkeypatch.setattr(redrives, "record_at", lambda *_: came)
    found = original(WRITER.process, AT, lambda _: letter)
    assert once_more(found, b"v").key is None


@pytest.mark.parametrize("is_broken", [True, False])
def test_what_its_inbox_no_more_gives_is_taken_from_its_dead_letter(
    monkeypatch: pytest.MonkeyPatch, *, is_broken: bool
) -> None:
    def record_at(*_: object) -> None:
        if is_broken:
            raise KafkaException(KafkaError(KafkaError._BAD_COMPRESSION))

    monkeypatch.setattr(redrives, "record_at", record_at)
    for size in (2, 9):
        letter = a_letter(key=b"k", value=b"ab", size=size)
        found = original(WRITER.process, AT, lambda _, letter=letter: letter)  # type: ignore[misc]
        assert (found.key, found.value, found.headers) == (b"k", b"ab", ())
        assert found.is_whole == (size == 2)


def test_a_record_goes_into_its_own_inbox_with_its_own_key_and_headers() -> None:
    found = Original(position=AT, key=b"r-7", value=b"v", headers=(("ce_id", b"7"), ("x", None)))
    again = once_more(found, b"v")
    assert (again.topic, again.partition) == (AT.topic, AT.partition)
    assert (again.key, again.value) == (b"r-7", b"v")
    assert again.headers == (*found.headers, ("redriven", str(AT).encode()))
    keyless = once_more(Original(position=AT, key=None, value=b"v"), b"v")
    assert (keyless.key, keyless.headers) == (None, (("redriven", str(AT).encode()),))


def test_nobody_vouches_for_mended_bytes() -> None:
    vouched = (("ce_id", b"7"), ("attestation", b"signed"))
    found = Original(position=AT, key=None, value=b"v", headers=vouched)
    assert once_more(found, b"v").headers[:-1] == vouched
    assert once_more(found, b"w").headers[:-1] == vouched[:1]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"credit.inbox.tender.v1/0/7", b"credit.inbox.tender.v1/0/7"),
        # A sender's own words, and no place of its inbox.
        (b"credit.inbox.court.v1/0/7", str(AT).encode()),
        (b"\xff", str(AT).encode()),
    ],
)
def test_a_redrive_of_a_redriven_record_tells_where_its_sender_put_it(
    said: bytes, told: bytes
) -> None:
    found = Original(position=AT, key=None, value=b"v", headers=(("redriven", said),))
    assert once_more(found, b"v").headers == (("redriven", told),)


def test_a_record_that_could_be_read_is_neither_shown_nor_taken() -> None:
    # Nobody is asked for it: there is no broker here.
    with pytest.raises(NotDone, match="no dead letter is about") as refused:
        original(WRITER.process, AT, lambda _: None)
    assert str(AT) in refused.value.chinese


@pytest.mark.parametrize("reason", ["", " \n", "x" * (REASON_CHARACTERS + 1)])
def test_a_reason_is_asked_for_in_few_words(reason: str) -> None:
    with pytest.raises(NoReason):
        checked_reason(reason)


def test_a_reason_is_one_line_and_names_no_person() -> None:
    done = WRITER.entry(
        OperatorStep.REDRIVE, "tender", str(AT), "asked by\n 370299199001010000", detail="d"
    )
    assert done.reason == "asked by (masked)"
    assert (done.author, done.key) == ("wang", "tender")


def test_what_was_sent_in_the_sandbox_stays_a_try_when_it_is_put_in_once_more() -> None:
    tried = Original(position=AT, key=b"k", value=b"v", is_try=True)
    meant = Original(position=AT, key=b"k", value=b"v")
    assert ("sandbox", b"true") in once_more(tried, b"v").headers
    assert ("sandbox", b"true") not in once_more(meant, b"v").headers


def test_a_place_of_the_buss_own_may_be_looked_at_and_not_written_to() -> None:
    assert place_named("credit.events.v1/3/17") == Position("credit.events.v1", 3, 17)
    with pytest.raises(NotDone, match="not in an inbox"):
        position_at("credit.events.v1/3/17")
