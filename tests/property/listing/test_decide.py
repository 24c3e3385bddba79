"""The laws of listing over any log: slices, repeats and partitions change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from creditbus.domain.acts.events import DayTurned, EntryListed, EntryRemoved
from creditbus.domain.acts.refusals import Reason, Refusal
from creditbus.domain.entries.entry import Stage
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import derive_entry_id
from creditbus.engine.values import DictState, Output, Slice
from creditbus.listing.agenda import SUBJECTS
from creditbus.listing.decide import DAYS, TABLES
from tests.effort import examples
from tests.examples import FIRM, OTHER_FIRM, a_codec, an_arrival, state_hash
from tests.property.listing.logs import DECIDE, LOGS, Logged, cut, listed

PLACES = st.lists(st.integers(0, 40), max_size=6)


def as_bytes(outputs: Sequence[Output]) -> list[tuple[str, str, bytes]]:
    """Return what goes to the broker: the streams, the origins, the records."""
    return [
        (output.stream, output.origin, a_codec().encode(output.value))
        for output in outputs
        if isinstance(output.value, msgspec.Struct)
    ]


def standings(outputs: Sequence[Output]) -> list[Standing]:
    return [output.value for output in outputs if isinstance(output.value, Standing)]


@examples(60)
@given(LOGS, PLACES, PLACES)
def test_any_slicing_gives_the_same_bytes(
    log: list[Logged], first: list[int], second: list[int]
) -> None:
    outputs, state = listed(cut(log, first), DictState())
    others, other = listed(cut(log, second), DictState())
    assert as_bytes(outputs) == as_bytes(others)
    assert state_hash(state, TABLES) == state_hash(other, TABLES)


@examples(60)
@given(LOGS, PLACES)
def test_second_replay_moves_nothing(log: list[Logged], places: list[int]) -> None:
    _, state = listed(cut(log, places), DictState())
    before = state_hash(state, TABLES)
    again, after = listed(cut(log, places), state)
    assert standings(again) == []
    assert state_hash(after, TABLES) == before


@examples(60)
@given(LOGS)
def test_second_replay_of_a_log_without_conflicts_gives_duplicates_only(log: list[Logged]) -> None:
    told: set[object] = set()
    lawful: list[Logged] = []
    for event in log:
        envelope = event.envelope
        identity = (envelope.source, envelope.record_id, envelope.record_revision)
        if identity not in told and envelope.document_number:
            lawful.append(event)
        told.add(identity)
    outputs, state = listed([lawful], DictState())
    # What a newer revision has overtaken is known afterwards; what broke a rule is not.
    refused = {
        output.origin
        for output in outputs
        if isinstance(output.value, Refusal)
        and output.value.reason is not Reason.REVISION_SUPERSEDED
    }
    again, _ = listed([lawful], state)
    expected = [
        "refusals" if f"credit.events.v1/0/{offset}" in refused else "duplicates"
        for offset, event in enumerate(lawful)
        if not isinstance(event, DayTurned)
    ]
    assert [output.stream for output in again] == expected


@examples(60)
@given(LOGS)
def test_every_record_becomes_exactly_one_thing(log: list[Logged]) -> None:
    arrivals = [an_arrival(event, offset=offset) for offset, event in enumerate(log)]
    outcome = DECIDE(Slice(topic="credit.events.v1", partition=0, columns=arrivals), DictState())
    counts = outcome.counts
    applied = counts.get("listed", 0) + counts.get("removed", 0)
    fates = [
        output.origin for output in outcome.outputs if output.stream in {"duplicates", "refusals"}
    ]
    assert len(fates) == len(set(fates)) == counts.get("duplicates", 0) + counts.get("refusals", 0)
    assert applied + len(fates) == sum(not isinstance(event, DayTurned) for event in log)
    moved = {output.origin for output in outcome.outputs if output.stream == "standings"}
    assert not moved & set(fates)


@examples(60)
@given(LOGS)
def test_revision_goes_up_by_one_with_every_change(log: list[Logged]) -> None:
    outputs, state = listed([log], DictState())
    for subject in (FIRM, OTHER_FIRM):
        own = [standing for standing in standings(outputs) if standing.subject_id == subject]
        assert [standing.revision for standing in own] == list(range(1, len(own) + 1))
        for before, after in pairwise(own):
            # An edition that changes the row of a list states anew who stands on it.
            assert (before.entries, before.edition) != (after.entries, after.edition)
        assert state.get_many(SUBJECTS, [subject]) == [own[-1] if own else None]


@examples(60)
@given(LOGS)
def test_any_partition_count_gives_the_same_standings(log: list[Logged]) -> None:
    together, _ = listed([log], DictState())
    for subject in (FIRM, OTHER_FIRM):
        shard = [
            event
            for event in log
            if isinstance(event, DayTurned) or event.envelope.subject_id == subject
        ]
        apart, _ = listed([shard], DictState())
        assert standings(apart) == [
            standing for standing in standings(together) if standing.subject_id == subject
        ]


@examples(60)
@given(LOGS)
def test_nothing_acts_after_its_removal_or_outside_its_term(log: list[Logged]) -> None:
    state = DictState()
    removed: dict[str, int] = {}
    for event in log:
        _, state = listed([[event]], state)
        if isinstance(event, EntryRemoved):
            entry_id, revision = _identity(event)
            removed[entry_id] = max(removed.get(entry_id, 0), revision)
        today = state.get_many(DAYS, ["today"])[0]
        for standing in state.rows.get(SUBJECTS.name, {}).values():
            for entry in standing.entries:
                if entry.stage in {Stage.ACTIVE, Stage.SUSPENDED}:
                    assert entry.record_revision > removed.get(entry.entry_id, 0)
                    assert today is None or entry.starts_on <= today


def _identity(event: EntryListed | EntryRemoved) -> tuple[str, int]:
    envelope = event.envelope
    entry_id = derive_entry_id(envelope.subject_id, envelope.source, envelope.record_id)
    return entry_id, envelope.record_revision
