"""A skip of many records takes two persons: one proposes it, and another one decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from creditbus.domain.acts.interventions import Intervention, NoReason, OperatorStep, Way
from creditbus.domain.acts.proposals import GOOD_FOR, Proposal, open_proposals
from creditbus.engine.failures import Hindrance
from creditbus.engine.worker import Skip
from creditbus.runtime.interventions.second_persons import (
    approve,
    named,
    reject,
    skip_or_propose,
)
from creditbus.runtime.interventions.wishes import ParkedInbox
from creditbus.runtime.interventions.writer import InterventionWriter, NotDone
from creditbus.runtime.process import Process
from creditbus.runtime.settings import Settings
from creditbus.runtime.workers.skips import WantedSkip

PROCESS = Process("operator", 0, Settings(alone_records=100))
WANG = InterventionWriter(PROCESS, "wang", Way.COMMAND_LINE)
LI = InterventionWriter(PROCESS, "li", Way.CONSOLE)
TOPIC = "credit.inbox.court.v1"
FEW = Skip(topic=TOPIC, partition=0, start=7, through=106)
MANY = Skip(topic=TOPIC, partition=0, start=7, through=107)
PARKED = ParkedInbox(
    topic=TOPIC,
    partition=0,
    position=7,
    reason=Hindrance.BATCH_UNREADABLE,
    why="a batch cannot be unpacked",
    since=datetime(2026, 11, 30, 8, tzinfo=UTC),
)


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch) -> list[Intervention]:
    """What is on record, in its order."""
    written: list[Intervention] = []
    monkeypatch.setattr(InterventionWriter, "write", lambda _, done: written.append(done))
    return written


@pytest.fixture
def wish(tmp_path: Path) -> WantedSkip:
    return WantedSkip(tmp_path, "intake-0")


def waiting(record: Sequence[Intervention], later: timedelta = timedelta()) -> tuple[Proposal, ...]:
    return open_proposals(record, PROCESS.clock.now() + later)


def test_a_few_records_are_skipped_by_one_person(
    record: list[Intervention], wish: WantedSkip
) -> None:
    done = skip_or_propose(WANG, wish, FEW, "why", ())
    assert (done.step, done.through, wish.read()) == (OperatorStep.SKIP, 106, FEW)
    assert waiting(record) == ()


def test_many_wait_for_a_second_person_and_nothing_is_skipped(
    record: list[Intervention], wish: WantedSkip
) -> None:
    asked = skip_or_propose(WANG, wish, MANY, "its keeper sends again", ())
    assert (asked.step, asked.author, wish.read()) == (OperatorStep.PROPOSE, "wang", None)
    (proposal,) = waiting(record)
    assert proposal == Proposal(
        proposal_id=asked.intervention_id,
        by="wang",
        at=asked.at,
        runs_out_at=asked.at + GOOD_FOR,
        source="court",
        place=f"{TOPIC}/0/7",
        start=7,
        through=107,
        records=101,
        reason="its keeper sends again",
    )


def test_a_second_person_carries_it_out_and_both_are_on_record(
    record: list[Intervention], wish: WantedSkip
) -> None:
    asked = skip_or_propose(WANG, wish, MANY, "its keeper sends again", ())
    (proposal,) = waiting(record)
    done = approve(LI, lambda _: wish, proposal, (PARKED,), "I have asked its keeper too")
    assert wish.read() == MANY
    assert record == [asked, done]
    assert (done.step, done.author, done.about) == (OperatorStep.APPROVE, "li", "court")
    assert (done.proposal_id, done.through) == (asked.intervention_id, 107)
    assert done.detail == "through 107, 101 records, proposed by wang"
    assert waiting(record) == ()
    with pytest.raises(NotDone, match="no proposal "):
        named(waiting(record), asked.intervention_id)


@pytest.mark.parametrize("name", ["wang", "Wang"])
def test_nobody_is_the_second_person_of_an_own_proposal(
    record: list[Intervention], wish: WantedSkip, name: str
) -> None:
    skip_or_propose(WANG, wish, MANY, "why", ())
    (proposal,) = waiting(record)
    with pytest.raises(NotDone, match="somebody else must approve it") as refused:
        approve(replace(LI, author=name), lambda _: wish, proposal, (PARKED,), "why")
    assert "须由他人批准" in refused.value.chinese
    assert wish.read() is None
    assert len(record) == 1


def test_what_is_rejected_is_not_done_and_whoever_proposed_it_may_take_it_back(
    record: list[Intervention], wish: WantedSkip
) -> None:
    skip_or_propose(WANG, wish, MANY, "why", ())
    (proposal,) = waiting(record)
    done = reject(WANG, proposal, "a wrong offset")
    assert (done.step, done.proposal_id) == (OperatorStep.REJECT, proposal.proposal_id)
    assert (waiting(record), wish.read()) == ((), None)


def test_a_proposal_runs_out(record: list[Intervention], wish: WantedSkip) -> None:
    asked = skip_or_propose(WANG, wish, MANY, "why", ())
    assert open_proposals(record, asked.at)
    assert open_proposals(record, asked.at + GOOD_FOR - timedelta(microseconds=1))
    assert open_proposals(record, asked.at + GOOD_FOR) == ()
    assert open_proposals(record, asked.at - timedelta(microseconds=1)) == ()
    assert len(waiting(record, GOOD_FOR - timedelta(minutes=1))) == 1
    assert waiting(record, GOOD_FOR) == ()


@pytest.mark.parametrize("parked", [(), (replace(PARKED, position=9),)])
def test_an_inbox_that_stands_elsewhere_by_now_is_not_skipped(
    record: list[Intervention], wish: WantedSkip, parked: tuple[ParkedInbox, ...]
) -> None:
    skip_or_propose(WANG, wish, MANY, "why", ())
    (proposal,) = waiting(record)
    with pytest.raises(NotDone, match="does not stand at 7 any more: reject this"):
        approve(LI, lambda _: wish, proposal, parked, "why")
    assert (len(record), wish.read()) == (1, None)


def test_what_waits_already_is_not_proposed_twice(
    record: list[Intervention], wish: WantedSkip
) -> None:
    skip_or_propose(WANG, wish, MANY, "why", ())
    with pytest.raises(NotDone, match="wang has proposed this"):
        skip_or_propose(LI, wish, MANY, "why", waiting(record))
    assert len(record) == 1


def test_what_waits_of_another_inbox_holds_nothing_up(
    record: list[Intervention], wish: WantedSkip
) -> None:
    first = skip_or_propose(WANG, wish, MANY, "why", ())
    elsewhere = replace(MANY, partition=3)
    second = skip_or_propose(WANG, wish, elsewhere, "why", waiting(record))
    assert record == [first, second]
    proposal = named(waiting(record), second.intervention_id)
    assert (proposal.proposal_id, proposal.place) == (second.intervention_id, f"{TOPIC}/3/7")
    with pytest.raises(NotDone, match="does not stand at 7"):
        approve(LI, lambda _: wish, proposal, (PARKED,), "why")
    approve(LI, lambda _: wish, proposal, (PARKED, replace(PARKED, partition=3)), "why")
    assert wish.read() == elsewhere, "where it was proposed, and nowhere else"
    assert [each.proposal_id for each in waiting(record)] == [first.intervention_id]


def test_a_second_skip_is_not_approved_while_one_is_under_way(
    record: list[Intervention], wish: WantedSkip
) -> None:
    skip_or_propose(WANG, wish, MANY, "why", ())
    (proposal,) = waiting(record)
    wish.write(FEW)
    with pytest.raises(NotDone, match="another skip is under way"):
        approve(LI, lambda _: wish, proposal, (PARKED,), "why")
    assert (waiting(record), wish.read()) == ((proposal,), FEW)


def test_nothing_is_wished_for_that_is_not_on_record(
    monkeypatch: pytest.MonkeyPatch, record: list[Intervention], wish: WantedSkip
) -> None:
    skip_or_propose(WANG, wish, MANY, "why", ())
    (proposal,) = waiting(record)

    def away(_writer: InterventionWriter, _done: Intervention) -> None:
        raise ConnectionError

    monkeypatch.setattr(InterventionWriter, "write", away)
    with pytest.raises(ConnectionError):
        approve(LI, lambda _: wish, proposal, (PARKED,), "why")
    with pytest.raises(ConnectionError):
        skip_or_propose(LI, wish, FEW, "why", ())
    assert wish.read() is None


def test_neither_is_done_without_a_reason(record: list[Intervention], wish: WantedSkip) -> None:
    with pytest.raises(NoReason):
        skip_or_propose(WANG, wish, MANY, " ", ())
    skip_or_propose(WANG, wish, MANY, "why", ())
    (proposal,) = waiting(record)
    with pytest.raises(NoReason):
        approve(LI, lambda _: wish, proposal, (PARKED,), "")
    with pytest.raises(NoReason):
        reject(LI, proposal, "")
    assert (len(record), wish.read()) == (1, None)


def test_the_oldest_waits_first(record: list[Intervention], wish: WantedSkip) -> None:
    skip_or_propose(WANG, wish, MANY, "why", ())
    older = msgspec.structs.replace(
        record[0], intervention_id="x", at=record[0].at - timedelta(hours=1)
    )
    assert next(each.proposal_id for each in waiting([*record, older])) == "x"
