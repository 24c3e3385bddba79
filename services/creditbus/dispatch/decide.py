"""Dispatch: a standing becomes the directives that state what has changed.

The ledger keeps, for each subject, the highest revision seen and what was last stated of every
obligation. A standing asks for some obligations; what differs from the ledger is stated anew, what
is no longer asked for is lifted. Whether a body has done it is nothing to dispatch: delivery alone
keeps what is owed (law 6).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from creditbus.domain.effects.directives import Action, Directive, Ground, Lane
from creditbus.domain.effects.measures import asked_of, ends_at, grounds_of, remedies_of
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import (
    BodyId,
    EventId,
    MeasureId,
    ObligationId,
    derive_directive_id,
    derive_obligation_id,
)
from creditbus.domain.law.catalogue import MeasureDefinition
from creditbus.domain.law.editions import Editions
from creditbus.engine import values
from creditbus.engine.values import Arrival, Draft, Output, Slice, State, Table

Arrivals = Sequence[Arrival[Standing]]

DIRECTIVES: Final = "directives"
LIFTS: Final = "lifts"
BODIES: Final = "bodies"
"""The streams: all directives, those of the lift lane once more, and those of each body's topic."""


class LastStated(msgspec.Struct, frozen=True, kw_only=True):
    """What was last stated of an obligation, in short."""

    measure_id: MeasureId
    body: BodyId
    action: Action
    revision: int
    grounds: tuple[Ground, ...]


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """All obligations about one subject, and the highest revision of its standing that was seen."""

    revision: int = 0
    obligations: dict[ObligationId, LastStated] = {}


LEDGER: Final = Table[str, Ledger](
    name="ledger",
    pack_key=str.encode,
    unpack_key=bytes.decode,
    pack_value=msgspec.msgpack.encode,
    unpack_value=lambda packed: msgspec.msgpack.decode(packed, type=Ledger),
)
TABLES: Final = (LEDGER,)


def build(editions: Editions) -> Callable[[Slice[Arrivals], State], values.SliceOutcome]:
    """Return the decision over a slice of standings.

    A standing names the edition that it was settled under; with one whose file is not here the
    decision raises ``EditionUnknown``.
    """

    def decide(arrived: Slice[Arrivals], state: State) -> values.SliceOutcome:
        draft, outcome = Draft(state), values.SliceOutcome()
        draft.prefetch(LEDGER, {arrival.value.subject_id for arrival in arrived.columns})
        for arrival in arrived.columns:
            standing = arrival.value
            ledger = draft.get(LEDGER, standing.subject_id) or Ledger()
            stated, directives = instruct(ledger, standing, editions)
            for directive in directives:
                outcome.outputs += _outputs(directive, arrival.origin, editions)
                outcome.count(directive.lane)
            if stated != ledger:
                draft.put(LEDGER, standing.subject_id, stated)
        outcome.changes = draft.changes
        return outcome

    return decide


def instruct(
    ledger: Ledger, standing: Standing, editions: Editions
) -> tuple[Ledger, list[Directive]]:
    """Return the ledger after a standing, and the directives that state what has changed."""
    if standing.revision <= ledger.revision:
        return ledger, []
    law = editions.upto(standing.edition)
    asked = _asked(standing, law)
    obligations = dict(ledger.obligations)
    directives: list[Directive] = []
    for obligation_id in sorted({*asked, *obligations}):
        stated = _stated(obligations.get(obligation_id), asked.get(obligation_id), standing)
        if stated is None:
            continue
        before = obligations.get(obligation_id)
        obligations[obligation_id] = stated
        is_correction = before is not None and _is_correction(before, stated)
        directives.append(
            _directive(obligation_id, stated, standing, law, is_correction=is_correction)
        )
    return Ledger(revision=standing.revision, obligations=obligations), directives


def _outputs(directive: Directive, origin: str, editions: Editions) -> list[Output]:
    """Return where a directive goes.

    A body that a reform has dropped reads what it owes still as before.
    """
    streams = [DIRECTIVES]
    if directive.lane is Lane.LIFT:
        streams.append(LIFTS)
    body = editions.inclusive.bodies.get(directive.body)
    if body is not None and body.topic:
        streams.append(BODIES)
    return [Output(stream, directive, origin) for stream in streams]


def _is_correction(before: LastStated, stated: LastStated) -> bool:
    """Return whether an application says the same of the same entries, or of fewer.

    Only that travels with the lifts; one more ground burdens anew, and waits its turn.
    """
    known = {ground.entry_id for ground in before.grounds}
    return before.action is stated.action and all(
        ground.entry_id in known for ground in stated.grounds
    )


def _asked(standing: Standing, law: Editions) -> dict[ObligationId, LastStated]:
    asked = {}
    for measure in asked_of(standing, law):
        grounds = grounds_of(measure, standing, law) if measure.bodies else ()
        for body in measure.bodies if grounds else ():
            row = law.latest.bodies.get(body)
            if row is not None and not row.enabled:
                continue
            obligation_id = derive_obligation_id(
                standing.subject_id, MeasureId(measure.id), BodyId(body)
            )
            asked[obligation_id] = LastStated(
                measure_id=MeasureId(measure.id),
                body=body,
                action=Action.APPLY,
                revision=standing.revision,
                grounds=grounds,
            )
    return asked


def _stated(
    before: LastStated | None, asked: LastStated | None, standing: Standing
) -> LastStated | None:
    """Return the obligation as it must be stated anew, None when the last statement holds."""
    if asked is not None:
        is_same = before is not None and before.action is Action.APPLY
        return None if is_same and before.grounds == asked.grounds else asked  # type: ignore[union-attr]
    if before is None or before.action is Action.LIFT:
        return None
    return msgspec.structs.replace(
        before, action=Action.LIFT, revision=standing.revision, grounds=()
    )


def _directive(
    obligation_id: ObligationId,
    stated: LastStated,
    standing: Standing,
    law: Editions,
    *,
    is_correction: bool,
) -> Directive:
    catalogue = law.latest
    measure = catalogue.measures.get(stated.measure_id)
    names = [entry.subject_name for entry in standing.entries if entry.subject_name is not None]
    return Directive(
        directive_id=derive_directive_id(obligation_id, stated.revision, stated.action),
        obligation_id=obligation_id,
        body=stated.body,
        measure_id=stated.measure_id,
        action=stated.action,
        revision=stated.revision,
        subject_kind=standing.subject_kind,
        subject_id=standing.subject_id,
        subject_name=names[0] if names else None,
        grounds=stated.grounds,
        bases=measure.bases if measure is not None else (),
        remedies=remedies_of(stated.grounds, catalogue),
        ends_at=ends_at(stated.grounds),
        human_review=_needs_human(measure, standing, stated.action),
        disputed=any(ground.disputed for ground in stated.grounds),
        edition=catalogue.edition,
        caused_by=EventId(standing.caused_by),
        synthetic=standing.synthetic,
        is_correction=is_correction,
    )


def _needs_human(measure: MeasureDefinition | None, standing: Standing, action: Action) -> bool:
    # A lift is carried out at once: only what burdens the subject waits for a human.
    return (
        action is Action.APPLY
        and measure is not None
        and measure.needs_human(standing.subject_kind)
    )
