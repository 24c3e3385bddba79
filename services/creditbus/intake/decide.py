"""Admission: an arrival in an inbox becomes an event, an acknowledgement, or a refusal.

What needs no law is asked here: who speaks, can it be carried, does it name a record and a
subject, is a person's number or name in it, is the person of age. Who may state such an act,
whether its list is in use, and all that the law asks of it, is asked once, by listing, under the
edition of the decision's day. Two answers depend on what lies here alone and are given here, under
the editions: is an old code sure enough for what burdens, and does an answer come from a body.
A removal is asked only who speaks and about whom: no doubt about the original may hold it (law 7).
Whom a record id has named before is asked last (``namesakes``).

A subject may be named by an old code. Then the aliases known so far say who is meant, and what is
written names the subject itself, with the old code and how far the aliases were read beside it; so
all that follows is a function of the log.

What is sent in the sandbox is asked all that needs no state, the law included, and goes no further:
it becomes a refusal that says so, and never an event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from creditbus.domain.acts.doors import faults_of
from creditbus.domain.acts.events import Act, Envelope
from creditbus.domain.acts.kinds import is_way_out
from creditbus.domain.acts.records import record_faults, subject_faults, trust_in
from creditbus.domain.acts.refusals import TRIED, Fault, Reason, Refusal, precedence, refuse
from creditbus.domain.aliases.resolution import Aliases
from creditbus.domain.effects.directives import NOT_ITS, Acknowledgement, Statement, misnamed
from creditbus.domain.ids import SourceId, SubjectId
from creditbus.domain.law.articles import OWN_NAME
from creditbus.domain.law.editions import Editions
from creditbus.engine.values import Arrival, Output, Slice, SliceOutcome, State
from creditbus.intake.names import Submission, conflict, meant
from creditbus.intake.namesakes import Recalled, RecentRecords

Arrivals = Sequence[Arrival[Statement]]


class Renamed(msgspec.Struct, frozen=True):
    """An admitted record about the subject that its old code stands for.

    ``position`` is how far the aliases were read when that was found.
    """

    event: Statement
    alias: SubjectId
    position: int


class Rejection(msgspec.Struct, frozen=True):
    """All that keeps a submission out, in the order in which it was asked; one fault or more."""

    faults: tuple[Fault, ...]


def admit(submission: Submission) -> tuple[Submission, ...] | Rejection:
    """Return what a submission says, or every fault that intake finds, in the order of ``Reason``.

    It is one record, about its subject by the subject's own id. Only what eases, under an old code
    that has stood for several subjects, becomes several: it reaches each of them. Where no subject
    is found, nothing is asked about it.
    """
    found = [*_speaker(submission), *_record(submission)]
    named = meant(submission)
    if isinstance(named, Fault):
        return Rejection((*found, named))
    for each in named:
        found += [*_subject(each), *_identity(each), *_body(each)]
    return Rejection(tuple(dict.fromkeys(found))) if found else named


def _unasked() -> Fault | None:
    return None


def admit_try(submission: Submission, reused: Callable[[], Fault | None] = _unasked) -> Rejection:
    """Return all that keeps a submission out that its source only tries: that it does, at the last.

    Before it stands what would be found were it sent for real, as far as that needs no state, and
    whether its record is ``reused``.
    """
    admitted = admit(submission)
    if isinstance(admitted, Rejection):
        return Rejection((*admitted.faults, TRIED))
    lawful = (
        fault
        for each in admitted
        if isinstance(each.event, Act)
        for fault in faults_of(each.event, submission.editions)
    )
    found = [*lawful, *filter(None, (reused(),))]
    return Rejection((*sorted(dict.fromkeys(found), key=precedence), TRIED))


def _never(_arrival: Arrival[Statement]) -> bool:
    return False


def build(
    editions: Editions,
    party_of: Callable[[str], str],
    vouched: Callable[[bytes, bytes], bool],
    aliases: Aliases | None = None,
    is_try: Callable[[Arrival[Statement]], bool] = _never,
    records: RecentRecords | None = None,
) -> Callable[[Slice[Arrivals], State], SliceOutcome]:
    """Return the decision over a slice of one inbox.

    ``party_of`` gives the owner of an inbox topic; ``vouched`` says of an attestation and of the
    bytes beside it whether the gateway signed them. ``aliases`` may grow between two slices;
    without them no old code is known. ``is_try`` says of an arrival that it is only tried.
    ``records`` remembers whom they have named.
    """
    known = Aliases() if aliases is None else aliases
    recent = RecentRecords() if records is None else records
    tried = RecentRecords()  # beside it, because tries name nobody for real

    def decide(arrived: Slice[Arrivals], _state: State) -> SliceOutcome:
        outcome = SliceOutcome()
        party = party_of(arrived.topic)
        recalled = recent.recall(SourceId(party), (each.value for each in arrived.columns))
        for arrival in arrived.columns:
            event, headers = arrival.value, dict(arrival.headers)
            stated = headers.get("attestation") or b""
            attested = bool(stated) and vouched(stated, arrival.raw)
            submission = Submission(event, party, attested, editions, known)
            asked = None if attested and "sheet" in headers else recalled
            if is_try(arrival):
                admitted = _tried(submission, arrival.origin, recent, tried, asked)
            else:
                admitted = _stated(submission, arrival.origin, recent, asked)
            if isinstance(admitted, Rejection):
                spoken = _as_spoken_by(party, event.envelope)
                refusal = refuse(spoken, admitted.faults, arrival.origin)
                outcome.outputs.append(Output("refusals", refusal, arrival.origin))
                _count(outcome, refusal)
                continue
            stream = "acknowledgements" if isinstance(event, Acknowledgement) else "events"
            for each in admitted:
                value: object = arrival
                if each.alias is not None:
                    value = Renamed(each.event, each.alias.id, known.position)
                    outcome.count("renamed")
                outcome.outputs.append(Output(stream, value, arrival.origin))
            outcome.count("admitted")
        return outcome

    return decide


def _count(outcome: SliceOutcome, refusal: Refusal) -> None:
    if refusal.is_tried:
        # Nobody's statistics: that somebody tries a wrong record is no wrong record.
        outcome.count("tried")
        return
    outcome.count("refused")
    outcome.count("refused", refusal.source, refusal.reason)


def _tried(
    submission: Submission,
    origin: str,
    recent: RecentRecords,
    tried: RecentRecords,
    recalled: Recalled | None,
) -> tuple[Submission, ...] | Rejection:
    """Return what is told of a try, whose record is asked among the real ones and among the tries.

    What would be let in is noted among the tries alone.
    """
    event = submission.event

    def reused() -> Fault | None:
        if recalled is None or not isinstance(event, Act):
            return None
        return recent.fault_in(event, origin, recalled) or tried.fault_in(event, origin, {})

    rejection = admit_try(submission, reused)
    if rejection.faults == (TRIED,) and isinstance(event, Act):
        tried.take(event, origin)
    return rejection


def _stated(
    submission: Submission, origin: str, recent: RecentRecords, recalled: Recalled | None
) -> tuple[Submission, ...] | Rejection:
    """Return what is admitted, and note whom it names, unless its record has named another one.

    Nothing is ``recalled`` for a row of an official sheet: its id may be of a case with several
    debtors.
    """
    admitted, event = admit(submission), submission.event
    if isinstance(admitted, Rejection) or not isinstance(event, Act):
        return admitted
    if recalled is not None:
        reused = recent.fault_in(event, origin, recalled)
        if reused is not None:
            return Rejection((reused,))
    for each in admitted:
        assert isinstance(each.event, Act)
        recent.take(each.event, origin)
    return admitted


def _as_spoken_by(party: str, envelope: Envelope) -> Envelope:
    # The one who is told is the owner of the inbox, whatever name the record claims.
    return msgspec.structs.replace(envelope, source=party)


def _speaker(submission: Submission) -> Iterator[Fault]:
    claimed, party = submission.event.envelope.source, submission.party
    if claimed != party:
        detail = f"the inbox is {party}'s, the record speaks for {claimed}"
        yield Fault(Reason.SOURCE_MISMATCH, "source", OWN_NAME, detail)


def _body(submission: Submission) -> Iterator[Fault]:
    """Yield why an answer does not count: who gave it was a body under no edition.

    One that a reform has dissolved still says that it lifted what it was told to lift.
    """
    if not isinstance(submission.event, Acknowledgement):
        return
    party = submission.party
    if not any(party in each.bodies for each in submission.editions.catalogues):
        detail = f"{party} is not registered as an executing body"
        yield Fault(Reason.SOURCE_NOT_COMPETENT, "source", OWN_NAME, detail)
    elif field := misnamed(submission.event):
        yield Fault(Reason.DIRECTIVE_UNKNOWN, field, OWN_NAME, NOT_ITS[field])


def _record(submission: Submission) -> Iterator[Fault]:
    event = submission.event
    # What eases is only cut, and what becomes of an answer keeps little of it.
    is_cut = isinstance(event, Acknowledgement) or (isinstance(event, Act) and is_way_out(event))
    return record_faults(event, is_cut=is_cut)


def _identity(submission: Submission) -> Iterator[Fault]:
    doubted = submission.aliases.is_doubted(submission.event.envelope.subject_id)
    if doubted and submission.is_adverse:
        yield conflict("an old code stands for this subject and for another at once")


def _subject(submission: Submission) -> list[Fault]:
    event = submission.event
    is_registered = submission.aliases.is_registered(event.envelope.subject_id)
    trust = trust_in(event, is_registered=is_registered)
    return subject_faults(event, event.envelope, trust, attested=submission.attested)
