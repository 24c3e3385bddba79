"""What an act of the console comes to: registry, broker and views are on paper, the folder is real.

tests/contract/test_redrives.py has a real broker and a real Redis carry one out.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import msgspec
import pytest

from creditbus.console import interventions
from creditbus.console.interventions import ConsoleInterventions, NotAllowed, SessionOver
from creditbus.console.staff import StaffRole, Visitor
from creditbus.domain.acts.interventions import Intervention, OperatorStep, Way
from creditbus.domain.acts.letters import UnreadNotice, notice_of
from creditbus.domain.acts.refusals import DeadLetter
from creditbus.domain.ids import SourceId
from creditbus.engine.failures import Hindrance
from creditbus.engine.wayside import Skip
from creditbus.runtime.interventions import redrives, wishes
from creditbus.runtime.interventions.wishes import ParkedInbox
from creditbus.runtime.interventions.writer import InterventionWriter, NotDone
from creditbus.runtime.kafka.clients import Place, Record
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.runtime.redis.reads import Serving
from creditbus.runtime.settings import Settings
from creditbus.runtime.workers.modes import Mode, WantedMode
from creditbus.runtime.workers.skips import WantedSkip
from creditbus.wire.records import Codec
from creditbus.wire.topics import DEAD_LETTER_PARTITIONS, DEAD_LETTERS, inbox
from tests.examples import a_codec

AT = datetime(2026, 11, 23, 4, tzinfo=UTC)
OPERATOR = Visitor("wang", StaffRole.OPERATOR)
PARKED = ParkedInbox(
    topic=inbox("court"),
    partition=0,
    position=7,
    reason=Hindrance.RECORDS_REMOVED,
    why="records were removed",
    since=AT,
    worker=1,
)


class Paper:
    """A bus on paper: what is on record, and the dead letters by their places."""

    def __init__(self) -> None:
        self.registry = threading.Event()
        self.registry.set()
        self.asked = 0
        self.written: list[Intervention] = []
        self.letters: dict[tuple[int, int], DeadLetter] = {}

    def codec(self, _: Process) -> Codec:
        self.asked += 1
        assert self.registry.wait(60)
        return a_codec()

    async def unread_after(self, *_: object) -> list[tuple[str, UnreadNotice]]:
        found = sorted(self.letters.items(), key=lambda each: each[0][1])
        return [(f"{offset + 1}", notice_of(letter)) for (_, offset), letter in found]

    def record_at(self, _: Process, place: Place, offset: int) -> Record | None:
        topic, partition = place
        letter = self.letters.get((partition, offset)) if topic == DEAD_LETTERS else None
        if letter is None:
            return None
        return Record(
            topic=topic,
            partition=partition,
            offset=offset,
            written_at=AT,
            key=b"",
            value=a_codec().encode(letter),
        )


@pytest.fixture
def paper(monkeypatch: pytest.MonkeyPatch) -> Paper:
    made = Paper()
    monkeypatch.setattr(Process, "codec", property(made.codec))
    monkeypatch.setattr(InterventionWriter, "write", lambda _, done: made.written.append(done))
    monkeypatch.setattr(interventions, "record_at", made.record_at)
    monkeypatch.setattr(redrives, "record_at", made.record_at)
    monkeypatch.setattr(wishes, "bounds_of", lambda *_: (9, 20))
    return made


@pytest.fixture
def console(paper: Paper, tmp_path: Path) -> ConsoleInterventions:
    for worker in ("intake-0", "intake-1", "dispatch-0", "dispatch-1"):
        (tmp_path / worker).mkdir()
    process = Process("console", 0, Settings(state=tmp_path))
    return ConsoleInterventions(process, cast(Serving, paper))


def test_a_skip_is_on_record_and_wished_of_the_worker_that_stands_there(
    console: ConsoleInterventions, paper: Paper, tmp_path: Path
) -> None:
    done = asyncio.run(console.skip(OPERATOR, PARKED, 8, "why"))
    assert paper.written == [done]
    assert (done.author, done.way, done.step) == ("wang", Way.CONSOLE, OperatorStep.SKIP)
    wished = Skip(topic=inbox("court"), partition=0, start=7, through=8)
    assert WantedSkip(tmp_path, "intake-1").read() == wished
    assert WantedSkip(tmp_path, "intake-0").read() is None


def test_a_worker_whose_folder_is_elsewhere_is_not_wished_anything(
    console: ConsoleInterventions, paper: Paper, tmp_path: Path
) -> None:
    with pytest.raises(NotDone, match="does not share the folder of dispatch-2"):
        asyncio.run(console.still(OPERATOR, "dispatch-2", Mode.PAUSED, "why"))
    (tmp_path / "intake-1").rmdir()
    with pytest.raises(NotDone, match="does not share the folder of intake-1"):
        asyncio.run(console.skip(OPERATOR, PARKED, 8, "why"))
    assert paper.written == []


@pytest.mark.parametrize(
    "act",
    [
        lambda console, who: console.skip(who, PARKED, 8, "why"),
        lambda console, who: console.still(who, "dispatch-0", Mode.PAUSED, "why"),
    ],
)
def test_a_reviewer_lets_nothing_be_skipped_or_stilled(
    console: ConsoleInterventions,
    paper: Paper,
    act: Callable[[ConsoleInterventions, Visitor], Awaitable[Intervention]],
) -> None:
    with pytest.raises(NotAllowed):
        asyncio.run(act(console, Visitor("zhao", StaffRole.REVIEWER)))  # type: ignore[arg-type]
    assert paper.written == []


def test_nothing_is_done_long_after_it_was_asked_because_a_registry_was_away(
    console: ConsoleInterventions, paper: Paper, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(interventions, "SCHEMAS_BOUND_S", 0.05)
    paper.registry.clear()

    async def ask() -> None:
        for worker in ("dispatch-0", "dispatch-1"):
            with pytest.raises(Unavailable, match="registry"):
                await console.still(OPERATOR, worker, Mode.PAUSED, "why")
        # One question is enough, however many act.
        assert paper.asked == 1
        paper.registry.set()
        monkeypatch.setattr(interventions, "SCHEMAS_BOUND_S", 60.0)
        await console.still(OPERATOR, "dispatch-0", Mode.DRAINED, "why")

    try:
        asyncio.run(ask())
    finally:
        paper.registry.set()
    assert [done.step for done in paper.written] == [OperatorStep.DRAIN]
    assert WantedMode(tmp_path, "dispatch-1").read() is Mode.RUNNING


def test_two_who_act_at_once_act_one_after_the_other(
    console: ConsoleInterventions, paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_way, most = 0, 0

    def slowly(_: InterventionWriter, done: Intervention) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        time.sleep(0.05)
        under_way -= 1
        paper.written.append(done)

    monkeypatch.setattr(InterventionWriter, "write", slowly)

    async def act() -> None:
        workers = ("dispatch-0", "dispatch-1", "intake-0")
        await asyncio.gather(
            *(console.still(OPERATOR, each, Mode.PAUSED, "why") for each in workers)
        )

    asyncio.run(act())
    # A second producer of the console's name would fence the first one out of its transaction.
    assert (len(paper.written), most) == (3, 1)


def test_a_letter_is_found_beside_those_of_others_at_its_offset(
    console: ConsoleInterventions, paper: Paper
) -> None:
    auditor = Visitor("li", StaffRole.AUDITOR)
    for partition in range(DEAD_LETTER_PARTITIONS):
        for offset in (4, 5):
            at = 10 * partition + offset
            paper.letters[partition, offset] = a_letter(at)
    # Of two about one place, as after the loss of an inbox, the newer one is meant.
    newer = msgspec.structs.replace(a_letter(5), value=b"newer")
    paper.letters[0, 9] = newer

    async def look() -> None:
        for letter in paper.letters.values():
            wanted = newer if letter.place == newer.place else letter
            assert (await console.bytes_of(auditor, letter.place)).value == wanted.value
        with pytest.raises(NotDone, match="no dead letter"):
            await console.bytes_of(auditor, a_letter(3).place)
        with pytest.raises(SessionOver):
            await console.bytes_of(None, a_letter(4).place)

    asyncio.run(look())


def a_letter(offset: int) -> DeadLetter:
    return DeadLetter(
        source=SourceId("court"),
        topic=inbox("court"),
        partition=0,
        offset=offset,
        reason="UNFRAMED",
        detail="d",
        key=b"k",
        value=b"%d" % offset,
        size=len(b"%d" % offset),
    )
