"""The lines of the page of powers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from creditbus.domain.acts.powers import POWERS, WORDS
from creditbus.domain.law.catalogue import Catalogue, Grant, Power, Role, Source, SourceKind


def power_rows(catalogue: Catalogue) -> Iterator[Sequence[str]]:
    """Yield a line for each kind of act, in their order, and one for each list with its own law."""
    for name in POWERS:
        row = catalogue.powers[name]
        about = "every list" if POWERS[name].names_list else "-"
        yield f"`{name}`<br>{row.name_zh}", about, _who(row), row.article
        for list_id, grant in row.lists.items():
            yield f"`{name}`", f"`{list_id}`", _who(grant), grant.article


def role_rows(catalogue: Catalogue) -> Iterator[Sequence[str]]:
    """Yield a line for each role but the decider, with the sources that have it."""
    sources = list(catalogue.sources.values())
    for role, held in (
        (Role.KEEPER, _keepers(catalogue)),
        (Role.SUPERIOR, _pairs(sources, "superior")),
        (Role.RECONSIDERATION, _pairs(sources, "reconsidered_by")),
        (Role.COURT, _named(each for each in sources if each.kind is SourceKind.COURT)),
        (Role.REGISTRAR, _registrars(sources)),
        (Role.CREDIT_OFFICE, _named(each for each in sources if each.credit_office)),
        (Role.AUTHORITY, _registered(catalogue, role=Role.AUTHORITY)),
        (Role.REGISTERED, _registered(catalogue, role=Role.REGISTERED)),
    ):
        zh, en = WORDS[role]
        yield f"{en}<br>{zh}", held


def _who(grant: Grant | Power) -> str:
    return "; ".join(WORDS[role][1] for role in grant.who)


def _keepers(catalogue: Catalogue) -> str:
    return "<br>".join(
        f"`{each.id}`: {', '.join(f'`{keeper}`' for keeper in each.keepers)}"
        for each in catalogue.lists.values()
        if each.keepers
    )


def _named(sources: Iterator[Source]) -> str:
    return ", ".join(f"`{each.id}`" for each in sources)


def _pairs(sources: Sequence[Source], field: str) -> str:
    """Return each superior or reconsidering body with those it is that of."""
    stated = [each for each in sources if getattr(each, field) is not None]
    stated.sort(key=lambda each: (getattr(each, field), each.id))
    groups = groupby(stated, key=lambda each: str(getattr(each, field)))
    return "<br>".join(f"`{above}` of {_named(of)}" for above, of in groups)


def _registrars(sources: Sequence[Source]) -> str:
    return "<br>".join(
        f"`{each.id}`, of codes that begin with {' or '.join(each.registers)}"
        for each in sources
        if each.registers
    )


def _registered(catalogue: Catalogue, *, role: Role) -> str:
    """Return who is registered for the kinds of act that a role may state."""
    lines = []
    for name, row in catalogue.powers.items():
        if role not in row.who:
            continue
        numbers = sorted(POWERS[name].numbers)
        held = [
            each
            for each in catalogue.sources.values()
            if not set(each.events).isdisjoint(numbers)
            and (role is Role.REGISTERED or each.kind is SourceKind.AUTHORITY)
        ]
        told = _named(iter(held)) if len(held) <= 12 else f"{len(held)} units"
        lines.append(f"`{name}` ({', '.join(numbers)}): {told}")
    return "<br>".join(lines)
