"""What the console reads a page at a time, held against a real server of the Redis protocol."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from creditbus.console.interventions import ConsoleInterventions
from creditbus.console.staff import StaffRole, Visitor
from creditbus.domain.acts.interventions import Intervention, OperatorStep, Way
from creditbus.domain.acts.refusals import DeadLetter
from creditbus.domain.effects.directives import Action
from creditbus.domain.ids import BodyId, SourceId
from creditbus.engine.values import Position
from creditbus.runtime.interventions.writer import NotDone
from creditbus.runtime.process import Process
from creditbus.runtime.redis.pages import Pages
from creditbus.runtime.redis.reads import Serving
from creditbus.runtime.redis.writes import Writes
from creditbus.runtime.settings import Settings
from creditbus.wire.topics import DEAD_LETTERS, inbox
from tests.contract.test_serving import (
    AT,
    Served,
    directive,
    exposure,
    obligation,
    served,
    url,
)

__all__ = ["served", "url"]


def an_intervention(number: int) -> Intervention:
    return Intervention(
        intervention_id=f"i{number}",
        at=AT + timedelta(seconds=number),
        author="wang",
        way=Way.CONSOLE,
        step=OperatorStep.REDRIVE,
        about="tender",
        place=f"credit.inbox.tender.v1/0/{number}",
        reason="为何",
    )


def test_what_is_owed_is_named_in_its_order_as_far_as_it_is_wanted(served: Served[None]) -> None:
    async def steps(serving: Serving) -> None:
        writes = Writes("obligations", 0, 0)
        for number in range(6):
            way = Action.LIFT if number == 5 else Action.APPLY
            of = msgspec.structs.replace(directive(1, way, number=number), body=BodyId("b"))
            writes.put_obligation(number, obligation(of, at=AT - timedelta(minutes=number)))
        await serving.storing.write(writes)
        pages = Pages(serving)
        names, total = await pages.owed()
        assert total == 6
        found = await pages.obligations(names)
        assert [each.stated_at for each in found[1:]] == sorted(
            each.stated_at for each in found[1:]
        )
        assert found[0].action is Action.LIFT
        some, total = await pages.owed(least=2)
        assert (list(some[:2]), total) == (list(names[:2]), 6)
        assert await pages.owed(BodyId("nobody")) == ([], 0)

    served(steps)


@pytest.mark.parametrize(("text", "count"), [("directive-3-1", 1), ("DIRECTIVE-", 3), ("none", 0)])
def test_a_search_finds_what_holds_a_text(served: Served[None], text: str, count: int) -> None:
    async def steps(serving: Serving) -> None:
        writes = Writes("obligations", 0, 0)
        for number in range(1, 4):
            writes.put_obligation(number - 1, obligation(directive(1, number=number)))
        await serving.storing.write(writes)
        pages = Pages(serving)
        names, _ = await pages.owed()
        assert len(await pages.obligations(names, [text])) == count

    served(steps)


def test_what_the_public_sees_is_named_and_found(served: Served[None]) -> None:
    async def steps(serving: Serving) -> None:
        writes = Writes("exposures", 0, 0)
        for number in (1, 2):
            writes.put_exposure(number - 1, exposure(1, number=number))
        await serving.storing.write(writes)
        pages = Pages(serving)
        names, total = await pages.exposed()
        assert total == 2
        assert len(await pages.exposures(names)) == 2
        assert await pages.exposures(names, ["nobody is called so"]) == []

    served(steps)


def test_acts_are_told_the_newest_first_and_once_however_often_they_are_read(
    served: Served[None],
) -> None:
    async def steps(serving: Serving) -> None:
        for known in (0, 3):
            writes = Writes("interventions", 0, known)
            for number in range(3):
                writes.put_intervention(number, an_intervention(number))
            await serving.storing.write(writes)
        other = Writes("interventions", 1, 0)
        other.put_intervention(0, an_intervention(9))
        await serving.storing.write(other)
        pages = Pages(serving)
        found = await pages.interventions(0, 3)
        assert found == ([an_intervention(number) for number in (9, 2, 1)], 4)
        assert await pages.interventions(2, 1) == ([an_intervention(1)], 4)
        assert await pages.interventions(0, None) == (
            [an_intervention(number) for number in (9, 2, 1, 0)],
            4,
        )
        assert await pages.interventions(4, 3) == ([], 4)

    served(steps)


def test_only_a_dead_letter_is_looked_at_or_redriven(served: Served[None]) -> None:
    letter = DeadLetter(
        source=SourceId("court"),
        topic=inbox("court"),
        partition=0,
        offset=7,
        reason="UNFRAMED",
        detail="d",
        key=b"k",
        value=b"v",
        size=1,
    )

    async def steps(serving: Serving) -> None:
        writes = Writes(DEAD_LETTERS, 2, 0)
        writes.put_dead_letter(41, letter)
        await serving.storing.write(writes)
        asked: list[tuple[str, int]] = []

        class Looked(ConsoleInterventions):
            """Notes which dead letter is read; there is no broker here."""

            def _letter(self, offset: int, position: Position) -> DeadLetter | None:
                asked.append((str(position), offset))
                return None

            async def _schemas(self) -> None: ...

        interventions = Looked(Process("console", 0, Settings()), serving)
        auditor = Visitor("li", StaffRole.AUDITOR)
        for place in (f"{inbox('court')}/0/6", f"{inbox('court')}/1/7", f"{inbox('tax')}/0/7"):
            with pytest.raises(NotDone, match="no dead letter is about"):
                await interventions.bytes_of(auditor, place)
            with pytest.raises(NotDone, match="no dead letter is about"):
                await interventions.redrive(Visitor("wang", StaffRole.OPERATOR), place, "why")
        assert asked == []
        with pytest.raises(NotDone):
            await interventions.bytes_of(auditor, letter.place)
        assert asked == [(letter.place, 41)]

    served(steps)
