"""An id that names one subject first never burdens another while that act counts or is undecided.

Four firms, two record ids, an inbox that is cut into slices anywhere; slices are decided again
after a transaction was lost, the worker forgets everything, views hears of what is in the log as
late as it likes, or cannot be asked. Whatever eases always passes.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from creditbus.demo.city import organisation
from creditbus.domain.acts.events import Act, EntryListed
from creditbus.domain.acts.refusals import Refusal
from creditbus.domain.aliases.namesakes import NamedBefore
from creditbus.domain.ids import SourceId, SubjectId
from creditbus.engine.values import DictState, Slice
from creditbus.intake.decide import build
from creditbus.intake.namesakes import Recalled, RecentRecords
from creditbus.wire.topics import inbox, party_of_inbox
from tests.effort import examples
from tests.examples import a_bid_bar, a_removal, an_arrival, some_editions

FIRMS: Final = tuple(organisation(number) for number in range(4))


class Word(msgspec.Struct, frozen=True):
    """What lies in the inbox, and whether listing refuses it, if it comes that far."""

    act: Act
    is_refused: bool


@st.composite
def words(draw: st.DrawFn) -> Word:
    about = {
        "source": "tender",
        "subject_id": draw(st.sampled_from(FIRMS)),
        "record_id": draw(st.sampled_from(["R-1", "R-2"])),
    }
    is_removal = draw(st.sampled_from([True, False, False]))
    return Word(a_removal(**about) if is_removal else a_bid_bar(**about), draw(st.booleans()))


class Turn(msgspec.Struct, frozen=True):
    """One slice: how much of the inbox, and what happens to the worker and to views after it."""

    records: int
    is_lost: bool
    forgets: bool
    views_hears: bool


TURNS: Final = st.lists(
    st.builds(
        Turn,
        records=st.integers(1, 5),
        is_lost=st.booleans(),
        forgets=st.booleans(),
        views_hears=st.booleans(),
    ),
    max_size=30,
)


class Bus:
    """An inbox, its log, and what views has heard of it; a restart waits until views knows all."""

    def __init__(self, inbox_: Sequence[Word]) -> None:
        self.inbox = inbox_
        self.position = 0
        self.log: list[int] = []
        self.heard = 0
        self._begin()

    def _begin(self) -> None:
        self.intake = build(
            some_editions(), party_of_inbox, lambda *_: False, records=RecentRecords(self._known)
        )

    def _known(self, _source: SourceId, records: AbstractSet[str]) -> Recalled:
        return {each: self._told(each) for each in records}

    def _told(self, record: str) -> NamedBefore:
        of_it = [
            place
            for place in self.log[: self.heard]
            if self.inbox[place].act.envelope.record_id == record
        ]
        refused = {place for place in of_it if self.inbox[place].is_refused}
        return NamedBefore(
            frozenset(
                self.inbox[each].act.envelope.subject_id for each in of_it if each not in refused
            ),
            frozenset((0, each) for each in refused),
        )

    def turn(self, turn: Turn) -> None:
        places = range(self.position, min(self.position + turn.records, len(self.inbox)))
        if not places:
            return
        topic = inbox("tender")
        columns = [an_arrival(self.inbox[each].act, topic=topic, offset=each) for each in places]
        outputs = self.intake(Slice(topic=topic, partition=0, columns=columns), DictState()).outputs
        for place, output in zip(places, outputs, strict=True):
            is_kept = not isinstance(output.value, Refusal)
            assert is_kept or isinstance(self.inbox[place].act, EntryListed), "what eases passes"
            if is_kept and not turn.is_lost:
                self.log.append(place)
        if not turn.is_lost:
            self.position = places.stop
        if turn.views_hears or turn.forgets:
            self.heard = len(self.log)
        if turn.forgets:
            self._begin()


@given(inbox_=st.lists(words(), min_size=1, max_size=25), turns=TURNS)
@examples(300)
def test_an_id_burdens_one_subject_alone(inbox_: list[Word], turns: list[Turn]) -> None:
    bus = Bus(inbox_)
    for turn in turns:
        bus.turn(turn)
    burdened: dict[str, set[SubjectId]] = {}
    for place in bus.log:
        word = bus.inbox[place]
        if isinstance(word.act, EntryListed) and not word.is_refused:
            envelope = word.act.envelope
            burdened.setdefault(envelope.record_id, set()).add(envelope.subject_id)
    # A removal that counts names its subject too, so about that one the id may go on.
    for record, subjects in burdened.items():
        eased = {
            bus.inbox[place].act.envelope.subject_id
            for place in bus.log
            if bus.inbox[place].act.envelope.record_id == record
            and not isinstance(bus.inbox[place].act, EntryListed)
        }
        assert len(subjects - eased) <= 1
