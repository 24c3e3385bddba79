"""Editions: the catalogue over time, each immutable and named by its hash.

An event is decided under the edition in force on its ``decided_on``: law is not turned back, and a
replay uses the old law for old cases. An edition names the one that it follows, so the newest name
alone tells the whole succession. Which one is active the log says (``EditionActivated``), and no
clock does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from hashlib import sha256
from itertools import product
from typing import Any, Final

import msgspec

from creditbus.domain.ids import ListId, MeasureId
from creditbus.domain.law.catalogue import Catalogue, MeasureDefinition

EVER: Final = date(1949, 10, 1)
"""From when an edition without a day is in force: before any law that it could name."""

_HASH_DIGITS: Final = 16

_GONE: Final = {"sources": ("region",), "bodies": ("webhook",), "subscribers": ("fields",)}
"""Fields of older editions that decided nothing and are left out when one is opened.

Its name is that of its bytes, so it keeps it.
"""


class EditionUnknown(LookupError):
    """An edition is named whose file is not here; nothing may be decided without it."""

    def __init__(self, edition: str) -> None:
        self.edition = edition
        super().__init__(
            f"edition {edition} of the catalogue is not on the shelf; copy its file {edition}.json"
            " into the folder of editions (setting CREDITBUS_EDITIONS) and start again"
        )


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """A catalogue with the day from which it is in force, and the edition that it follows."""

    catalogue: Catalogue
    in_force_from: date = EVER
    follows: str = ""

    @property
    def id(self) -> str:
        """The hash that names the edition."""
        return self.catalogue.edition


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    in_force_from: date
    follows: str
    rows: dict[str, dict[str, dict[str, Any]]]


class Editions:
    """A succession of editions up to the latest; older ones are found by their names.

    ``find`` gives the edition behind a hash, or none. Raises ``EditionUnknown`` when one that the
    latest follows is missing.

    Editions from before the powers were written down fall under the first table of them: who may
    speak was law then as well. ``powers_from`` states it where none of these editions does.
    """

    def __init__(
        self,
        latest: Edition,
        find: Callable[[str], Edition | None] = lambda _: None,
        powers_from: Catalogue | None = None,
    ) -> None:
        self._find = find
        self._succession = [latest]
        while self._succession[-1].follows:
            self._succession.append(self._known(self._succession[-1].follows))
        self._inclusive = _inclusive([each.catalogue for each in self._succession])
        stated = (each.catalogue for each in reversed(self._succession) if each.catalogue.powers)
        self._powers_from = next(stated, powers_from)
        self._succession = [_empowered(each, self._powers_from) for each in self._succession]
        self._ids = frozenset(edition.id for edition in self._succession)
        self._asked: dict[ListId, tuple[MeasureDefinition, ...]] | None = None
        self._others: dict[str, Editions] = {}
        self._reformed: dict[tuple[str, str], frozenset[ListId]] = {}

    @classmethod
    def of(cls, catalogue: Catalogue) -> Editions:
        """Return the succession of one catalogue that was always in force."""
        return cls(Edition(catalogue=catalogue))

    @property
    def latest(self) -> Catalogue:
        """The catalogue of the newest edition."""
        return self._succession[0].catalogue

    @property
    def inclusive(self) -> Catalogue:
        """The newest catalogue, with the sources and bodies that only older editions name.

        A party that an edition has dropped still has an inbox, with records in it and removals to
        come, and owes or is owed what was stated before.
        """
        return self._inclusive

    @property
    def catalogues(self) -> tuple[Catalogue, ...]:
        """The catalogue of each edition, the newest first."""
        return tuple(each.catalogue for each in self._succession)

    def on(self, day: date) -> Catalogue:
        """Return the catalogue in force on a civil day; before the first edition, the first."""
        return self._edition(day).catalogue

    def as_of(self, day: date) -> Editions:
        """Return the succession as it stood on a civil day, without what came in force later."""
        return self.upto(self._edition(day).id)

    def upto(self, edition: str) -> Editions:
        """Return the succession with this edition as its latest; without a name, this one.

        Raises ``EditionUnknown``.
        """
        if not edition or edition == self.latest.edition:
            return self
        if edition not in self._others:
            named = next((each for each in self._succession if each.id == edition), None)
            named = named or self._known(edition)
            self._others[edition] = Editions(named, self._find, self._powers_from)
        return self._others[edition]

    def activated(self, edition: str) -> Editions:
        """Return the succession once an edition was activated; one that is in it changes nothing.

        Raises ``EditionUnknown``.
        """
        return self if edition in self._ids else self.upto(edition)

    def reformed(self, before: str, after: str) -> frozenset[ListId] | None:
        """Return the lists whose entries may stand, or bind, otherwise under another edition.

        None when one of the two is not here, so that nobody knows.
        """
        pair = (before, after)
        if pair not in self._reformed:
            try:
                lists = reformed(self.upto(before).latest, self.upto(after).latest)
            except EditionUnknown:
                return None
            self._reformed[pair] = lists
        return self._reformed[pair]

    def asked_by(self, list_id: ListId) -> tuple[MeasureDefinition, ...]:
        """Return the measures of the latest edition in use that an entry on a list may ask for."""
        if self._asked is None:
            self._asked = _by_list(self.latest)
        return self._asked.get(list_id, ())

    def _edition(self, day: date) -> Edition:
        for edition in self._succession:
            if edition.in_force_from <= day:
                return edition
        return self._succession[-1]

    def _known(self, edition: str) -> Edition:
        found = self._find(edition)
        if found is None:
            raise EditionUnknown(edition)
        return found


def sealed(edition: Edition) -> tuple[Edition, bytes]:
    """Return the edition under the name of its content, and the bytes that it is named by.

    What has its default is left out, so that a field which a later program adds changes no name.
    """
    content = {
        "in_force_from": edition.in_force_from.isoformat(),
        "follows": edition.follows,
        "rows": {
            part: _plain(getattr(edition.catalogue, part))
            for part in Catalogue.__struct_fields__
            if part != "edition" and (part != "powers" or edition.catalogue.powers)
        },
    }
    data = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
    named = msgspec.structs.replace(edition.catalogue, edition=_name(data))
    return msgspec.structs.replace(edition, catalogue=named), data


def opened(data: bytes) -> Edition:
    """Return the edition in the bytes of its file, under the name that they give it.

    Raises ``ValueError`` when they hold no edition.
    """
    file = msgspec.json.decode(data, type=_File)
    for part, fields in _GONE.items():
        for row, field in product(file.rows.get(part, {}).values(), fields):
            row.pop(field, None)
    rows: dict[str, Any] = {"edition": _name(data), **file.rows}
    return Edition(
        catalogue=msgspec.convert(rows, Catalogue),
        in_force_from=file.in_force_from,
        follows=file.follows,
    )


def reformed(before: Catalogue, after: Catalogue) -> frozenset[ListId]:
    """Return the lists that another catalogue changes: in their own row, or in a measure's.

    A measure is changed where one of its bodies has come into use, or out of it.
    """
    rows = {
        row
        for row in {*before.lists, *after.lists}
        if before.lists.get(row) != after.lists.get(row)
    }
    measures = (
        measure
        for row in {*before.measures, *after.measures}
        if _pushed(row, before) != _pushed(row, after)
        for measure in (before.measures.get(row), after.measures.get(row))
        if measure is not None
    )
    return frozenset(rows).union(
        trigger.list_id for measure in measures for trigger in measure.triggers
    )


def _pushed(measure_id: MeasureId, catalogue: Catalogue) -> tuple[object, ...]:
    """Return a measure with the state of each body that it is pushed to."""
    measure = catalogue.measures.get(measure_id)
    bodies = (catalogue.bodies.get(each) for each in measure.bodies) if measure else ()
    return measure, *(each is None or each.enabled for each in bodies)


def _inclusive(catalogues: Sequence[Catalogue]) -> Catalogue:
    """Return the first catalogue, with each party of the others as the newest that names it."""
    newest, *older = catalogues
    sources, bodies = dict(newest.sources), dict(newest.bodies)
    for catalogue in older:
        sources = {**catalogue.sources, **sources}
        bodies = {**catalogue.bodies, **bodies}
    if len(sources) == len(newest.sources) and len(bodies) == len(newest.bodies):
        return newest
    return msgspec.structs.replace(newest, sources=sources, bodies=bodies)


def _empowered(edition: Edition, powers_from: Catalogue | None) -> Edition:
    """Return the edition with a table of powers, and with the sources that it speaks of."""
    catalogue = edition.catalogue
    if catalogue.powers or powers_from is None:
        return edition
    empowered = msgspec.structs.replace(
        catalogue, powers=powers_from.powers, sources=powers_from.sources
    )
    return msgspec.structs.replace(edition, catalogue=empowered)


def _by_list(catalogue: Catalogue) -> dict[ListId, tuple[MeasureDefinition, ...]]:
    found: dict[ListId, list[MeasureDefinition]] = {}
    for measure in catalogue.measures.values():
        for list_id in {trigger.list_id for trigger in measure.triggers if measure.enabled}:
            found.setdefault(list_id, []).append(measure)
    return {list_id: tuple(measures) for list_id, measures in found.items()}


def _plain(value: Any) -> Any:
    match value:
        case msgspec.Struct():
            fields = msgspec.structs.fields(value)
            stated = {field.name: (getattr(value, field.name), field) for field in fields}
            return {
                name: _plain(content)
                for name, (content, field) in stated.items()
                if content != field.default and content != _made(field)
            }
        case Mapping():
            return {str(key): _plain(each) for key, each in value.items()}
        case tuple() | list():
            return [_plain(each) for each in value]
        case _:
            return msgspec.to_builtins(value)


def _made(field: msgspec.structs.FieldInfo) -> Any:
    is_made = field.default_factory is not msgspec.NODEFAULT
    return field.default_factory() if is_made else msgspec.NODEFAULT


def _name(data: bytes) -> str:
    return sha256(data).hexdigest()[:_HASH_DIGITS]
