"""Readings: a published standing as it holds on a later day, for readers who do not wait.

One second after a term the answer is "not listed", even if every timer is late (law 8). A reader
has no registers, so it knows what time does to the entries as they were last said, and no more:
terms and windows begin and end, and what an ended serious entry suspended is back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from creditbus.domain.acts.events import RemovalCause
from creditbus.domain.calendar import DAY, day_of, end_of_day
from creditbus.domain.entries.entry import Entry, Stage, SuspensionCause
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import ListId
from creditbus.domain.law.catalogue import ListDefinition, Polarity

_replace = msgspec.structs.replace


def settle(standing: Standing, lists: Mapping[ListId, ListDefinition], day: date) -> Standing:
    """Return a published standing as the law has it on a civil day, without any new act."""
    entries = tuple(_on_day(entry, day) for entry in standing.entries)
    if any(_is_serious(entry, lists) for entry in entries):
        entries = tuple(_suspended(entry, lists) for entry in entries)
    return _replace(standing, entries=entries)


def _on_day(entry: Entry, day: date) -> Entry:
    if entry.is_removed or entry.stage is Stage.NOTICED:
        return entry
    if entry.ends_at is not None and end_of_day(day - DAY) >= entry.ends_at:
        return Entry(
            entry_id=entry.entry_id,
            list_id=entry.list_id,
            source=entry.source,
            record_id=entry.record_id,
            record_revision=entry.record_revision,
            event_id=entry.event_id,
            stage=Stage.REMOVED,
            decided_on=entry.decided_on,
            starts_on=entry.starts_on,
            document_number=entry.document_number,
            removal_cause=RemovalCause.EXPIRED,
            removed_on=day_of(entry.ends_at),
            overdue=entry.overdue,
        )
    if entry.suspended_by in {SuspensionCause.STAY, SuspensionCause.REORGANISATION}:
        return entry
    stage = Stage.ACTIVE if entry.starts_on <= day else Stage.GRACE
    lifted = _lifted(entry, day) if entry.windows else ()
    if entry.stage is stage and entry.lifted == lifted:
        return entry
    return _replace(entry, stage=stage, suspended_by=None, lifted=lifted)


def _lifted(entry: Entry, day: date) -> tuple[str, ...]:
    at = end_of_day(day - DAY)
    windows = [each for each in entry.windows if each.starts_at <= at < each.ends_at]
    if any(not each.provisions for each in windows):
        return entry.provisions
    named = {name for each in windows for name in each.provisions}
    return tuple(name for name in entry.provisions if name in named)


def _is_serious(entry: Entry, lists: Mapping[ListId, ListDefinition]) -> bool:
    definition = lists.get(entry.list_id)
    return entry.stage is Stage.ACTIVE and definition is not None and definition.serious


def _suspended(entry: Entry, lists: Mapping[ListId, ListDefinition]) -> Entry:
    definition = lists.get(entry.list_id)
    is_red = definition is not None and definition.polarity is Polarity.RED
    if entry.stage is not Stage.ACTIVE or not is_red:
        return entry
    return _replace(entry, stage=Stage.SUSPENDED, suspended_by=SuspensionCause.SERIOUS_ENTRY)
