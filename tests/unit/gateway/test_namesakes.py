"""Namesakes: an id that has named another subject is turned away; nothing else ever is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
import structlog

from creditbus.demo.city import organisation
from creditbus.domain.acts.events import Act
from creditbus.domain.acts.refusals import Reason
from creditbus.domain.aliases.namesakes import NOTHING_KNOWN, NamedBefore, RecordName
from creditbus.domain.ids import SubjectId
from creditbus.gateway.namesakes import Namesakes
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.redis.recall import ANSWER_BOUND_S, Recall, Respite
from tests.acts import a_penalty
from tests.examples import a_listing, a_removal

BEFORE, NOW = organisation(1), organisation(2)
Answer = Callable[[Sequence[RecordName]], Awaitable[Sequence[NamedBefore]]]


def asked(answer: Answer, *acts: Act) -> list[Reason | None]:
    """Return what is told of acts that come in at one moment."""

    async def whole() -> list[Reason | None]:
        namesakes = Namesakes(Recall(answer, Respite(structlog.stdlib.get_logger())))
        try:
            faults = await asyncio.gather(*map(namesakes.fault_in, acts))
        finally:
            await namesakes.close()
        return [fault.reason if fault is not None else None for fault in faults]

    return asyncio.run(whole())


def known(*subjects: SubjectId) -> Answer:
    async def answer(records: Sequence[RecordName]) -> list[NamedBefore]:
        return [NamedBefore(frozenset(subjects))] * len(records)

    return answer


@pytest.mark.parametrize(
    ("act", "named", "told"),
    [
        (a_listing(subject_id=NOW), (BEFORE,), Reason.CONTENT_CONFLICT),
        (a_penalty(subject_id=NOW), (BEFORE,), Reason.CONTENT_CONFLICT),
        (a_listing(subject_id=NOW), (), None),
        (a_listing(subject_id=NOW), (NOW,), None),
        (a_listing(subject_id=NOW), (BEFORE, NOW), None),
        (a_listing(subject_id=SubjectId("org9:0000000A2")), (BEFORE,), None),
        (a_removal(subject_id=NOW), (BEFORE,), None),
    ],
    ids=["listing", "fact", "first", "same", "both", "old-code", "removal"],
)
def test_a_record_is_about_one_subject(
    act: Act, named: tuple[SubjectId, ...], told: Reason | None
) -> None:
    assert asked(known(*named), act) == [told]


def test_all_that_come_at_one_moment_are_asked_about_at_once() -> None:
    rounds: list[int] = []

    async def answer(records: Sequence[RecordName]) -> list[NamedBefore]:
        rounds.append(len(records))
        before = NamedBefore(frozenset({BEFORE}))
        return [before if record == "b" else NOTHING_KNOWN for _, record in records]

    acts = [a_listing(subject_id=NOW, record_id=record) for record in "abcb"]
    assert asked(answer, *acts) == [None, Reason.CONTENT_CONFLICT, None, Reason.CONTENT_CONFLICT]
    assert rounds == [3]


def test_a_redis_that_is_away_or_slow_stops_nobody_and_is_left_in_peace() -> None:
    rounds = 0

    async def away(_: Sequence[RecordName]) -> list[NamedBefore]:
        nonlocal rounds
        rounds += 1
        raise Unavailable("redis", "no answer")

    async def slow(_: Sequence[RecordName]) -> list[NamedBefore]:
        nonlocal rounds
        rounds += 1
        await asyncio.sleep(20 * ANSWER_BOUND_S)
        return []

    for answer in (away, slow):
        rounds = 0

        async def twice(answer: Answer = answer) -> None:
            namesakes = Namesakes(Recall(answer, Respite(structlog.stdlib.get_logger())))
            for number in range(3):
                act = a_listing(subject_id=NOW, record_id=f"record {number}")
                assert await namesakes.fault_in(act) is None
            await namesakes.close()

        asyncio.run(twice())
        assert rounds == 1


def test_a_mistake_of_ours_leaves_nobody_waiting() -> None:
    async def broken(_: Sequence[RecordName]) -> list[NamedBefore]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asked(broken, a_listing(subject_id=NOW))
