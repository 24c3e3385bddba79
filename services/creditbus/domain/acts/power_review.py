"""Review of powers: what is wrong with the table of who may state what, a sentence a fault.

It stands beside ``review``, which looks at the rest of a catalogue and knows no acts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Final

from creditbus.domain.acts.powers import POWERS, KindOfAct
from creditbus.domain.identifiers.uscc import ALPHABET
from creditbus.domain.law.catalogue import Catalogue, Grant, Power, Role, Source, SourceKind

_OF_DECISIONS: Final = (Role.DECIDER, Role.SUPERIOR, Role.RECONSIDERATION)
_KEEPERS: Final = (Role.DECIDER, Role.KEEPER)

_CAN_HOLD: Final[dict[Role, Callable[[Source, Catalogue], bool]]] = {
    Role.DECIDER: lambda _source, _catalogue: True,
    Role.SUPERIOR: lambda source, catalogue: any(
        each.superior == source.id for each in catalogue.sources.values()
    ),
    Role.RECONSIDERATION: lambda source, catalogue: any(
        each.reconsidered_by == source.id for each in catalogue.sources.values()
    ),
    Role.COURT: lambda source, _catalogue: source.kind is SourceKind.COURT,
    Role.REGISTRAR: lambda source, _catalogue: bool(source.registers),
    Role.CREDIT_OFFICE: lambda source, _catalogue: source.credit_office,
    Role.AUTHORITY: lambda source, _catalogue: source.kind is SourceKind.AUTHORITY,
    Role.REGISTERED: lambda _source, _catalogue: True,
}


def problems(catalogue: Catalogue) -> list[str]:
    """Return a sentence for each power that cannot stand, none for a sound table."""
    return list(chain.from_iterable(look(catalogue) for look in _LOOKS))


def _kinds(catalogue: Catalogue) -> Iterator[str]:
    for name in POWERS:
        if name not in catalogue.powers:
            yield f"power {name}: no row, so nobody may state it; add one, with enabled = false too"
    for name in catalogue.powers:
        if name not in POWERS:
            yield f"power {name}: there is no such kind of act; there are {', '.join(POWERS)}"


def _rows(catalogue: Catalogue) -> Iterator[str]:
    for name, row in catalogue.powers.items():
        kind = POWERS.get(name)
        if kind is None:
            continue
        for list_id, grant in _grants(row):
            place = f"power {name}" + (f", list {list_id}" if list_id else "")
            yield from (f"{place}: {fault}" for fault in _grant(grant, kind, catalogue))
        for list_id in row.lists:
            if list_id not in catalogue.lists:
                yield f"power {name}: lists names {list_id}, which the catalogue does not hold"
            elif not kind.names_list:
                yield f"power {name}: such an act names no list, so lists decides nothing"


def _grants(row: Power) -> Iterator[tuple[str, Grant | Power]]:
    yield "", row
    yield from row.lists.items()


def _grant(grant: Grant | Power, kind: KindOfAct, catalogue: Catalogue) -> Iterator[str]:
    if not grant.article.strip():
        yield "no article; a refusal must name one"
    if not grant.who:
        yield "who is empty, so nobody may state it; name a role, or set the row off"
    for role in grant.who:
        if role in _OF_DECISIONS and kind.decider_of is None:
            yield f"{role}: such an act is about nothing that was decided; name another role"
        elif role is Role.KEEPER and not kind.names_list:
            yield f"{role}: such an act names no list; name another role"
        elif not (role in _KEEPERS and kind.names_list) and not _is_held(role, kind, catalogue):
            numbers = " or ".join(sorted(kind.numbers))
            yield f"{role}: no source that is this is registered for {numbers}; mend sources.toml"


def _is_held(role: Role, kind: KindOfAct, catalogue: Catalogue) -> bool:
    return any(
        _CAN_HOLD[role](source, catalogue) and not kind.numbers.isdisjoint(source.events)
        for source in catalogue.sources.values()
    )


def _sources(catalogue: Catalogue) -> Iterator[str]:
    known = catalogue.sources
    for source in known.values():
        for field, other in (
            ("superior", source.superior),
            ("reconsidered_by", source.reconsidered_by),
        ):
            if other is not None and other not in known:
                yield f"source {source.id}: {field} names {other}, which is no source"
            elif other == source.id:
                yield f"source {source.id}: {field} names the source itself"
        for character in source.registers:
            if len(character) != 1 or character not in ALPHABET:
                yield f"source {source.id}: no unified code begins with {character!r}"


_LOOKS: Final[tuple[Callable[[Catalogue], Iterator[str]], ...]] = (_kinds, _rows, _sources)
