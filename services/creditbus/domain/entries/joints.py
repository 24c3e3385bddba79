"""Joints: one decision that several records state is one entry.

Two courts report the same decision, or one office reports it twice under two ids: the list, the
document and the subject are the same, and so is the fact. Each record keeps registers of its own,
because its revisions order nobody else's words; read together they are one entry. It goes by the
record that stated the decision first. A report of what is stated already changes nothing; what one
of the records then corrects, extends or varies counts as it was said last; and a removal by any of
them ends the entry, for no revision of another record is newer than it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, TypeVar

import msgspec

from creditbus.domain.entries.registers import (
    Objection,
    Registers,
    Removed,
    Repair,
    Said,
    record_key,
)
from creditbus.domain.ids import EntryId

S = TypeVar("S", bound=Said)
C = TypeVar("C", Objection, Repair)

_replace = msgspec.structs.replace


class Joint(msgspec.Struct, frozen=True, array_like=True):
    """A decision that several records state: the entry's id, and whose word of each kind counts."""

    decision: bytes
    entry_id: EntryId
    listing_by: EntryId
    extension_by: EntryId
    variation_by: EntryId


def joined(
    joints: tuple[Joint, ...],
    others: Sequence[Registers],
    before: Registers | None,
    after: Registers,
) -> tuple[Joint, ...]:
    """Return the joints of a dossier after one record has spoken; the others are as they were."""
    if not _may_join(others, before, after):
        return joints
    decision = after.decision
    if decision is None:
        return joints
    known = next((each for each in joints if each.decision == decision), None)
    if known is None:
        first = next((each for each in others if is_stated(each, decision)), None)
        if first is None:
            return joints
        known = Joint(decision, *(first.entry_id,) * 4)
    is_report = before is None or before.decision != decision
    spoken = _reported(known, others, after) if is_report else _spoken(known, before, after)
    return joints if spoken in joints else _with(joints, spoken)


def read_together(entries: Sequence[Registers], joints: Sequence[Joint]) -> list[Registers]:
    """Return the registers of each entry by its id; records of one decision are one entry."""
    together = {joint.decision: joint for joint in joints}
    alone, told = [], set()
    for registers in entries:
        decision = registers.decision
        if decision is not None and decision in together:
            told.add(decision)
        else:
            alone.append(registers)
    shared = [_merged(together[decision], entries) for decision in told]
    return sorted([*alone, *shared], key=lambda each: each.entry_id)


def states_of(
    entries: Sequence[Registers], joints: Sequence[Joint], entry_id: EntryId
) -> list[Registers]:
    """Return the records that state what an entry states, its own among them."""
    own = next((each for each in entries if each.entry_id == entry_id), None)
    if own is None:
        return []
    decision = own.decision
    if all(joint.decision != decision for joint in joints):
        return [own]
    return [each for each in entries if each.decision == decision]


def is_stated(registers: Registers, decision: bytes) -> bool:
    """Return whether a record states a decision, or did until it was removed or corrected."""
    return registers.decision == decision or decision in _decisions(registers.former)


def removals_of(entries: Iterable[Registers], decision: bytes) -> Iterator[tuple[EntryId, Removed]]:
    """Yield the removals by records that state a decision, or stated it before."""
    for each in entries:
        if each.removal is not None and is_stated(each, decision):
            yield each.entry_id, each.removal


def _may_join(others: Sequence[Registers], before: Registers | None, after: Registers) -> bool:
    """Return whether the record has said anything about a decision that another might state too."""
    if before is not None and (
        after.listing is before.listing
        and after.extension is before.extension
        and after.variation is before.variation
        and after.former is before.former
    ):
        return False
    list_id = after.list_id
    return any(each.former or each.list_id == list_id for each in others)


def _decisions(former: Iterable[Any]) -> set[bytes]:
    return {each.decision for each in former}


def _with(joints: tuple[Joint, ...], joint: Joint) -> tuple[Joint, ...]:
    others = [each for each in joints if each.decision != joint.decision]
    return tuple(sorted([*others, joint], key=lambda each: each.decision))


def _reported(joint: Joint, others: Sequence[Registers], after: Registers) -> Joint:
    """Return the joint after a record has stated the decision for the first time.

    It says nothing new, unless the decision is of a later day than the others know.
    """
    if after.listing is None:
        return joint
    known = _speaker(_views(joint.decision, others), joint.listing_by)
    if known is None or known.listing is None:
        return _by(joint, after.entry_id)
    by = known if after.listing.decided_on <= known.listing.decided_on else after
    return joint if by.entry_id == joint.listing_by else _by(joint, by.entry_id)


def _spoken(joint: Joint, before: Registers | None, after: Registers) -> Joint:
    """Return the joint after a new word of a record that states the decision already."""
    if before is None or after.listing is None:
        return joint
    if after.listing is not before.listing:
        return _by(joint, after.entry_id)
    if after.extension is not before.extension:
        joint = _replace(joint, extension_by=after.entry_id)
    if after.variation is not before.variation:
        joint = _replace(joint, variation_by=after.entry_id)
    return joint


def _by(joint: Joint, entry_id: EntryId) -> Joint:
    """Return the joint in which one record's word counts, which begins anew as a listing does."""
    return _replace(joint, listing_by=entry_id, extension_by=entry_id, variation_by=entry_id)


def _merged(joint: Joint, entries: Sequence[Registers]) -> Registers:
    removals = dict(removals_of(entries, joint.decision))
    views = {
        each.entry_id: _beside(each, removals)
        for each in entries
        if each.decision == joint.decision
    }
    first = views.get(joint.entry_id) or next(iter(views.values()))
    listing = _speaker(views, joint.listing_by)
    extension = views.get(joint.extension_by) if listing is not None else None
    variation = views.get(joint.variation_by) if listing is not None else None
    noticed = next((each for each in views.values() if each.notice is not None), first)
    said = [_in_one_name(each, first) for each in views.values()]
    return _replace(
        first,
        notice=noticed.notice if listing is None else None,
        listing=listing.listing if listing is not None else None,
        extension=extension.extension if extension is not None else None,
        variation=variation.variation if variation is not None else None,
        removal=max(removals.values(), key=_weight, default=None),
        hearing=(listing or noticed).hearing,
        on=next((each.on for each in (first, *views.values()) if each.on is not None), None),
        stays=_newest(each.stays for each in said),
        lifts=_newest(each.lifts for each in said),
        performances=_newest(each.performances for each in said),
        objections=_cases(each.objections for each in said),
        repairs=_cases(each.repairs for each in said),
    )


def _views(decision: bytes, entries: Sequence[Registers]) -> dict[EntryId, Registers]:
    """Return what each record that states a decision says, beside the removals of the others."""
    removals = dict(removals_of(entries, decision))
    stating = [each for each in entries if each.decision == decision]
    return {each.entry_id: _beside(each, removals) for each in stating}


def _beside(registers: Registers, removals: dict[EntryId, Removed]) -> Registers:
    """Return what a record says beside the removals of the others.

    Their revisions do not order it, so on one day the removal wins, as it does within a record.
    """
    registers = registers.in_force
    listing = registers.listing
    barred = max(
        (each.bars_before for by, each in removals.items() if by != registers.entry_id),
        default=date.min,
    )
    if listing is None or listing.decided_on > barred:
        return registers
    return _replace(registers, listing=None, extension=None, variation=None)


def _speaker(views: dict[EntryId, Registers], by: EntryId) -> Registers | None:
    """Return the record whose listing counts; where it has none left, the latest of the others."""
    last = views.get(by)
    if last is not None and last.listing is not None:
        return last
    standing = [each for each in views.values() if each.listing is not None]
    return max(standing, key=_rank, default=None)


def _rank(registers: Registers) -> tuple[date, int, EntryId]:
    assert registers.listing is not None
    return registers.listing.decided_on, registers.listing.revision, registers.entry_id


def _weight(removal: Removed) -> tuple[date, date, str]:
    return removal.bars_before, removal.removed_on, removal.event_id


def _in_one_name(registers: Registers, first: Registers) -> Registers:
    """Return a record's registers in which its own keeper's acts name the list of the entry.

    Who keeps the entry may misspell its list; read together with others it must still count.
    """
    if registers.source == first.source:
        return registers

    def named(said: S) -> S:
        return _replace(said, list_id=first.list_id) if said.source == registers.source else said

    return _replace(
        registers,
        stays=tuple(map(named, registers.stays)),
        lifts=tuple(map(named, registers.lifts)),
        performances=tuple(map(named, registers.performances)),
        objections=tuple(
            _replace(each, rulings=tuple(map(named, each.rulings))) for each in registers.objections
        ),
        repairs=tuple(
            _replace(each, rulings=tuple(map(named, each.rulings))) for each in registers.repairs
        ),
    )


def _newest(said: Iterable[Sequence[S]]) -> tuple[S, ...]:
    found: dict[tuple[str, str], S] = {}
    for each in (each for several in said for each in several):
        known = found.get(record_key(each))
        if known is None or each.revision > known.revision:
            found[record_key(each)] = each
    return tuple(sorted(found.values(), key=record_key))


def _cases(cases: Iterable[Sequence[C]]) -> tuple[C, ...]:
    found: dict[tuple[str, str], C] = {}
    for case in (case for several in cases for case in several):
        known = found.get(record_key(case))
        found[record_key(case)] = case if known is None else _one(known, case)
    return tuple(sorted(found.values(), key=record_key))


def _one(known: C, other: C) -> C:
    """Return one case of what was said about it under the names of two records."""
    filed: Any = [[each.filed] for each in (known, other) if each.filed is not None]
    rulings: Any = [known.rulings, other.rulings]
    changes: dict[str, Any] = {
        "filed": next(iter(_newest(filed)), None),
        "rulings": _newest(rulings),
    }
    if isinstance(other, Repair):
        changes["places"] = _newest([known.places, other.places])
    return _replace(known, **changes)
