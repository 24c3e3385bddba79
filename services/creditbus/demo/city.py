"""The demonstration city: a seeded history, with what must become of each record.

Lawful lives (listings, removals, terms that are over), everyday trouble (repeats, late and early
arrivals) and plain mistakes (a wrong check character, no basis, another's list, bytes that are no
record). All subjects are made up by the generator rule for test data: region 370200, body 0000 and
four characters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from random import Random
from typing import Final

import msgspec

from creditbus.demo.proceedings import of_order, of_organisation
from creditbus.domain.acts.events import Act, EntryListed, EntryRemoved, Envelope, RemovalCause
from creditbus.domain.calendar import years_after
from creditbus.domain.identifiers import uscc
from creditbus.domain.identifiers.organisation import check_character
from creditbus.domain.ids import BasisId, EventId, ListId, SourceId, SubjectId, derive
from creditbus.domain.law.catalogue import Catalogue, ListDefinition, Polarity
from creditbus.domain.law.editions import Editions
from creditbus.domain.subjects import USCC, kind_of, uscc_subject

CITY: Final = "3702"  # what the codes of Qingdao's regions begin with
NAME_PREFIX: Final = "（测）"
_DAY: Final = timedelta(days=1)
_AT_ONCE: Final = 200
_OVER: Final = 0.05


class Fate(StrEnum):
    """What must become of a record, whatever happens to the bus meanwhile."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    REFUSED = "refused"
    DEAD = "dead"


class Person(msgspec.Struct, frozen=True):
    """A made-up natural person, as the gateway is told of one: never a real kind of number."""

    number: str
    number_kind: str = "synthetic"


class Submitted(msgspec.Struct, frozen=True, kw_only=True):
    """One record that an agency sends: an event, one about a person, or bytes that are none."""

    source: SourceId
    fate: Fate
    event: Act | None = None
    person: Person | None = None
    raw: bytes | None = None


def organisation(number: int, of_class: str = "91") -> SubjectId:
    """Return the made-up organisation with this number (0 to 92,352,099).

    ``of_class`` is the registration authority and the class in it: a firm, if nothing else is said.
    """
    body = ""
    for _ in range(4):
        number, place = divmod(number, len(uscc.ALPHABET))
        body = uscc.ALPHABET[place] + body
    inner = f"0000{body}"
    code = f"{of_class}{CITY}{number:02d}{inner}{check_character(inner)}"
    return uscc_subject(code + uscc.check_character(code))


def _numbered(statements: list[Submitted]) -> list[Submitted]:
    """Return the statements with the running number that each agency gives what it publishes.

    Those about a person go another way, by HTTP, so their order among the others is not known.
    """
    last: Counter[SourceId] = Counter()
    numbered = []
    for each in statements:
        if each.event is not None and each.person is None:
            last[each.source] += 1
            envelope = msgspec.structs.replace(each.event.envelope, sequence=last[each.source])
            event = msgspec.structs.replace(each.event, envelope=envelope)
            numbered.append(msgspec.structs.replace(each, event=event))
        else:
            numbered.append(each)
    return numbered


def _class_on(definition: ListDefinition) -> str:
    """Return a class of organisations that can be on a list: firms, or whom the list is for."""
    firm = "91"
    return (
        firm
        if not definition.classes or firm.startswith(definition.classes)
        else definition.classes[0]
    )


class City:
    """The histories of one run; ``run`` keeps its records apart from those of other runs.

    ``law`` is the succession of editions that the bus decides under, or one that always was.
    """

    def __init__(self, law: Editions | Catalogue, *, seed: int, run: str, today: date) -> None:
        self._editions = law if isinstance(law, Editions) else Editions.of(law)
        catalogue = self._editions.on(today)
        self._random = Random(f"{seed} {run}")
        self._run = run
        self._today = today
        self._records = 0
        self._lists = [each for each in catalogue.lists.values() if each.enabled]
        self._kept = {keeper: each for each in self._lists for keeper in each.keepers}
        self._outsiders = sorted(set(catalogue.sources) - set(self._kept))

    def statements(self, count: int) -> list[Submitted]:
        """Return about this many records, each agency's in the order it sends them.

        Every agency speaks.
        """
        lives = [[self._stray(source)] for source in self._outsiders]
        lives += [list(self._entry(each, keeper)) for keeper, each in self._kept.items()]
        made = sum(map(len, lives))
        while made < count:
            life = list(self._life())
            lives.append(life)
            made += len(life)
        return _numbered(self._woven(lives))

    def _woven(self, lives: list[list[Submitted]]) -> list[Submitted]:
        """Return all lives at once, each in its own order among the others."""
        waiting = [iter(life) for life in reversed(lives)]
        active = [waiting.pop() for _ in range(min(_AT_ONCE, len(waiting)))]
        woven: list[Submitted] = []
        while active:
            place = self._random.randrange(len(active))
            statement = next(active[place], None)
            if statement is not None:
                woven.append(statement)
                continue
            active[place] = active[-1]
            active.pop()
            if waiting:
                active.append(waiting.pop())
        return woven

    def _life(self) -> Iterator[Submitted]:
        if self._random.random() < 0.03:
            yield self._mistake()
            return
        yield from self._entry(self._random.choice(self._lists))

    def _entry(
        self, definition: ListDefinition, source: SourceId | None = None
    ) -> Iterator[Submitted]:
        listing = self.listing(definition, source)
        as_person = definition.polarity is Polarity.RESTRICTION
        person = self._person() if as_person else None
        yield from self._told(listing, person)

    def _told(self, listing: EntryListed, person: Person | None) -> Iterator[Submitted]:
        """Return one entry's life: in order, repeated, too early or too late."""
        chance = self._random.random()
        removal = self.removal(listing)
        if chance < 0.05 and person is None:
            # The way out overtakes the way in: the removal is remembered, the listing is told so.
            yield self._say(removal, Fate.APPLIED)
            yield self._say(listing, Fate.REFUSED)
            return
        yield self._say(listing, Fate.APPLIED, person)
        if chance < 0.20 and person is None:
            yield self._say(self._again(listing), Fate.DUPLICATE)
        if chance < 0.23 and person is None:
            other = msgspec.structs.replace(listing, rights_stated=not listing.rights_stated)
            yield self._say(other, Fate.REFUSED)
        follows = of_order if person is not None else of_organisation
        for act in follows(listing, self._random, self._today):
            yield self._say(act, Fate.APPLIED, person)
        if chance < 0.60:
            yield self._say(removal, Fate.APPLIED, person)
            if chance < 0.30 and person is None:
                yield self._say(self._again(removal), Fate.DUPLICATE)

    def listing(self, definition: ListDefinition, source: SourceId | None = None) -> EntryListed:
        """Return a lawful listing of a made-up organisation, by a keeper unless it is named."""
        decided_on, bases = self._decision(definition)
        provisions = self._provisions(definition)
        years = self._years(definition, provisions)
        return EntryListed(
            envelope=self._envelope(
                source or self._random.choice(definition.keepers),
                decided_on,
                bases,
                _class_on(definition),
            ),
            list_id=ListId(definition.id),
            subject_name=f"{NAME_PREFIX}青岛{self._records}号有限公司"
            if definition.polarity is not Polarity.RESTRICTION
            else None,
            provisions=provisions,
            ends_on=years_after(decided_on, years) if years else None,
            until_performed=not years,
            notice_served_on=decided_on - _DAY * 15,
            rights_stated=True,
        )

    def _decision(self, definition: ListDefinition) -> tuple[date, tuple[BasisId, ...]]:
        """Return a day on which the list was in use, and the bases in force on it.

        A few are so long ago that the term is over; a list that is new has only these days.
        """
        long_ago = self._today - _DAY * self._random.randint(2000, 2200)
        lately = self._today - _DAY * self._random.randint(20, 300)
        days = (long_ago, lately) if self._random.random() < _OVER else (lately,)
        for day in (*days, self._today):
            catalogue = self._editions.on(day)
            then = catalogue.lists.get(ListId(definition.id))
            if then is None or not then.enabled:
                continue
            known = catalogue.bases
            bases = [
                basis
                for basis in definition.bases
                if basis in known
                and basis in then.bases
                and known[basis].enabled
                and known[basis].is_in_force(day)
            ]
            if bases:
                return day, tuple(bases[:2])
        raise AssertionError(f"no basis of {definition.id} is in force")

    def _provisions(self, definition: ListDefinition) -> tuple[str, ...]:
        if definition.polarity is Polarity.RESTRICTION:
            return ("1", "9")
        known = sorted(definition.provisions)
        return (self._random.choice(known),) if known else ()

    @staticmethod
    def _years(definition: ListDefinition, provisions: tuple[str, ...]) -> int:
        if definition.years_max is not None:
            return definition.years_max
        return min((definition.provisions[name] for name in provisions), default=0)

    def _envelope(
        self,
        source: SourceId,
        decided_on: date,
        bases: tuple[BasisId, ...],
        of_class: str,
    ) -> Envelope:
        self._records += 1
        number = int(derive("subject", self._run, self._records)[:8], 16) % 900_000
        subject = organisation(number, of_class)
        record_id = f"{self._run}-{self._records}"
        return Envelope(
            event_id=EventId(derive("event", source, record_id, 1)),
            source=source,
            record_id=record_id,
            record_revision=1,
            sequence=0,
            subject_kind=kind_of(subject),
            subject_id=subject,
            occurred_at=datetime.combine(decided_on, time(2), UTC),
            decided_on=decided_on,
            document_number=f"（{decided_on.year}）鲁02测{self._records}号",
            bases=bases,
            synthetic=True,
        )

    def removal(self, listing: EntryListed) -> EntryRemoved:
        """Return what takes a listing back, decided some days after it."""
        envelope = listing.envelope
        decided_on = min(self._today, envelope.decided_on + _DAY * self._random.randint(5, 20))
        return EntryRemoved(
            envelope=msgspec.structs.replace(
                envelope,
                event_id=EventId(derive("event", envelope.source, envelope.record_id, 2)),
                record_revision=2,
                decided_on=decided_on,
                bases=(),
            ),
            list_id=listing.list_id,
            cause=self._random.choice([RemovalCause.PERFORMED, RemovalCause.REPAIRED]),
        )

    def _again(self, event: EntryListed | EntryRemoved) -> EntryListed | EntryRemoved:
        envelope = event.envelope
        repeat = EventId(derive("repeat", envelope.event_id))
        return msgspec.structs.replace(
            event, envelope=msgspec.structs.replace(envelope, event_id=repeat)
        )

    def _stray(self, source: SourceId) -> Submitted:
        """Return the listing of an agency on a register that it does not keep."""
        return self._say(self.listing(self._lists[0], source), Fate.REFUSED)

    def _mistake(self) -> Submitted:
        definition = self._random.choice(
            [each for each in self._lists if each.polarity is not Polarity.RESTRICTION]
        )
        listing = self.listing(definition)
        kind = self._random.randrange(5)
        if kind < 3:
            return self._dead(listing.envelope.source, kind)
        envelope = listing.envelope
        if kind == 3:
            code = envelope.subject_id.removeprefix(USCC)
            wrong = next(symbol for symbol in "0123456789" if symbol != code[-1])
            envelope = msgspec.structs.replace(
                envelope, subject_id=SubjectId(f"{USCC}{code[:-1]}{wrong}")
            )
        else:
            envelope = msgspec.structs.replace(envelope, bases=())
        return self._say(msgspec.structs.replace(listing, envelope=envelope), Fate.REFUSED)

    def _dead(self, source: SourceId, kind: int) -> Submitted:
        # No frame at all; an id that no registry gave; nothing.
        raw = (b"no record", b"\x00\x7f\xff\xff\xff0123", b"")[kind]
        return Submitted(source=source, fate=Fate.DEAD, raw=raw)

    def _person(self) -> Person:
        number = int(derive("person", self._run, self._records)[:8], 16) % 100_000_000
        return Person(f"SYN-{number:08d}-{self._random.randint(1950, 2000)}")

    @staticmethod
    def _say(event: Act, fate: Fate, person: Person | None = None) -> Submitted:
        return Submitted(source=event.envelope.source, fate=fate, event=event, person=person)
