"""Law 5: whatever is lost, repeated or turned round, the bodies end where the last standing says.

Standings travel on a compacted topic and directives by webhook: either may skip, repeat and
overtake, and only the newest of each is certain to arrive. The bodies are modelled with the fence
that subscribers use.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeVar

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from creditbus.dispatch.decide import LEDGER, TABLES, Ledger, build, instruct
from creditbus.domain.effects.directives import Action, Directive, Ground, Outcome
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import EventId, ObligationId
from creditbus.engine.values import DictState
from creditbus.sdk.receiver import Answered, Fence
from tests.effort import examples
from tests.examples import (
    FIRM,
    PERSON,
    a_bid_bar,
    a_restriction,
    a_standing,
    decided,
    restored,
    some_editions,
    state_hash,
)

T = TypeVar("T")
Obligations = dict[ObligationId, tuple[Ground, ...]]

DECIDE: Final = build(some_editions())
KINDS: Final = {
    FIRM: (a_bid_bar, ["53", "54", "60"]),
    PERSON: (a_restriction, ["1", "9", "7"]),
}
RECORDS: Final = ("first", "second", "third")


@st.composite
def histories(draw: st.DrawFn) -> list[Standing]:
    """Draw the standings of one subject, revision by revision, each with other entries active."""
    subject = draw(st.sampled_from([FIRM, PERSON]))
    listing, provisions = KINDS[subject]
    named = st.lists(st.sampled_from(provisions), min_size=1, max_size=2, unique=True).map(tuple)
    standings = []
    for revision in range(1, draw(st.integers(1, 6)) + 1):
        events = [
            listing(record_id=record, provisions=draw(named), document_number=draw(NUMBERS))
            for record in RECORDS
            if draw(st.booleans())
        ]
        standing = msgspec.structs.replace(
            a_standing(*events, revision=revision),
            subject_id=subject,
            subject_kind=listing().envelope.subject_kind,
            caused_by=EventId(str(revision)),
        )
        standings.append(standing)
    return standings


NUMBERS: Final = st.sampled_from(["（2026）测1号", "（2026）测2号"])


@st.composite
def arrivals(draw: st.DrawFn, sent: Sequence[T], certain: Sequence[T]) -> list[T]:
    """Draw what comes of what was sent, in any order; the certain ones come some time."""
    others = draw(st.lists(st.sampled_from(sent), max_size=2 * len(sent))) if sent else []
    return list(draw(st.permutations([*others, *certain])))


def asked_by(standing: Standing) -> Obligations:
    """Return what a standing alone asks for."""
    _, directives = instruct(Ledger(), standing, some_editions())
    return {each.obligation_id: each.grounds for each in directives}


def in_force(ledger: Ledger | None) -> Obligations:
    obligations = ledger.obligations if ledger is not None else {}
    return {
        obligation_id: obligation.grounds
        for obligation_id, obligation in obligations.items()
        if obligation.action is Action.APPLY
    }


class Body:
    """All executing bodies in one: what they apply at present, behind a fence."""

    def __init__(self, fence: Fence) -> None:
        self.applied: Obligations = {}
        self._fence = fence

    def receive(self, directive: Directive) -> Outcome:
        return self._fence.once(directive, self._act).outcome

    def _act(self, directive: Directive) -> Answered:
        if directive.action is Action.APPLY:
            self.applied[directive.obligation_id] = directive.grounds
        else:
            self.applied.pop(directive.obligation_id, None)
        return Answered(Outcome.APPLIED)


@examples(60)
@given(st.data())
def test_ledger_ends_where_the_last_standing_says(data: st.DataObject) -> None:
    standings = data.draw(histories())
    heard = data.draw(arrivals(standings, standings[-1:]))
    state = DictState()
    decided(DECIDE, state, heard)
    (ledger,) = state.get_many(LEDGER, [standings[0].subject_id])
    assert in_force(ledger) == asked_by(standings[-1])
    assert ledger is not None
    assert ledger.revision == standings[-1].revision


@examples(40)
@given(st.data())
def test_bodies_end_where_the_last_standing_says(data: st.DataObject) -> None:
    standings = data.draw(histories())
    outputs = decided(DECIDE, DictState(), standings)
    sent = [output.value for output in outputs if isinstance(output.value, Directive)]
    newest = list({each.obligation_id: each for each in sent}.values())
    with TemporaryDirectory() as folder, Fence(Path(folder) / "fence.sqlite") as fence:
        body = Body(fence)
        for directive in data.draw(arrivals(sent, newest)):
            body.receive(directive)
    assert body.applied == asked_by(standings[-1])


@examples(60)
@given(histories(), st.integers(0, 6))
def test_slices_and_restarts_change_nothing(standings: list[Standing], place: int) -> None:
    whole, halves = DictState(), DictState()
    together = decided(DECIDE, whole, standings)
    apart = decided(DECIDE, halves, standings[:place])
    halves = restored(halves, TABLES)
    apart += decided(DECIDE, halves, standings[place:], first=place)
    assert apart == together
    assert state_hash(halves, TABLES) == state_hash(whole, TABLES)


@examples(60)
@given(histories())
def test_every_directive_that_burdens_names_its_law_and_way_out(standings: list[Standing]) -> None:
    outputs = decided(DECIDE, DictState(), standings)
    for output in outputs:
        assert isinstance(output.value, Directive)
        directive = output.value
        if directive.action is Action.APPLY:
            assert directive.bases
            assert directive.remedies
            assert all(ground.bases and ground.document_number for ground in directive.grounds)
            assert directive.human_review is (directive.subject_id == PERSON)
        else:
            assert not directive.grounds
            assert not directive.human_review
