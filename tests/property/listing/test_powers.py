"""An act without power changes nothing, whatever came before or comes after it, in any order.

The tobacco bureau and the metro keep no list, register nobody and reconsider nothing; a district's
court has no say about what another court decided. They say anything of any kind, about any record,
at any revision and day: the standings that go out are those without them, one by one.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from creditbus.domain.acts.objections import ObjectionDecided, ObjectionFiled, ObjectionResult
from creditbus.domain.acts.refusals import Reason, Refusal
from creditbus.domain.acts.revocations import BasisRevoked
from creditbus.domain.acts.suspensions import EntrySuspended, Proceeding
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import SourceId
from creditbus.engine.values import DictState, Output
from creditbus.listing.decide import TABLES, build
from tests import acts
from tests.effort import examples
from tests.examples import (
    DECIDED_ON,
    a_listing,
    a_turn,
    decided,
    restored,
    some_clocks,
    some_editions,
)
from tests.property.domain.folding import Said, content
from tests.property.domain.histories import ACTS, HISTORIES, LAST_DAY, entry_acts

DECIDE: Final = build(some_editions(), some_clocks())
STRANGERS: Final = ("tobacco", "metro", "nobody")

Log = list[msgspec.Struct]


@st.composite
def powerless(draw: st.DrawFn) -> Said:
    """Draw an act by a source that has no power over what it is about.

    A court may stay what an authority decided and list in records of its own, so of a district's
    court these are acts about another court's or the tender office's entry, and no lawsuit.
    """
    if draw(st.sampled_from([True, False, False])):
        act = draw(entry_acts())
        if isinstance(act, EntrySuspended):
            act = msgspec.structs.replace(act, proceeding=Proceeding.SUPERVISION)
        return by("court-hill", act)
    stranger = draw(st.sampled_from(STRANGERS))
    act = draw(ACTS)
    if isinstance(act, BasisRevoked):
        issuer = draw(st.sampled_from(["court", "tender", stranger]))
        act = msgspec.structs.replace(act, issuer=SourceId(issuer))
    return by(stranger, act)


def by(source: str, act: Said) -> Said:
    envelope = msgspec.structs.replace(act.envelope, source=SourceId(source))
    return msgspec.structs.replace(act, envelope=envelope)


def is_of_own_document(act: Said) -> bool:
    """Tell whether a source revokes what it calls its own: it may, and here it moves nothing."""
    return isinstance(act, BasisRevoked) and act.issuer == act.envelope.source == "tobacco"


def stands(outputs: list[Output]) -> list[Standing | None]:
    """Return every standing that went out, without the revision and the event that led to it."""
    return [content(each.value) for each in outputs if isinstance(each.value, Standing)]


def told(log: Log) -> tuple[list[Output], DictState]:
    state = DictState()
    outputs: list[Output] = []
    for offset, event in enumerate(log):
        outputs += decided(DECIDE, state, [event], first=offset)
    return outputs, restored(state, TABLES)


def rows(state: DictState) -> dict[str, dict[bytes, Any]]:
    return {name: found for name, found in state.rows.items() if found}


@examples(60)
@given(st.data())
def test_an_act_without_power_changes_no_standing_in_any_order(data: st.DataObject) -> None:
    said: Log = [*data.draw(HISTORIES), a_turn(DECIDED_ON), a_turn(LAST_DAY)]
    log: Log = list(data.draw(st.permutations(said)))
    strange = data.draw(st.lists(powerless(), min_size=1, max_size=4))
    mixed = list(log)
    for act in strange:
        # Under the very record and revision of a lawful act as well.
        mixed.insert(data.draw(st.integers(0, len(mixed))), act)
    without, state = told(log)
    outputs, other = told(mixed)
    assert stands(outputs) == stands(without)
    if any(map(is_of_own_document, strange)):
        return
    assert rows(other) == rows(state)
    refused = [
        each.value
        for each in outputs
        if isinstance(each.value, Refusal) and each.value.source in {*STRANGERS, "court-hill"}
    ]
    assert [each.reason for each in refused] == [Reason.SOURCE_NOT_COMPETENT] * len(strange)
    assert all(each.article for each in refused)


@examples(30)
@given(st.data())
def test_a_dismissal_without_power_never_brings_back_what_was_upheld(data: st.DataObject) -> None:
    upheld = acts.an_objection_ruling(ObjectionResult.REMOVED)
    lawful: list[Said] = [a_listing(), acts.an_objection(), upheld]
    dismissals = [
        acts.an_objection_ruling(
            ObjectionResult.DISMISSED,
            source=data.draw(st.sampled_from([*STRANGERS, "court-hill"])),
            record_id=data.draw(st.sampled_from(["YY-1-D", "YY-9"])),
            record_revision=data.draw(st.integers(1, 9)),
            decided_on=data.draw(st.dates(DECIDED_ON, LAST_DAY)),
        )
        for _ in range(2)
    ]
    log: Log = list(data.draw(st.permutations([*lawful, *dismissals])))
    outputs, _ = told(log)
    last = [each.value for each in outputs if isinstance(each.value, Standing)][-1]
    assert [entry.is_removed for entry in last.entries] == [True]
    kinds = {type(each) for each in log}
    assert {ObjectionFiled, ObjectionDecided} <= kinds
