"""Endings: what ends an entry, as a table, and the case that it is asked about.

The keeper's own removal ends it first; then the first row of ``ENDINGS`` that gives a day, the acts
of others before time itself. Nothing here is stored: on another day, or after another act, the
table is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

import msgspec

from creditbus.domain.acts.events import RemovalCause
from creditbus.domain.acts.objections import ObjectionResult
from creditbus.domain.acts.repairs import RepairStep
from creditbus.domain.acts.revocations import ReorganisationStep
from creditbus.domain.calendar import DAY
from creditbus.domain.entries.deadlines import NO_CLOCKS, Clocks, performed_on, ruling_of
from creditbus.domain.entries.dossiers import Dossier
from creditbus.domain.entries.limits import last_day
from creditbus.domain.entries.registers import Registers, Said
from creditbus.domain.ids import ListId
from creditbus.domain.law.catalogue import ListDefinition, Polarity
from creditbus.domain.terms.spans import runs_until_performed


class Rules(msgspec.Struct, frozen=True):
    """What a standing follows from beside the dossier: the lists, and the clocks that run.

    ``edition`` names the lists' catalogue; without a name nothing is known of it.
    """

    lists: Mapping[ListId, ListDefinition]
    clocks: Clocks = NO_CLOCKS
    edition: str = ""


class Case(msgspec.Struct, frozen=True):
    """An entry on a day: its registers, its subject's dossier, the rule of its list.

    Before the first day has turned there is none, and nothing expires. ``last_on`` is the last day
    of the term, none while the entry runs until performed.
    """

    registers: Registers
    dossier: Dossier
    definition: ListDefinition | None
    is_person: bool
    day: date | None
    last_on: date | None
    clocks: Clocks

    @property
    def is_red(self) -> bool:
        """Return whether the entry speaks for its subject."""
        return self.definition is not None and self.definition.polarity is Polarity.RED


def case_of(
    registers: Registers,
    dossier: Dossier,
    rules: Rules,
    *,
    is_person: bool,
    day: date | None,
) -> Case:
    """Return the case of an entry on a day, with the last day of its term reckoned once.

    What was decided before the entry's removal is no part of it.
    """
    registers = registers.in_force
    definition, listing = rules.lists.get(registers.list_id), registers.listing
    last_on = last_day(listing, registers.extension, definition) if listing is not None else None
    return Case(registers, dossier, definition, is_person, day, last_on, rules.clocks)


class Ending(msgspec.Struct, frozen=True):
    """What ends an entry, and the day on which it did, none when it has not."""

    cause: RemovalCause
    ended_on: Callable[[Case], date | None]


def end_of(case: Case) -> tuple[RemovalCause, date | None]:
    """Return what ended an entry and on which day; no day while it stands."""
    registers = case.registers
    removal = registers.removal
    if removal is not None and registers.listing is None and registers.notice is None:
        return removal.cause, removal.removed_on
    for ending in ENDINGS:
        ended_on = ending.ended_on(case)
        if ended_on is not None:
            return ending.cause, ended_on
    return RemovalCause.EXPIRED, None


def _fell(case: Case) -> date | None:
    listing, dossier = case.registers.listing, case.dossier
    if listing is None or not dossier.fallen:
        return None
    return dossier.fell(listing, case.registers.entry_id)


def _upheld(case: Case) -> date | None:
    for objection in case.registers.objections:
        ruling = ruling_of(case.registers, objection)
        if (
            ruling is not None
            and ruling.result is ObjectionResult.REMOVED
            and _reaches(ruling, case)
        ):
            return ruling.decided_on
    return None


def _repaired(case: Case) -> date | None:
    for repair in case.registers.repairs:
        ruling = ruling_of(case.registers, repair)
        if ruling is not None and ruling.step is RepairStep.GRANTED and _reaches(ruling, case):
            return ruling.decided_on
    return None


def _reaches(ruling: Said, case: Case) -> bool:
    """Return whether what ends an entry was said of this decision, and not of one before it.

    A record that states a later decision has listed anew, as after a removal.
    """
    own = case.registers.listing or case.registers.notice
    return own is None or own.decided_on <= ruling.decided_on


def _unconsented(case: Case) -> date | None:
    listing, dossier = case.registers.listing, case.dossier
    if listing is None or not dossier.unconsented or not (case.is_red and case.is_person):
        return None
    return dossier.unasked(listing)


def _reorganised(case: Case) -> date | None:
    return ruled_on(case, ReorganisationStep.COMPLETED)


def ruled_on(case: Case, step: ReorganisationStep) -> date | None:
    """Return the day of a ruling that reaches the entry: a burden decided before it.

    企业破产法 第八十六条; a red entry and an order against a person stay as they are.
    """
    listing, dossier, definition = case.registers.listing, case.dossier, case.definition
    if listing is None or not dossier.reorganised or definition is None:
        return None
    if definition.polarity not in {Polarity.BLACK, Polarity.ABNORMAL, Polarity.ATTENTION}:
        return None
    return dossier.reorganisation(listing, step)


def _performed(case: Case) -> date | None:
    registers, definition = case.registers, case.definition
    listing = registers.listing
    if listing is None or not registers.performances:
        return None
    ends_it = definition is not None and "E09" in definition.removed_by
    return performed_on(registers) if ends_it or runs_until_performed(definition, listing) else None


def _expired(case: Case) -> date | None:
    if case.day is None:
        return None
    if case.registers.listing is None:
        notice = case.registers.notice
        lapses_on = notice.lapses_on if notice is not None else None
        return lapses_on if lapses_on is not None and lapses_on <= case.day else None
    last_on = case.last_on
    return last_on + DAY if last_on is not None and last_on < case.day else None


ENDINGS: Final = (
    Ending(RemovalCause.REVOKED, _fell),
    Ending(RemovalCause.CORRECTED, _upheld),
    Ending(RemovalCause.REPAIRED, _repaired),
    Ending(RemovalCause.CONSENT_WITHDRAWN, _unconsented),
    Ending(RemovalCause.REORGANISED, _reorganised),
    Ending(RemovalCause.DEREGISTERED, lambda case: case.dossier.struck_off_on),
    Ending(RemovalCause.PERFORMED, _performed),
    Ending(RemovalCause.EXPIRED, _expired),
)
"""What ends an entry beside the keeper's own removal, the acts of others before time itself."""
