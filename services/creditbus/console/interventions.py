"""Interventions from the console: one act of a person at a time, each with author and reason."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from creditbus.console.rounds import READER
from creditbus.console.staff import SEES_BYTES, Visitor
from creditbus.domain.acts.interventions import Intervention, OperatorStep, Way, checked_reason
from creditbus.domain.acts.proposals import Proposal
from creditbus.domain.acts.refusals import DeadLetter
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.ids import SourceId
from creditbus.engine.values import Position
from creditbus.runtime.interventions.redrives import (
    FindLetter,
    Original,
    original,
    position_at,
    redrive,
)
from creditbus.runtime.interventions.second_persons import (
    approve,
    named,
    reject,
    skip_or_propose,
)
from creditbus.runtime.interventions.wishes import (
    STEPS,
    ParkedInbox,
    ask_delivery,
    ask_mode,
    records_in,
    skip_of,
)
from creditbus.runtime.interventions.writer import InterventionWriter, NotDone
from creditbus.runtime.kafka.clients import record_at
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.runtime.redis.pages import Pages
from creditbus.runtime.redis.reads import Serving
from creditbus.runtime.workers.modes import Mode
from creditbus.runtime.workers.skips import WantedSkip
from creditbus.stack.services import SLICED, worker_name
from creditbus.wire.topics import DEAD_LETTER_PARTITIONS, DEAD_LETTERS, party_of_inbox

T = TypeVar("T")

SCHEMAS_BOUND_S: Final = 5.0
UNREAD_MOST: Final = 20_000
"""How many notices of a source are looked through: more than views keeps of it."""


class SessionOver(Exception):
    """Whoever acts is logged in no more."""


class NotAllowed(Exception):
    """This person's role may not do that."""

    def __init__(self, visitor: Visitor) -> None:
        super().__init__(f"the role {visitor.role} may not do that")
        self.visitor = visitor


class ConsoleInterventions:
    """Acts upon the bus in the name of whoever is logged in."""

    def __init__(self, process: Process, serving: Serving) -> None:
        self._process, self._serving = process, serving
        self._pages = Pages(serving)
        # The console has one transactional producer: a second one would fence the first.
        self._one_at_a_time = asyncio.Lock()
        self._reading: asyncio.Task[object] | None = None

    async def skip(
        self, visitor: Visitor | None, parked: ParkedInbox, offset: int, reason: str
    ) -> Intervention:
        """Let a parked inbox go on behind an offset, or propose it where that is a batch."""
        who = _allowed(visitor, OperatorStep.SKIP, reason)
        wish, waiting = self._wish_of(parked), tuple[Proposal, ...]()
        skip = await self._done(lambda: skip_of(self._process, parked, offset))
        if records_in(skip) > self._process.settings.alone_records:
            _refuse_token(who)
            waiting = await self.proposals()
        return await self._done(
            lambda: skip_or_propose(self._writer(who), wish, skip, reason, waiting)
        )

    async def proposals(self) -> tuple[Proposal, ...]:
        """Return what waits for a second person, the oldest first."""
        return await self._pages.proposals(self._process.clock.now())

    async def approve(
        self, visitor: Visitor | None, proposal_id: str, parked: Iterable[ParkedInbox], reason: str
    ) -> Intervention:
        """Carry out what somebody else has proposed; ``parked`` are the inboxes that wait now."""
        who = _allowed(visitor, OperatorStep.APPROVE, reason)
        _refuse_token(who)
        asked = await self._waiting(proposal_id)
        return await self._done(
            lambda: approve(self._writer(who), self._wish_of, asked, parked, reason)
        )

    async def reject(self, visitor: Visitor | None, proposal_id: str, reason: str) -> Intervention:
        """End what somebody has proposed."""
        who = _allowed(visitor, OperatorStep.REJECT, reason)
        asked = await self._waiting(proposal_id)
        return await self._done(lambda: reject(self._writer(who), asked, reason))

    async def _waiting(self, proposal_id: str) -> Proposal:
        """Return an open proposal; raises ``NotDone`` for one that is none any more."""
        found = await self.proposals()
        return named(found, proposal_id)

    def _wish_of(self, parked: ParkedInbox) -> WantedSkip:
        worker = worker_name(READER, parked.worker)
        return WantedSkip(self._folder_of(worker), worker)

    async def redeliver(
        self, visitor: Visitor | None, owed: Obligation, reason: str
    ) -> Intervention:
        """Have an owed directive sent now."""
        who = _allowed(visitor, OperatorStep.REDELIVER, reason)
        if not owed.is_owed:
            raise NotDone("nothing is owed any more: its body has settled it", "已办结，不再待执行")
        return await self._done(lambda: ask_delivery(self._writer(who), owed, reason))

    async def still(
        self, visitor: Visitor | None, worker: str, mode: Mode, reason: str
    ) -> Intervention:
        """Pause or drain a slice worker, or let it go on."""
        who = _allowed(visitor, STEPS[mode], reason)
        if worker.rpartition("-")[0] not in SLICED:
            names = ", ".join(SLICED)
            raise NotDone(
                f"{worker} is no slice worker; only {names} can be stilled",
                f"{worker} 不能暂停；可暂停的只有 {names}",
            )
        state = self._folder_of(worker)
        return await self._done(lambda: ask_mode(self._writer(who), state, worker, mode, reason))

    async def redrive(self, visitor: Visitor | None, place: str, reason: str) -> Intervention:
        """Put a dead letter into its inbox once more."""
        who = _allowed(visitor, OperatorStep.REDRIVE, reason)
        position = position_at(place)
        find = await self._finder(position)

        def work() -> Intervention:
            return redrive(self._writer(who), original(self._process, position, find), reason)

        return await self._done(work)

    async def bytes_of(self, visitor: Visitor | None, place: str) -> Original:
        """Return what nobody could read, for those who may see it.

        Raises ``NotDone`` for any record that is no dead letter.
        """
        if visitor is None:
            raise SessionOver
        if visitor.role not in SEES_BYTES:
            raise NotAllowed(visitor)
        position = position_at(place)
        find = await self._finder(position)
        await self._schemas()
        return await asyncio.to_thread(original, self._process, position, find)

    async def _schemas(self) -> None:
        """Wait a moment for the schemas, so that no act is carried out long after it was asked.

        Raises ``Unavailable`` while the registry does not answer.
        """
        if self._reading is None:
            self._reading = asyncio.create_task(asyncio.to_thread(lambda: self._process.codec))
        done, _ = await asyncio.wait({self._reading}, timeout=SCHEMAS_BOUND_S)
        if not done:
            raise Unavailable("registry", "nothing is written before it answers; try again then")

    def _folder_of(self, worker: str) -> Path:
        """Return the folder of the workers' wishes; raises ``NotDone`` where it is out of reach."""
        state = self._process.settings.state
        if not (state / worker).is_dir():
            raise NotDone(
                f"the console does not share the folder of {worker} (CREDITBUS_STATE), where its"
                " wishes lie: press it by the command line on the machine that runs the worker",
                f"控制台与 {worker} 不共享状态目录（CREDITBUS_STATE），"
                "请在该进程所在机器上用命令行操作",
            )
        return state

    async def _done(self, work: Callable[[], T]) -> T:
        await self._schemas()
        async with self._one_at_a_time:
            return await asyncio.to_thread(work)

    def _writer(self, visitor: Visitor) -> InterventionWriter:
        return InterventionWriter(self._process, visitor.name, Way.CONSOLE)

    async def _finder(self, position: Position) -> FindLetter:
        """Return what finds the dead letter about a place: views knows where it lies, if anywhere.

        The topic holds a year of them, which nobody reads at a click.
        """
        source = SourceId(party_of_inbox(position.topic))
        told = await self._serving.unread_after(source, "", UNREAD_MOST)
        for cursor, notice in reversed(told):
            if notice.origin == str(position):
                return partial(self._letter, int(cursor) - 1)
        return lambda _: None

    def _letter(self, offset: int, position: Position) -> DeadLetter | None:
        """Return the dead letter at an offset of whichever partition has the one about a place."""
        for partition in range(DEAD_LETTER_PARTITIONS):
            record = record_at(self._process, (DEAD_LETTERS, partition), offset)
            letter = self._process.codec.decode(record.value) if record is not None else None
            if isinstance(letter, DeadLetter) and letter.place == str(position):
                return letter
        return None


def _allowed(visitor: Visitor | None, step: OperatorStep, reason: str) -> Visitor:
    """Return who acts, if this person may and says why."""
    if visitor is None:
        raise SessionOver
    if not visitor.may(step):
        raise NotAllowed(visitor)
    checked_reason(reason)
    return visitor


def _refuse_token(visitor: Visitor) -> None:
    """Raise ``NotDone`` for who came by the operator's token: two persons may share it."""
    if visitor.by_token:
        raise NotDone(
            "this takes two persons, and the operator's token names nobody: log in with an account"
            " of your own (`creditbus accounts add`)",
            "该操作须由两人完成，而运维令牌不指明姓名：请用本人账户登录",
        )
