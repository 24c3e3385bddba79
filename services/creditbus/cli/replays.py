"""Replays: one subject's part of the log, decided again as listing decided it.

The log is the truth and listing the only judge of it, so an explanation asks both: same log, same
state (law 3). Nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import msgspec

from creditbus.domain.accounts.assembly import Known
from creditbus.domain.accounts.deeds import Moving
from creditbus.domain.acts.activations import EditionActivated
from creditbus.domain.acts.events import DayTurned
from creditbus.domain.entries.deadlines import Clocks
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import SubjectId
from creditbus.domain.law.editions import Editions
from creditbus.engine.values import Arrival, DictState, Slice
from creditbus.listing.agenda import SUBJECTS
from creditbus.listing.decide import DAYS, build
from creditbus.listing.memory import DOSSIERS

_STOPPED_BY = {"refusals", "duplicates"}


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """What listing knows of a subject after these records, and the editions they brought in.

    ``today`` is the last day that has turned, none before the first.
    """

    known: Known
    standing: Standing | None
    today: date | None
    law: Editions


class LoggedRecord(msgspec.Struct, frozen=True):
    """One record of the log: its partition, its value, and whether it is about the subject."""

    partition: int
    value: Any
    is_own: bool


def gathered(rows: Iterable[LoggedRecord]) -> list[Any]:
    """Return a subject's records in their order, with the days and editions of its partition."""
    shared: dict[int, list[Any]] = {}
    own: set[int] = set()
    for row in rows:
        if row.is_own or isinstance(row.value, DayTurned | EditionActivated):
            shared.setdefault(row.partition, []).append(row.value)
        if row.is_own:
            own.add(row.partition)
    assert len(own) <= 1, "a subject's events lie in one partition"
    return shared[own.pop()] if own else []


def replay(
    subject: SubjectId, records: Sequence[Any], editions: Editions, clocks: Clocks
) -> Replay:
    """Return what listing makes of a subject's records, and of the days turned among them.

    The records are those of the subject's partition, in its order. Raises ``EditionUnknown``.
    """
    arrivals = [Arrival(value, str(number), b"") for number, value in enumerate(records)]
    state = DictState()
    outcome = build(editions, clocks)(Slice(topic="", partition=0, columns=arrivals), state)
    state.apply(outcome.changes)
    stopped = {each.origin for each in outcome.outputs if each.stream in _STOPPED_BY}
    acts = (each.value for each in arrivals if each.origin not in stopped)
    (dossier,) = state.get_many(DOSSIERS, [subject])
    (standing,) = state.get_many(SUBJECTS, [subject])
    (today,) = state.get_many(DAYS, ["today"])
    moved = tuple(act for act in acts if isinstance(act, Moving))
    known = Known(subject_id=subject, acts=moved)
    if dossier is not None:
        known = msgspec.structs.replace(known, dossier=dossier)
    return Replay(known=known, standing=standing, today=today, law=_activated(editions, records))


def until(records: Iterable[Any], day: date) -> list[Any]:
    """Return the records that the log held on a civil day: those before a later day turned.

    While the clock is late, what was decided on a later day is left out too.
    """
    found = []
    for record in records:
        if isinstance(record, DayTurned) and record.day > day:
            break
        if isinstance(record, EditionActivated) or record.envelope.decided_on <= day:
            found.append(record)
    return found


def _activated(editions: Editions, records: Iterable[Any]) -> Editions:
    law = editions
    first = True
    for record in records:
        if isinstance(record, EditionActivated):
            law = law.upto(record.edition) if first else law.activated(record.edition)
            first = False
    return law
