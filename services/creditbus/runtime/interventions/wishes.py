"""Wishes: what a person wants of a worker, on record and then in the worker's folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from creditbus.domain.acts.interventions import Intervention, OperatorStep
from creditbus.domain.effects.obligations import Obligation
from creditbus.engine.failures import Hindrance
from creditbus.engine.health import Parked
from creditbus.engine.worker import Skip
from creditbus.runtime.interventions.writer import InterventionWriter, NotDone
from creditbus.runtime.kafka.batches import offsets_behind
from creditbus.runtime.kafka.clients import bounds_of
from creditbus.runtime.process import Process
from creditbus.runtime.workers.modes import Mode, WantedMode
from creditbus.runtime.workers.skips import WantedSkip
from creditbus.wire.topics import party_of_inbox

AT_MOST: Final = 10_000
"""How many records are skipped at once: each becomes a dead letter."""

STEPS: Final = {
    Mode.PAUSED: OperatorStep.PAUSE,
    Mode.RUNNING: OperatorStep.RESUME,
    Mode.DRAINED: OperatorStep.DRAIN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedInbox(Parked):
    """An inbox that cannot be read, and the number of the worker of intake that says so."""

    worker: int = 0

    @property
    def source(self) -> str:
        """Whose inbox it is."""
        return party_of_inbox(self.topic)

    @property
    def stands(self) -> str:
        """Where it stands, in a word."""
        return "-" if self.position is None else str(self.position)


def skip_of(process: Process, parked: ParkedInbox, offset: int) -> Skip:
    """Return what is skipped when an inbox goes on behind an offset; raises ``NotDone``."""
    if parked.position is None or parked.partition is None:
        raise NotDone(
            f"nothing of {parked.source} can be skipped, and it goes on by itself: {parked.why}",
            f"{parked.source} 无可略过的记录，原因消除后自动继续：{parked.why}",
        )
    place, stands, through = (parked.topic, parked.partition), parked.position, offset
    begins, ends = bounds_of(process, place)
    if not begins <= offset + 1 <= ends:
        raise NotDone(
            f"{parked.source} has the offsets {begins} to {ends - 1}",
            f"{parked.source} 的偏移量为 {begins} 至 {ends - 1}",
        )
    if parked.reason == Hindrance.BATCH_UNREADABLE:
        if offset < stands:
            raise NotDone(
                f"{parked.source} stands at {stands}, and what is before it is decided",
                f"{parked.source} 停在 {stands}，此前的记录均已处理",
            )
        # What cannot be unpacked holds all of its records back, so all of them are skipped.
        through = max(offset, offsets_behind(process, place, stands).stop - 1)
    if through + 1 - stands > AT_MOST:
        raise NotDone(
            f"that is {through + 1 - stands} records; skip {AT_MOST} at once",
            f"共 {through + 1 - stands} 条记录；一次最多略过 {AT_MOST} 条",
        )
    return Skip(topic=parked.topic, partition=place[1], start=stands, through=through)


def records_in(skip: Skip) -> int:
    """Return how many records a skip passes over."""
    return max(0, skip.through + 1 - skip.start)


def place_of(skip: Skip) -> str:
    """Return where a skip begins: topic/partition/offset."""
    return f"{skip.topic}/{skip.partition}/{skip.start}"


def ask_skip(writer: InterventionWriter, wish: WantedSkip, skip: Skip, reason: str) -> Intervention:
    """Ask a worker to skip, once that is on record; raises ``NotDone`` and ``NoReason``."""
    done = skip_entry(writer, OperatorStep.SKIP, skip, reason)
    wish_for(writer, wish, skip, done)
    return done


def skip_entry(
    writer: InterventionWriter, step: OperatorStep, skip: Skip, reason: str
) -> Intervention:
    """Return what is on record of a skip, done or proposed; raises ``NoReason``."""
    said = f"through {skip.through}, {records_in(skip)} records"
    party = party_of_inbox(skip.topic)
    asked = writer.entry(step, party, place_of(skip), reason, detail=said)
    return msgspec.structs.replace(asked, through=skip.through)


def wish_for(writer: InterventionWriter, wish: WantedSkip, skip: Skip, done: Intervention) -> None:
    """Write down who lets a worker skip, and then tell the worker; raises ``NotDone``."""
    if wish.read() is not None:
        raise NotDone(
            "another skip is under way: wait until the inbox stands elsewhere",
            "另一次略过正在进行，请待其完成",
        )
    writer.write(done)
    wish.write(skip)


def ask_mode(
    writer: InterventionWriter, state: Path, worker: str, mode: Mode, reason: str
) -> Intervention:
    """Ask a worker for a mode, once that is on record; raises ``NoReason``."""
    done = writer.entry(STEPS[mode], worker, worker, reason)
    writer.write(done)
    WantedMode(state, worker).write(mode)
    return done


def ask_delivery(writer: InterventionWriter, owed: Obligation, reason: str) -> Intervention:
    """Ask delivery to send an owed directive now; raises ``NoReason``."""
    done = writer.entry(
        OperatorStep.REDELIVER,
        owed.body,
        owed.obligation_id,
        reason,
        subject_id=owed.subject_id,
        detail=f"{owed.action}, after {owed.tries} tries",
    )
    writer.write(done)
    return done
