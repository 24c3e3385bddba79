"""Namesakes: records under an id that has named another subject, turned away before the receipt.

A record is about one subject. Who means to correct the subject and sends the same id with another
one has then listed two, and the wrong one stands. The log cannot tell, for it is parted by subject;
what views has heard in 30 days can, and the gateway asks there. It stops nothing when Redis is away
or slow, and nothing that eases (law 7).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog

from creditbus.domain.acts.events import Act
from creditbus.domain.acts.kinds import is_way_out
from creditbus.domain.acts.refusals import Fault, Reason
from creditbus.domain.aliases.claims import alias_of
from creditbus.domain.ids import SourceId, SubjectId
from creditbus.runtime import tasks
from creditbus.runtime.outages import Unavailable

ANSWER_BOUND_S: Final = 0.25
"""How long a submission waits to hear whom its record has named before."""

REST_S: Final = 5.0
"""For how long nobody is asked after an answer that did not come."""

RECORD_REUSED: Final = Fault(
    Reason.CONTENT_CONFLICT,
    "record_id",
    "",
    "the record has named another subject, and a record is about one: take it back under that "
    "subject if it was wrong, and give this one a record id of its own",
    "该记录编号此前已用于其他主体：原主体有误的，请先以原主体撤回；本次请以新的记录编号报送",
)

Record = tuple[SourceId, str]
Named = frozenset[SubjectId]
_NOBODY: Final[Named] = frozenset()


class Namesakes:
    """Asks whom records have named: for all that come at one moment at once, in their order."""

    def __init__(
        self,
        named: Callable[[Sequence[Record]], Awaitable[Sequence[Named]]],
        logger: structlog.stdlib.BoundLogger,
    ) -> None:
        self._named = named
        self._logger = logger
        self._wanted: dict[Record, asyncio.Future[Named]] = {}
        self._asking: asyncio.Task[None] | None = None
        self._rests_until = 0.0

    async def fault_in(self, act: Act) -> Fault | None:
        """Return why an act may not come in under its record id, None if it may."""
        envelope = act.envelope
        # Whom an old code stands for is found by intake.
        if is_way_out(act) or alias_of(envelope.subject_id) is not None:
            return None
        named = await self._of((envelope.source, envelope.record_id))
        return RECORD_REUSED if named and envelope.subject_id not in named else None

    async def close(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            await tasks.end(self._asking)

    async def _of(self, record: Record) -> Named:
        loop = asyncio.get_running_loop()
        if loop.time() < self._rests_until:
            return _NOBODY
        if record not in self._wanted:
            self._wanted[record] = loop.create_future()
        if self._asking is None or self._asking.done():
            self._asking = loop.create_task(self._ask())
        # Another one may wait for the same answer.
        return await asyncio.shield(self._wanted[record])

    async def _ask(self) -> None:
        while self._wanted:
            await asyncio.sleep(0)
            wanted, self._wanted = self._wanted, {}
            found: Sequence[Named] = [_NOBODY] * len(wanted)
            try:
                async with asyncio.timeout(ANSWER_BOUND_S):
                    found = await self._named([*wanted])
            except (Unavailable, TimeoutError) as away:
                self._logger.debug("nobody knows whom records have named", why=str(away))
                self._rests_until = asyncio.get_running_loop().time() + REST_S
            finally:
                for waiting, named in zip(wanted.values(), found, strict=True):
                    if not waiting.done():
                        waiting.set_result(named)
