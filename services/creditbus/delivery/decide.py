"""Delivery: what each body owes, and when the next attempt comes; moved by records alone.

A directive states an obligation, an attempt puts its next try off, a person hastens it, and its
body's answer settles it (law 6: owed until the outcome is acknowledged). So a restart owes exactly
what was owed, and workers share the load by partitions. The kinds travel on topics of their own and
meet here in any order: what is not higher than the known revision changes nothing, and an answer or
an attempt that is read before its directive waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zlib import crc32

import msgspec

from creditbus.delivery.dues import Due, pack_due, unpack_due
from creditbus.domain.acts.interventions import Intervention, OperatorStep
from creditbus.domain.calendar import millis_of
from creditbus.domain.effects.directives import Acknowledgement, Action, Attempt, Directive, Lane
from creditbus.domain.effects.directives import Outcome as Answered
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.ids import ObligationId
from creditbus.engine.values import Draft, Output, Slice, SliceOutcome, State, Table

FIRST_PAUSE: Final = {Lane.LIFT: timedelta(seconds=0.2), Lane.APPLY: timedelta(seconds=1)}
LONGEST_PAUSE: Final = {Lane.LIFT: timedelta(seconds=60), Lane.APPLY: timedelta(seconds=600)}
"""How long until a second try, and how long at most; each pause is twice the one before."""

NOT_SENT: Final = 0
"""The number of an attempt that says why nothing was sent; it is no try."""

EARLY_KEPT: Final = 4
"""So many answers are kept that are read before their directive; a body has no use for more."""

_JITTER: Final = 0.25
_WORDS: Final = 1 << 32


class Heard(msgspec.Struct, frozen=True):
    """A record as delivery hears it, with the instant at which it was written.

    ``began`` is when the fact behind it came in, in milliseconds.
    """

    value: Directive | Acknowledgement | Attempt | Intervention
    at: datetime
    began: int | None = None


class Early(msgspec.Struct, frozen=True, array_like=True):
    """An answer to a revision that is not stated here yet."""

    revision: int
    at: datetime
    outcome: Answered
    detail: str


class Debt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An obligation, the directive for as long as it is owed, and what was read before it.

    ``early_try`` is the last attempt at a directive that is not stated here: the express is faster.
    ``began`` is when the fact came in that led to the directive, in milliseconds; ``source`` whose
    act it was, as far as the grounds of the last application tell.
    """

    obligation: Obligation | None = None
    directive: Directive | None = None
    early: tuple[Early, ...] = ()
    early_try: Attempt | None = None
    began: int | None = None
    source: str = ""

    @property
    def revision(self) -> int:
        """The newest revision stated, 0 before the first."""
        return self.obligation.revision if self.obligation is not None else 0

    @property
    def is_owed(self) -> bool:
        """Return whether something is owed."""
        return self.obligation is not None and self.obligation.is_owed


Heards = Sequence[Heard]


def _pack_flag(flag: bool) -> bytes:  # noqa: FBT001 - a table's value
    return b"\1" if flag else b"\0"


OBLIGATIONS: Final = Table[str, Debt](
    name="obligations",
    pack_key=str.encode,
    unpack_key=bytes.decode,
    pack_value=msgspec.msgpack.Encoder().encode,
    unpack_value=msgspec.msgpack.Decoder(Debt).decode,
)
DUE: Final = Table[Due, bool](
    name="due",
    pack_key=pack_due,
    unpack_key=unpack_due,
    pack_value=_pack_flag,
    unpack_value=lambda packed: packed == b"\1",
)
"""All that is owed, by body, lane and source, in the order in which it is due; true where a try
failed."""

OLDEST: Final = Table[Due, bool](
    name="lifts",
    pack_key=pack_due,
    unpack_key=unpack_due,
    pack_value=_pack_flag,
    unpack_value=lambda packed: packed == b"\1",
)
"""The lifts that are owed, by body, in the order in which they were stated."""

OLDEST_APPLIES: Final = Table[Due, bool](
    name="applies",
    pack_key=pack_due,
    unpack_key=unpack_due,
    pack_value=_pack_flag,
    unpack_value=lambda packed: packed == b"\1",
)
"""The applications that are owed, in the same order."""

SUMS: Final = Table[str, tuple[int, int]](
    name="sums",
    pack_key=str.encode,
    unpack_key=bytes.decode,
    pack_value=msgspec.msgpack.Encoder().encode,
    unpack_value=msgspec.msgpack.Decoder(tuple[int, int]).decode,
)
"""How many applications and lifts each body owes."""

TABLES: Final = (OBLIGATIONS, DUE, OLDEST, OLDEST_APPLIES, SUMS)


def decide(arrived: Slice[Heards], state: State) -> SliceOutcome:
    """Move the obligations that a slice of directives, answers or attempts is about."""
    draft, outcome = Draft(state), SliceOutcome()
    draft.prefetch(OBLIGATIONS, {each.value.obligation_id for each in arrived.columns})
    moved: dict[ObligationId, Obligation] = {}
    for heard in arrived.columns:
        name = heard.value.obligation_id
        before = draft.get(OBLIGATIONS, name) or Debt()
        after, word = _moved(before, heard)
        outcome.count(word)
        if after == before:
            continue
        if (took := _settled(before, after)) is not None:
            outcome.count("settled", *took)
        draft.put(OBLIGATIONS, name, after)
        _index(draft, before, after)
        if after.obligation is not None and after.obligation != before.obligation:
            moved[name] = after.obligation
    outcome.outputs = [Output("obligations", each) for each in moved.values()]
    outcome.changes = draft.changes
    return outcome


def _moved(row: Debt, heard: Heard) -> tuple[Debt, str]:
    """Return the row after what was heard, and one word for the count."""
    match heard.value:
        case Directive() as directive:
            after = stated(row, directive, heard.at, heard.began)
            return after, directive.lane if after is not row else "superseded"
        case Acknowledgement() as answer:
            after = answered(row, answer, heard.at)
            return after, "acknowledged" if after is not row else "superseded"
        case Attempt() as attempt:
            return tried(row, attempt), "tried"
        case Intervention() as intervention:
            after = hastened(row, intervention, heard.at)
            return after, "hastened" if after is not row else "untouched"


def _settled(before: Debt, after: Debt) -> tuple[str, str] | None:
    """Return what has just been settled and after how many milliseconds, None when nothing has."""
    obligation = after.obligation
    if obligation is None or obligation.settled_at is None or after.began is None:
        return None
    if not before.is_owed and before.revision == after.revision:
        return None
    took = max(0, millis_of(obligation.settled_at) - after.began)
    return obligation.action.lower(), str(took)


def stated(row: Debt, directive: Directive, at: datetime, began: int | None = None) -> Debt:
    """Return the row with a directive in place of an older one, due at once.

    A try of it that was read first counts; so does an answer, unless it is from before the
    directive was stated.
    """
    if directive.revision <= row.revision:
        return row
    early = tuple(each for each in row.early if each.revision > directive.revision)
    obligation = Obligation(
        obligation_id=directive.obligation_id,
        directive_id=directive.directive_id,
        body=directive.body,
        measure_id=directive.measure_id,
        action=directive.action,
        lane=directive.lane,
        revision=directive.revision,
        subject_id=directive.subject_id,
        stated_at=at,
        due_at=at,
        synthetic=directive.synthetic,
    )
    after = Debt(
        obligation=obligation,
        directive=directive,
        early=early,
        began=began,
        source=_source_of(directive) or row.source,
    )
    if row.early_try is not None and row.early_try.directive_id == directive.directive_id:
        after = tried(after, row.early_try)
    for each in row.early:
        # In the order in which they were given: once settled, it stays so.
        if each.revision == directive.revision and each.at >= at and after.is_owed:
            after = _said(after, each.outcome, each.detail, each.at)
    return after


def _source_of(directive: Directive) -> str:
    """Return whose decision is the newest among the grounds, nobody's where there are none."""
    newest = max(directive.grounds, key=lambda ground: ground.decided_on, default=None)
    return str(newest.source) if newest is not None else ""


def answered(row: Debt, answer: Acknowledgement, at: datetime) -> Debt:
    """Return the row after a body's answer.

    An answer to an older revision, from another body, or from before its directive was stated
    changes nothing; nor does one that says otherwise than the directive what it is about. Intake
    has told the body of such a one.
    """
    if answer.revision > row.revision:
        early = Early(answer.revision, at, answer.outcome, answer.detail)
        kept = sorted({*row.early, early}, key=lambda each: (each.revision, each.at))
        return msgspec.structs.replace(row, early=tuple(kept[-EARLY_KEPT:]))
    directive = row.directive
    if directive is None or not is_about(answer, directive) or not row.is_owed:
        return row
    assert row.obligation is not None
    if at < row.obligation.stated_at:
        return row
    return _said(row, answer.outcome, answer.detail, at)


def is_about(answer: Acknowledgement, directive: Directive) -> bool:
    """Return whether an answer names a directive in all that it repeats of it."""
    return (
        str(answer.envelope.source) == str(directive.body)
        and answer.envelope.subject_id == directive.subject_id
        and answer.measure_id == directive.measure_id
        and answer.action is directive.action
        and answer.directive_id == directive.directive_id
        and answer.revision == directive.revision
    )


def tried(row: Debt, attempt: Attempt) -> Debt:
    """Return the row after an attempt: its next one comes later."""
    obligation = row.obligation
    if obligation is None or obligation.directive_id != attempt.directive_id:
        return msgspec.structs.replace(row, early_try=attempt)
    if not obligation.is_owed:
        return row
    tries = obligation.tries + (attempt.number != NOT_SENT)
    obligation = msgspec.structs.replace(
        obligation,
        tries=tries,
        tried_at=attempt.tried_at,
        status=attempt.status,
        outcome=attempt.outcome or obligation.outcome,
        detail=attempt.detail,
        due_at=attempt.tried_at + _put_off(attempt, tries),
    )
    return msgspec.structs.replace(row, obligation=obligation)


def hastened(row: Debt, intervention: Intervention, at: datetime) -> Debt:
    """Return the row after a person has asked for its directive to be sent now.

    What is settled, or due already, stays as it is.
    """
    obligation = row.obligation
    if (
        intervention.step is not OperatorStep.REDELIVER
        or obligation is None
        or not obligation.is_owed
    ):
        return row
    if obligation.due_at is None or obligation.due_at <= at:
        return row
    return msgspec.structs.replace(row, obligation=msgspec.structs.replace(obligation, due_at=at))


def has_failed(obligation: Obligation) -> bool:
    """Return whether the last attempt brought no answer, so that it is worth another at once.

    A body that took the directive is left in peace until it is due.
    """
    return obligation.tries > 0 and not _is_success(obligation.status)


def pause(lane: Lane, tries: int, chance: float = 1.0) -> timedelta:
    """Return how long after a failed try the next one comes; ``chance`` takes up to a quarter off.

    >>> pause(Lane.LIFT, 3).total_seconds(), pause(Lane.LIFT, 100).total_seconds()
    (0.8, 60.0)
    """
    factor: int = 2 ** min(max(tries - 1, 0), 20)
    longest = min(FIRST_PAUSE[lane] * factor, LONGEST_PAUSE[lane])
    return longest * (1 - _JITTER * (1 - chance))


def chance_of(*parts: str | int) -> float:
    """Return a number from 0 to 1 that looks like chance and is the same for the same parts."""
    return crc32(":".join(map(str, parts)).encode()) / _WORDS


def _said(row: Debt, outcome: Answered, detail: str, at: datetime) -> Debt:
    assert row.obligation is not None
    if not outcome.settles:
        due_at = at + LONGEST_PAUSE[row.obligation.lane]
        obligation = msgspec.structs.replace(
            row.obligation, outcome=outcome, detail=detail, due_at=due_at
        )
        return msgspec.structs.replace(row, obligation=obligation)
    obligation = msgspec.structs.replace(
        row.obligation, outcome=outcome, detail=detail, due_at=None, settled_at=at
    )
    return msgspec.structs.replace(row, obligation=obligation, directive=None)


def _put_off(attempt: Attempt, tries: int) -> timedelta:
    if _is_success(attempt.status) or attempt.number == NOT_SENT:
        return LONGEST_PAUSE[attempt.lane]
    return pause(attempt.lane, tries, chance_of(attempt.directive_id, tries))


def _is_success(status: int | None) -> bool:
    return status is not None and 200 <= status < 300


def _index(draft: Draft, before: Debt, after: Debt) -> None:
    """Keep what is due, what is oldest, and the sums as the rows say."""
    was, now = before.obligation, after.obligation
    if was is not None and was.due_at is not None:
        draft.put(DUE, _due(was, was.due_at, before.source), None)
    if now is not None and now.due_at is not None:
        draft.put(DUE, _due(now, now.due_at, after.source), has_failed(now))
    for obligation, sign in ((was, -1), (now, 1)):
        if obligation is None or not obligation.is_owed:
            continue
        is_lift = obligation.action is Action.LIFT
        place = _due(obligation, obligation.stated_at)
        draft.put(OLDEST if is_lift else OLDEST_APPLIES, place, True if sign > 0 else None)
        applies, lifts = draft.get(SUMS, str(obligation.body)) or (0, 0)
        sums = (applies + sign * (not is_lift), lifts + sign * is_lift)
        draft.put(SUMS, str(obligation.body), sums if any(sums) else None)


def _due(obligation: Obligation, at: datetime, queue: str = "") -> Due:
    return Due(obligation.body, obligation.lane, millis_of(at), obligation.obligation_id, queue)
