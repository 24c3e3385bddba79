"""Powers: who may state which kind of act about whose entry, as the catalogue's table has it.

The answer follows from the act and the catalogue alone, never from what was said before: so an act
without power is refused wherever it comes in the log, and no order lets it through. Whether the
entry is on the list that an act names is asked where its registers are read (``Registers.counts``).

Law 7 holds: no doubt about the original holds a removal. But not anyone may remove.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Final

import msgspec

from creditbus.domain.acts.events import OwnAct, SourceStatement
from creditbus.domain.acts.kinds import KINDS, Kind, is_way_out, kinds_below
from creditbus.domain.acts.refusals import Fault, Reason
from creditbus.domain.ids import ListId, SourceId
from creditbus.domain.law.articles import OWN_NAME
from creditbus.domain.law.catalogue import Catalogue, ListDefinition, Role, Source, SourceKind
from creditbus.domain.subjects import USCC


class KindOfAct(msgspec.Struct, frozen=True):
    """A kind of act as the table of powers names it.

    ``record`` carries it; a source is registered for it by one of ``numbers``. ``decider_of``
    returns who decided what an act is about: the source whose record listed, or the issuer of a
    document; None where an act is about nothing decided.
    """

    record: str
    numbers: frozenset[str]
    names_list: bool = False
    decider_of: Callable[[Any], SourceId] | None = None


def _kind_of_act(kind: Kind) -> KindOfAct:
    decider = attrgetter(kind.decided_by) if kind.decided_by else None
    return KindOfAct(
        kind.record, frozenset(kind.numbers), names_list=kind.names_list, decider_of=decider
    )


POWERS: Final[Mapping[str, KindOfAct]] = {
    kind.record + part: _kind_of_act(kind) for kind in KINDS.values() for part in kind.parts
}
"""Every kind of act that a source may state, by its name in the table of powers."""

_OWN_RECORDS: Final = frozenset(KINDS[kind].record for kind in kinds_below(OwnAct))


def kind_name(act: SourceStatement) -> str:
    """Return the name of an act's kind in the table of powers."""
    kind = KINDS[type(act)]
    return kind.record if kind.part is None else kind.record + kind.part(act)


def power_fault(act: SourceStatement, catalogue: Catalogue) -> Fault | None:
    """Return why the author of an act may not state it, with the article, or None when it may.

    A kind of act that the table does not hold, or holds as off, may be stated by nobody.
    """
    name = kind_name(act)
    kind, row = POWERS[name], catalogue.powers.get(name)
    if row is None or not row.enabled:
        return Fault(
            Reason.SOURCE_NOT_COMPETENT, "source", OWN_NAME, f"nobody may state {name} here"
        )
    list_id: ListId | None = act.list_id if kind.names_list else None  # type: ignore[attr-defined]
    grant = row.on(list_id)
    for role in grant.who:
        if HOLDS[role](act, kind, catalogue):
            return None
    source = act.envelope.source
    if kind.record in _OWN_RECORDS:
        detail = f"{source} does not keep {list_id or 'the list'}"
        return Fault(Reason.SOURCE_NOT_COMPETENT, "list_id", grant.article, detail)
    told = ", ".join(WORDS[role][1] for role in grant.who) or "nobody"
    detail = f"{source} may not state this: {row.name_en} is for {told}"
    entitled = "、".join(WORDS[role][0] for role in grant.who)
    zh = f"本单位无权作出“{row.name_zh}”，请由有权单位（{entitled}）报送"
    return Fault(Reason.SOURCE_NOT_COMPETENT, "source", grant.article, detail, zh)


def _is_decider(act: Any, kind: KindOfAct, catalogue: Catalogue) -> bool:
    source, decider_of = act.envelope.source, kind.decider_of
    if decider_of is None or decider_of(act) != source:
        return False
    if not kind.names_list:
        return _is_registered(act, kind, catalogue)
    definition = catalogue.lists.get(act.list_id)
    return _keeps_any(act, catalogue) if definition is None else _keeps(act, definition, catalogue)


def _keeps(act: Any, definition: ListDefinition, catalogue: Catalogue) -> bool:
    """Return whether the author keeps a list; one that is off still takes its entries off it."""
    is_keeper = act.envelope.source in definition.keepers
    return is_keeper and (_author(act, catalogue) is not None or is_way_out(act))


def _keeps_any(act: Any, catalogue: Catalogue) -> bool:
    """Return whether an act that eases, and names no list of the catalogue, is of a keeper.

    A removal that misspells its list still reaches its author's own entry alone, whatever it
    writes: so that doubt is no reason to hold it (law 7).
    """
    source = act.envelope.source
    return is_way_out(act) and any(source in each.keepers for each in catalogue.lists.values())


def _is_keeper(act: Any, kind: KindOfAct, catalogue: Catalogue) -> bool:
    definition = catalogue.lists.get(act.list_id) if kind.names_list else None
    return definition is not None and _keeps(act, definition, catalogue)


def _is_superior(act: Any, kind: KindOfAct, catalogue: Catalogue) -> bool:
    decider = _decider(act, kind, catalogue)
    is_above = decider is not None and decider.superior == act.envelope.source
    return is_above and _is_registered(act, kind, catalogue)


def _reconsiders(act: Any, kind: KindOfAct, catalogue: Catalogue) -> bool:
    decider = _decider(act, kind, catalogue)
    is_above = decider is not None and decider.reconsidered_by == act.envelope.source
    return is_above and _is_registered(act, kind, catalogue)


def _is_court(act: Any, kind: KindOfAct, catalogue: Catalogue) -> bool:
    if kind.decider_of is not None:
        decider = _decider(act, kind, catalogue)
        if decider is None or decider.kind is SourceKind.COURT:
            return False
    return _is_of(SourceKind.COURT, act, kind, catalogue)


def _is_registrar(act: Any, kind: KindOfAct, catalogue: Catalogue) -> bool:
    author, subject = _author(act, catalogue), act.envelope.subject_id
    code = subject.removeprefix(USCC) if subject.startswith(USCC) else ""
    keeps = author is not None and code[:1] in author.registers
    return keeps and _is_registered(act, kind, catalogue)


def _is_credit_office(act: Any, kind: KindOfAct, catalogue: Catalogue) -> bool:
    author = _author(act, catalogue)
    return author is not None and author.credit_office and _is_registered(act, kind, catalogue)


def _is_authority(act: Any, kind: KindOfAct, catalogue: Catalogue) -> bool:
    return _is_of(SourceKind.AUTHORITY, act, kind, catalogue)


def _is_registered(act: Any, kind: KindOfAct, catalogue: Catalogue) -> bool:
    author = _author(act, catalogue)
    return author is not None and not kind.numbers.isdisjoint(author.events)


def _is_of(source_kind: SourceKind, act: Any, kind: KindOfAct, catalogue: Catalogue) -> bool:
    author = _author(act, catalogue)
    is_one = author is not None and author.kind is source_kind
    return is_one and _is_registered(act, kind, catalogue)


def _author(act: Any, catalogue: Catalogue) -> Source | None:
    """Return the catalogue's row of who states an act, None where it is off."""
    author = catalogue.sources.get(act.envelope.source)
    return author if author is not None and author.enabled else None


def _decider(act: Any, kind: KindOfAct, catalogue: Catalogue) -> Source | None:
    """Return the catalogue's row of who decided what an act is about."""
    return catalogue.sources.get(kind.decider_of(act)) if kind.decider_of is not None else None


HOLDS: Final[Mapping[Role, Callable[[Any, KindOfAct, Catalogue], bool]]] = {
    Role.DECIDER: _is_decider,
    Role.KEEPER: _is_keeper,
    Role.SUPERIOR: _is_superior,
    Role.RECONSIDERATION: _reconsiders,
    Role.COURT: _is_court,
    Role.REGISTRAR: _is_registrar,
    Role.CREDIT_OFFICE: _is_credit_office,
    Role.AUTHORITY: _is_authority,
    Role.REGISTERED: _is_registered,
}
"""Whether the author of an act has a role towards what it is about."""

WORDS: Final[Mapping[Role, tuple[str, str]]] = {
    Role.DECIDER: ("作出认定的单位", "whoever decided it"),
    Role.KEEPER: ("名单管理单位", "a keeper of the list"),
    Role.SUPERIOR: ("其上级", "the superior of whoever decided it"),
    Role.RECONSIDERATION: ("行政复议机构", "the body that reconsiders it"),
    Role.COURT: ("人民法院", "a court"),
    Role.REGISTRAR: ("登记机关", "the registrar of this class of subject"),
    Role.CREDIT_OFFICE: ("公共信用信息机构", "the credit office"),
    Role.AUTHORITY: ("登记有此权限的行政机关", "an authority registered for it"),
    Role.REGISTERED: ("登记有此权限的单位", "a unit registered for it"),
}
"""Each role in Chinese and English."""

assert list(HOLDS) == list(WORDS) == list(Role), "every role is asked, and has its words"
