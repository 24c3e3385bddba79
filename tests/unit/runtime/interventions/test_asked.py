"""Wishes: what may be skipped of an inbox, and that nothing is wished that is not on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from creditbus.domain.acts.interventions import Intervention, OperatorStep, Way
from creditbus.domain.effects.directives import Action, Lane
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.ids import BodyId, DirectiveId, MeasureId, ObligationId, SubjectId
from creditbus.engine.failures import Hindrance
from creditbus.engine.worker import Skip
from creditbus.runtime.interventions import wishes
from creditbus.runtime.interventions.wishes import (
    AT_MOST,
    ParkedInbox,
    ask_delivery,
    ask_mode,
    ask_skip,
    skip_of,
)
from creditbus.runtime.interventions.writer import InterventionWriter, NotDone
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.runtime.settings import Settings
from creditbus.runtime.workers.modes import Mode, WantedMode
from creditbus.runtime.workers.skips import WantedSkip

AT = datetime(2026, 11, 23, 4, tzinfo=UTC)
PROCESS = Process("operator", 0, Settings())
WRITER = InterventionWriter(PROCESS, "wang", Way.COMMAND_LINE)
BEGINS, ENDS = 5, 50_000
PARKED = ParkedInbox(
    topic="credit.inbox.court.v1",
    partition=0,
    position=7,
    reason=Hindrance.BATCH_UNREADABLE,
    why="a batch cannot be unpacked",
    since=AT,
)
REMOVED = replace(PARKED, position=2, reason=Hindrance.RECORDS_REMOVED)
BATCH = range(7, 12)


@pytest.fixture(autouse=True)
def _paper(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log from 5 to 49999, with a batch of five records at 7 that nobody can unpack."""
    monkeypatch.setattr(wishes, "bounds_of", lambda *_: (BEGINS, ENDS))
    monkeypatch.setattr(wishes, "offsets_behind", lambda *_: BATCH)


@pytest.mark.parametrize(
    ("parked", "offset", "through"),
    [
        # A batch that cannot be unpacked is skipped whole, however little of it is named.
        (PARKED, 7, 11),
        (PARKED, 11, 11),
        (PARKED, 20, 20),
        (PARKED, 7 + AT_MOST - 1, 7 + AT_MOST - 1),
        # Where records are gone, it goes on at the first there is, behind or before.
        (REMOVED, BEGINS - 1, BEGINS - 1),
        (REMOVED, BEGINS, BEGINS),
        (replace(REMOVED, position=ENDS + 9), ENDS - 1, ENDS - 1),
    ],
)
def test_it_goes_on_behind_the_offset_that_was_named(
    parked: ParkedInbox, offset: int, through: int
) -> None:
    skip = skip_of(PROCESS, parked, offset)
    wanted = Skip(topic=parked.topic, partition=0, start=parked.position or 0, through=through)
    assert skip == wanted


@pytest.mark.parametrize(
    ("parked", "offset", "why"),
    [
        (PARKED, 6, "stands at 7, and what is before it is decided"),
        (PARKED, 7 + AT_MOST, f"that is {AT_MOST + 1} records; skip {AT_MOST} at once"),
        (PARKED, ENDS, f"has the offsets {BEGINS} to {ENDS - 1}"),
        (REMOVED, BEGINS - 2, f"has the offsets {BEGINS} to {ENDS - 1}"),
        (replace(PARKED, position=None), 7, "nothing of court can be skipped"),
        (replace(PARKED, partition=None), 7, "nothing of court can be skipped"),
    ],
)
def test_what_cannot_be_skipped_is_told_with_what_can(
    parked: ParkedInbox, offset: int, why: str
) -> None:
    with pytest.raises(NotDone, match=why) as refused:
        skip_of(PROCESS, parked, offset)
    assert "court" in refused.value.chinese or str(AT_MOST) in refused.value.chinese


SKIP = Skip(topic=PARKED.topic, partition=0, start=7, through=11)
BACK = Skip(topic=PARKED.topic, partition=0, start=60_000, through=49_999)


@pytest.mark.parametrize(
    ("skip", "detail"), [(SKIP, "through 11, 5 records"), (BACK, "through 49999, 0 records")]
)
def test_a_skip_is_on_record_before_it_is_wished_and_one_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, skip: Skip, detail: str
) -> None:
    wish, written = WantedSkip(tmp_path, "intake-0"), list[Intervention]()

    def write(_: InterventionWriter, done: Intervention) -> None:
        assert wish.read() is None, "it is wished before it is on record"
        written.append(done)

    monkeypatch.setattr(InterventionWriter, "write", write)
    done = ask_skip(WRITER, wish, skip, "why")
    assert written == [done]
    assert (done.step, done.about, done.detail) == (OperatorStep.SKIP, "court", detail)
    assert done.place == f"{skip.topic}/0/{skip.start}"
    assert wish.read() == skip
    with pytest.raises(NotDone, match="another skip is under way"):
        ask_skip(WRITER, wish, SKIP, "why")
    assert len(written) == 1


def test_nothing_is_wished_that_cannot_be_put_on_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise Unavailable("kafka", "nobody answers")

    monkeypatch.setattr(InterventionWriter, "write", away)
    wish = WantedSkip(tmp_path, "intake-0")
    with pytest.raises(Unavailable):
        ask_skip(WRITER, wish, SKIP, "why")
    assert wish.read() is None
    with pytest.raises(Unavailable):
        ask_mode(WRITER, tmp_path, "listing-0", Mode.PAUSED, "why")
    assert WantedMode(tmp_path, "listing-0").read() is Mode.RUNNING


def test_a_reason_names_no_person_and_a_delivery_names_its_subject(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(InterventionWriter, "write", lambda *_: None)
    subject = SubjectId("uscc:91370200MA00000T1X")
    owed = Obligation(
        obligation_id=ObligationId("o-1"),
        directive_id=DirectiveId("d-1"),
        body=BodyId("railway"),
        measure_id=MeasureId("m-1"),
        action=Action.LIFT,
        lane=Lane.LIFT,
        revision=3,
        subject_id=subject,
        stated_at=AT,
        due_at=AT,
    )
    done = ask_delivery(WRITER, owed, "来电：11010519491231002X")
    assert (done.about, done.place, done.subject_id) == ("railway", "o-1", subject)
    assert "19491231" not in done.reason
    assert done.reason.startswith("来电")
