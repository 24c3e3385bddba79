"""What a city says to the bus, by one seed: lawful facts, repeats, conflicts and mistakes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any, Final, TypeVar

import msgspec

from creditbus.demo.city import organisation
from creditbus.domain.acts.events import Act, EntryListed, EntryRemoved
from creditbus.domain.acts.mappings import Confidence, SubjectAliasMapped
from creditbus.domain.acts.objections import ObjectionResult
from creditbus.domain.acts.references import RecordReference
from creditbus.domain.acts.registrations import Registration, RelationChanged
from creditbus.domain.acts.repairs import RepairPlace, RepairStep
from creditbus.domain.acts.revocations import ReorganisationStep
from creditbus.domain.acts.suspensions import Stay
from creditbus.domain.identifiers.uscc import organisation_in
from creditbus.domain.ids import SourceId, SubjectId
from creditbus.domain.subjects import USCC, SubjectKind
from tests import acts
from tests.examples import (
    DECIDED_ON,
    ENDS_ON,
    OF_OLD,
    a_bid_bar,
    a_grade_a,
    a_listing,
    a_mapping,
    a_removal,
    a_restriction,
)

FIRMS: Final = tuple(organisation(number) for number in range(6))
PERSONS: Final = tuple(SubjectId(f"person:{number:064x}") for number in range(2))
BY_OLD_CODE: Final = {
    SubjectId(f"org9:{organisation_in(firm.removeprefix(USCC))}"): firm for firm in FIRMS
}
SPAN: Final = 30

A = TypeVar("A", bound=Act)


class Submitted(msgspec.Struct, frozen=True):
    """One record in one inbox; junk is bytes that are no record."""

    party: str
    value: msgspec.Struct | bytes
    attested: bool = False


class Agencies:
    """Says one thing after the other; what was said may be said again at any time."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._said: list[Submitted] = []
        self._unmapped = list(FIRMS)

    def speak(self) -> Submitted:
        """Return the next record that comes in."""
        if self._said and self._random.random() < 0.2:
            return self._random.choice(self._said)
        said = self._new()
        self._said.append(said)
        return said

    def _new(self) -> Submitted:
        chance = self._random.random()
        if chance < 0.04:
            return Submitted("court", self._random.randbytes(self._random.randint(0, 9)))
        if chance < 0.08:
            return Submitted("tax", self._under_its_id(self._about_a_firm()))
        if chance < 0.16:
            act = self._under_its_id(self._other_act())
            return Submitted(act.envelope.source, act, isinstance(act, RelationChanged))
        if chance < 0.33:
            event = self._under_its_id(self._about_a_person())
            return Submitted("court", event, self._random.random() < 0.9)
        if chance < 0.36 or (self._unmapped and chance > 0.9):
            return Submitted("market", self._about_an_old_code())
        event = self._under_its_id(self._about_a_firm())
        return Submitted(event.envelope.source, event)

    def _under_its_id(self, act: A) -> A:
        """Return an act as its source keeps its records: a subject each, but for some mistakes."""
        subject = act.envelope.subject_id
        whose = BY_OLD_CODE.get(subject, subject)

        def of_it(reference: RecordReference) -> RecordReference:
            name = f"{reference.record_id} of {whose}"
            return msgspec.structs.replace(reference, record_id=name)

        linked = {name: getattr(act, name, None) for name in ("entry", "objection", "application")}
        fields: dict[str, Any] = {
            name: of_it(each) for name, each in linked.items() if isinstance(each, RecordReference)
        }
        if self._random.random() < 0.95:
            own = f"{act.envelope.record_id} of {whose}"
            named = {"record_id": own, "event_id": f"{act.envelope.event_id} of {whose}"}
            fields["envelope"] = msgspec.structs.replace(act.envelope, **named)
        return msgspec.structs.replace(act, **fields)

    def _about_an_old_code(self) -> SubjectAliasMapped:
        """Return what the registrar says: mostly the truth, sometimes another firm's code."""
        firm = self._unmapped.pop() if self._unmapped else self._random.choice(FIRMS)
        is_mistaken = self._random.random() < 0.06
        return a_mapping(
            record_id=f"code-{firm}-{int(is_mistaken)}",
            record_revision=self._random.randint(1, 4),
            alias=organisation_in(firm.removeprefix(USCC)),
            subject_id=self._random.choice(FIRMS) if is_mistaken else firm,
            confidence=self._random.choice([Confidence.ISSUED] * 4 + [Confidence.DERIVED]),
            withdrawn=self._random.random() < 0.4 if is_mistaken else False,
        )

    def _other_act(self) -> Act:
        """Return an act that neither lists nor removes, about a firm or a person's order."""
        own: dict[str, Any] = {
            "subject_id": self._random.choice(FIRMS),
            "record_revision": self._random.randint(1, 3),
            "decided_on": self._day(),
        }
        number = self._random.randrange(2)
        entry = RecordReference(source=SourceId("court"), record_id=f"court-{number}")
        about = {**own, "entry": entry}
        of_person = {
            "subject_id": self._random.choice(PERSONS),
            "entry": RecordReference(source=SourceId("court"), record_id=f"person-{number}"),
        }
        first, last = sorted([self._day(), self._day()])
        kinds: list[Callable[[], Act]] = [
            lambda: acts.a_stay(**about, stay=self._random.choice(list(Stay))),
            lambda: acts.an_objection(**about),
            lambda: acts.an_objection_ruling(self._random.choice(list(ObjectionResult)), **about),
            lambda: acts.an_application(**about),
            lambda: acts.a_repair_ruling(self._random.choice(list(RepairStep)), **about),
            lambda: acts.a_place_told(RepairPlace.CREDIT_CHINA, **about),
            lambda: acts.a_performance(**about),
            lambda: acts.a_revocation(**own, revoked_document="测1号"),
            lambda: acts.a_reorganisation(self._random.choice(list(ReorganisationStep)), **own),
            lambda: acts.a_registration(self._random.choice(list(Registration)), **own),
            lambda: acts.a_window(**{**about, **of_person}, from_on=first, last_on=last),
            lambda: acts.a_relation(**own),
            lambda: acts.a_commitment(**own),
            lambda: acts.a_penalty(**own),
            lambda: acts.a_permit(**own),
        ]
        return self._random.choice(kinds)()

    def _about_a_firm(self) -> EntryListed | EntryRemoved:
        source, listing, provisions = self._random.choice(
            [
                ("court", a_listing, ["1"]),
                ("tender", a_bid_bar, ["53", "54"]),
                ("housing", a_bid_bar, ["53", "54"]),
                ("tax", a_grade_a, []),
            ]
        )
        number = self._random.randrange(3)
        own = {
            "source": source,
            "subject_id": self._named(self._random.choice(FIRMS)),
            "record_id": f"{source}-{number}",
            "record_revision": self._random.randint(1, 4),
        }
        if self._random.random() < 0.35:
            return a_removal(**own, list_id=listing().list_id)
        begins, ends = sorted([self._day(), self._day()])
        days: dict[str, Any] = {
            "effective_on": self._random.choice(
                [None, min(begins, DECIDED_ON + timedelta(days=20))]
            ),
            "ends_on": ends,
        }
        if listing is a_bid_bar:
            is_old = self._random.random() < 0.8
            days |= OF_OLD if is_old else {"ends_on": ENDS_ON}
        return listing(
            **own,
            **days,
            provisions=(self._random.choice(provisions),) if provisions else (),
            document_number=self._random.choice(["测1号", "测1号", "测2号", ""]),
        )

    def _named(self, firm: SubjectId) -> SubjectId:
        is_old = self._random.random() < 0.2
        return SubjectId(f"org9:{organisation_in(firm.removeprefix(USCC))}") if is_old else firm

    def _about_a_person(self) -> EntryListed | EntryRemoved:
        own = {
            "subject_id": self._random.choice(PERSONS),
            "subject_kind": SubjectKind.NATURAL_PERSON,
            "record_id": f"person-{self._random.randrange(2)}",
            "record_revision": self._random.randint(1, 4),
        }
        if self._random.random() < 0.35:
            return a_removal(**own, list_id="RG-COURT-XX")
        provisions = self._random.choice([("1",), ("9",), ("1", "9"), ("7",)])
        is_adult = self._random.random() < 0.9
        return a_restriction(**own, provisions=provisions, adult_on_decision=is_adult)

    def _day(self) -> date:
        return DECIDED_ON + timedelta(days=self._random.randrange(SPAN))
