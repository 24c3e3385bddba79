"""Records: what any statement must be before it is carried, asked without law and without state.

Does it name a record, is it small enough, does it name a subject that can be one, and is a natural
person's name or number kept out of it. The gateway asks before it gives a receipt, and intake asks
of whatever lies in an inbox; of what eases no more is asked than who it is about (law 7).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final, Protocol, TypeVar

import msgspec

from creditbus.domain.acts.events import Burden, EntryListed, Envelope, Fact
from creditbus.domain.acts.mappings import SubjectAliasMapped
from creditbus.domain.acts.references import RecordReference
from creditbus.domain.acts.refusals import Fault, Reason
from creditbus.domain.acts.registrations import RelationChanged
from creditbus.domain.identifiers.citizen import hide_persons
from creditbus.domain.law.articles import IDENTITY, MINORS, OWN_NAME, PERSONS
from creditbus.domain.subjects import (
    SubjectKind,
    Trust,
    is_doubtful,
    is_person,
    kind_of,
    why_not_subject,
)

A = TypeVar("A", bound=msgspec.Struct)

ID_CHARACTERS: Final = 200
TEXT_CHARACTERS: Final = 500
"""How long an id and a text of a record may be, so that a standing fits into a record."""

MANY: Final = 50
"""How many bases, provisions or measures a record may name."""

FREE_TEXTS: Final = frozenset(
    [
        *("subject_name", "ground", "grounds", "remedy", "violation", "content", "penalties"),
        *("licences", "permit", "item", "method", "region"),
    ]
)
"""What is written in words. An id or a document's number may have the form of a person's number."""

_SHORTEST: Final = 18
_NUMBER: Final = "a natural person's number stands in the text: leave it out"
_NUMBER_ZH: Final = "文本中有自然人的证件号码，请删去后报送"

_REMEMBERED: Final = (Burden, Fact, SubjectAliasMapped)
"""Acts that burden a subject or are kept about it: of a person only when the gateway vouches."""


class Recorded(Protocol):
    """Whatever has an envelope: an act, a mapping of an old code, an acknowledgement."""

    @property
    def envelope(self) -> Envelope:
        """Return who states which record about whom."""
        ...


def record_faults(stated: Recorded, *, is_cut: bool) -> Iterator[Fault]:
    """Yield why a statement names no record or says more than can be carried.

    Of what ``is_cut`` only the beginning is kept, so that its record id alone must fit.
    """
    envelope = stated.envelope
    if not envelope.record_id.strip() or envelope.record_revision < 1:
        detail = "give the record's own id and a revision of 1 or more"
        yield Fault(Reason.RECORD_UNNAMED, "record_id", OWN_NAME, detail)
    if len(envelope.record_id) > ID_CHARACTERS:
        yield _too_long("record_id")
    elif not is_cut and (field := _wordy_field(stated)):
        yield _too_long(field)
    elif not is_cut and (field := _field_with_number(stated)):
        yield Fault(Reason.SUBJECT_INVALID, field, PERSONS, _NUMBER, _NUMBER_ZH)


def without_numbers(act: A) -> A:
    """Return an act with every natural person's number in its free texts masked.

    For what eases: a number in its words neither holds it nor travels on.
    """
    changes = {
        name: plain
        for name in _texts_of(act.__struct_fields__)
        if (plain := _masked(getattr(act, name))) != getattr(act, name)
    }
    return msgspec.structs.replace(act, **changes) if changes else act


def subject_faults(
    event: object, envelope: Envelope, trust: Trust, *, attested: bool
) -> list[Fault]:
    """Return why a statement is about nobody, or tells of a person what may not travel.

    ``attested`` says whether the gateway vouches for it.
    """
    kind = kind_of(envelope.subject_id)
    found = []
    why_not = why_not_subject(kind, envelope.subject_id, trust)
    if why_not:
        found.append(Fault(Reason.SUBJECT_INVALID, "subject_id", IDENTITY, why_not))
    found += other_faults(event, attested=attested)
    if not why_not and is_person(kind) and isinstance(event, _REMEMBERED):
        found += _person_faults(event, envelope, kind, attested=attested)
    return found


def other_faults(event: object, *, attested: bool) -> Iterator[Fault]:
    """Yield what is wrong with whom a statement names beside its subject."""
    if isinstance(event, SubjectAliasMapped) and (why_not := event.named.why_not()):
        yield Fault(Reason.SUBJECT_INVALID, "alias", IDENTITY, why_not)
    if isinstance(event, EntryListed) and event.unit is not None and is_doubtful(event.unit):
        why_not = why_not_subject(kind_of(event.unit), event.unit)
        yield Fault(Reason.SUBJECT_INVALID, "unit", IDENTITY, why_not)
    if not isinstance(event, RelationChanged):
        return
    why_not = why_not_subject(SubjectKind.NATURAL_PERSON, event.person)
    if why_not:
        yield Fault(Reason.SUBJECT_INVALID, "person", IDENTITY, why_not)
    if not attested:
        detail = "who stands for an organisation is told to the gateway, by number"
        yield Fault(Reason.PERSON_NOT_ATTESTED, "person", PERSONS, detail)


def trust_in(event: object, *, is_registered: bool) -> Trust:
    """Return how a statement's subject is asked whether it is one.

    ``is_registered`` says whether a registrar has named the subject's code.
    """
    if isinstance(event, SubjectAliasMapped):
        return event.trust
    if not isinstance(event, _REMEMBERED):
        return Trust.EASING
    return Trust.REGISTERED if is_registered else Trust.NONE


def _too_long(field: str) -> Fault:
    detail = (
        f"ids may have {ID_CHARACTERS} characters, texts {TEXT_CHARACTERS}, "
        f"bases and provisions {MANY} rows"
    )
    return Fault(Reason.FIELD_TOO_LONG, field, OWN_NAME, detail)


def _person_faults(
    event: object, envelope: Envelope, kind: SubjectKind, *, attested: bool
) -> Iterator[Fault]:
    if getattr(event, "subject_name", None) is not None:
        detail = "a natural person's name never travels on the bus"
        yield Fault(Reason.SUBJECT_INVALID, "subject_name", PERSONS, detail)
    if not attested:
        # The age is the gateway's to say: of a record that it has not seen nothing is known.
        detail = "facts about natural persons and individual businesses come through the gateway"
        yield Fault(Reason.PERSON_NOT_ATTESTED, "subject_id", PERSONS, detail)
    elif kind is SubjectKind.NATURAL_PERSON and envelope.adult_on_decision is not True:
        detail = "the subject was not of age on the day of the decision; nothing of it is kept"
        yield Fault(Reason.SUBJECT_MINOR, "adult_on_decision", MINORS, detail)


def _wordy_field(stated: Any) -> str:
    """Return the first field that says more than what it becomes can carry, or nothing."""
    # Asked of every record on the bus: what has no length is passed by at once.
    envelope = stated.envelope
    for name in _WORDY:
        said = getattr(envelope, name)
        if _TOO_LONG[type(said)](name, said):
            return name
    for name in stated.__struct_fields__:
        said = getattr(stated, name)
        is_too_long = _TOO_LONG.get(type(said))
        if is_too_long is not None and is_too_long(name, said):
            return str(name)
    return ""


def _field_with_number(stated: Any) -> str:
    """Return the first free text in which a natural person's number stands, or nothing."""
    for name in _texts_of(stated.__struct_fields__):
        said = getattr(stated, name)
        if said and _masked(said) != said:
            return name
    return ""


def _masked(said: Any) -> Any:
    if isinstance(said, tuple):
        return tuple(map(hide_persons, said))
    # Nobody's number is shorter.
    return hide_persons(said) if said and len(said) >= _SHORTEST else said


@cache
def _texts_of(fields: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in fields if name in FREE_TEXTS)


def _is_long(name: str, said: str) -> bool:
    return len(said) > (ID_CHARACTERS if name.endswith("_id") else TEXT_CHARACTERS)


def _is_many(_name: str, said: tuple[Any, ...]) -> bool:
    return len(said) > MANY or any(len(each) > ID_CHARACTERS for each in said)


def _is_far(_name: str, said: RecordReference) -> bool:
    return max(len(said.source), len(said.record_id)) > ID_CHARACTERS


_WORDY: Final = ("event_id", "bases", "document_number")
_TOO_LONG: Final[dict[type, Callable[[str, Any], bool]]] = {
    str: _is_long,
    tuple: _is_many,
    RecordReference: _is_far,
}
