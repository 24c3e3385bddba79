"""Powers as a table: of all sources of the city, exactly who may state an act, and who may not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import msgspec
import pytest

from creditbus.domain.acts.commitments import CommitmentStep
from creditbus.domain.acts.objections import ObjectionResult
from creditbus.domain.acts.powers import HOLDS, POWERS, kind_name, power_fault
from creditbus.domain.acts.references import RecordReference
from creditbus.domain.acts.refusals import Reason
from creditbus.domain.acts.registrations import Registration
from creditbus.domain.acts.repairs import RepairPlace, RepairStep
from creditbus.domain.acts.revocations import ReorganisationStep
from creditbus.domain.acts.suspensions import Proceeding
from creditbus.domain.ids import ListId, SourceId, SubjectId
from creditbus.domain.law.catalogue import Catalogue, Power, Role
from tests import acts
from tests.examples import (
    CONSUMPTION,
    COURT_LIST,
    GRADE_A,
    TAX_LIST,
    a_catalogue,
    a_listing,
    a_mapping,
    a_removal,
)

MARKET_LIST: Final = ListId("BL-SAMR-YZ")
COURTS: Final = frozenset(a_catalogue().lists[COURT_LIST].keepers)
TAXES: Final = frozenset(a_catalogue().lists[TAX_LIST].keepers)
EVERYBODY: Final = frozenset(a_catalogue().sources)
AUTHORITIES: Final = frozenset(
    row.id for row in a_catalogue().sources.values() if row.kind == "authority"
)
NOBODY: Final = frozenset[str]()

Builder = Callable[..., Any]

OBJECTED: Final = partial(acts.an_objection_ruling, ObjectionResult.DISMISSED)
REPAIRED: Final = partial(acts.a_repair_ruling, RepairStep.GRANTED)
TOLD: Final = partial(acts.a_place_told, RepairPlace.PLATFORM)
RULED: Final = partial(acts.a_reorganisation, ReorganisationStep.APPROVED)
REGISTERED: Final = partial(acts.a_registration, Registration.DEREGISTERED)
BREACHED: Final = partial(acts.a_commitment, CommitmentStep.BREACHED)


RECONSIDERED: Final = partial(acts.a_stay, proceeding=Proceeding.RECONSIDERATION)
SUED: Final = partial(acts.a_stay, proceeding=Proceeding.LAWSUIT)
SUPERVISED: Final = partial(acts.a_stay, proceeding=Proceeding.SUPERVISION)


def own(list_id: str) -> dict[str, Any]:
    """What an act in the author's own record names."""
    return {"list_id": ListId(list_id)}


def about(source: str, list_id: str) -> dict[str, Any]:
    """What an act about another's record names."""
    entry = RecordReference(source=SourceId(source), record_id="X-1")
    return {"entry": entry, "list_id": ListId(list_id)}


def by_code(code: str) -> dict[str, Any]:
    return {"subject_id": SubjectId(f"uscc:{code}")}


WHO: Final[dict[str, tuple[Builder, dict[str, Any], frozenset[str]]]] = {
    "a notice": (acts.a_notice, own(COURT_LIST), COURTS),
    "a listing of the court": (a_listing, own(COURT_LIST), COURTS),
    "a listing of the market": (a_listing, own(MARKET_LIST), frozenset({"market"})),
    "a listing nobody keeps": (a_listing, own("BL-DEF-GF"), NOBODY),
    "a longer term": (acts.an_extension, own(COURT_LIST), COURTS),
    "a longer term of the market": (acts.an_extension, own(MARKET_LIST), frozenset({"market"})),
    "other provisions of an order": (acts.a_variation, own(CONSUMPTION), COURTS),
    "other provisions": (acts.a_variation, own(MARKET_LIST), frozenset({"market"})),
    "a removal": (a_removal, own(COURT_LIST), COURTS),
    "a removal of an order": (a_removal, own(CONSUMPTION), COURTS),
    "a removal by the market": (a_removal, own(MARKET_LIST), frozenset({"market"})),
    "stayed in reconsideration": (
        RECONSIDERED,
        about("market", MARKET_LIST),
        frozenset({"market", "justice"}),
    ),
    "stayed in reconsideration, a district's tax": (
        RECONSIDERED,
        about("tax-east", TAX_LIST),
        frozenset({"tax-east", "tax"}),
    ),
    "stayed in reconsideration, the city's tax": (
        RECONSIDERED,
        about("tax", TAX_LIST),
        frozenset({"tax"}),
    ),
    "stayed in reconsideration, a court": (
        RECONSIDERED,
        about("court-east", COURT_LIST),
        frozenset({"court-east", "court"}),
    ),
    "stayed in reconsideration, an order": (
        RECONSIDERED,
        about("court-east", CONSUMPTION),
        frozenset({"court-east", "court"}),
    ),
    "stayed in a lawsuit": (SUED, about("market", MARKET_LIST), COURTS | {"market"}),
    "stayed in a lawsuit, a court": (
        SUED,
        about("court-east", COURT_LIST),
        frozenset({"court-east"}),
    ),
    "stayed under supervision": (
        SUPERVISED,
        about("market", MARKET_LIST),
        frozenset({"market"}),
    ),
    **{
        f"stayed under supervision, {decider} on {list_id}": (
            SUPERVISED,
            about(decider, list_id),
            frozenset({decider, decider.removesuffix("-east")}),
        )
        for decider, list_id in (
            ("court-east", CONSUMPTION),
            ("court-east", COURT_LIST),
            ("court-east", "BL-GOV-ZW"),
            ("tax-east", TAX_LIST),
            ("tax-east", GRADE_A),
        )
    },
    "a travel window": (
        acts.a_window,
        about("court-east", CONSUMPTION),
        frozenset({"court-east"}),
    ),
    **{
        f"a duty performed, {decider} on {list_id}": (
            acts.a_performance,
            about(decider, list_id),
            frozenset({decider}),
        )
        for decider, list_id in (
            ("court-east", COURT_LIST),
            ("court-east", CONSUMPTION),
            ("market", MARKET_LIST),
        )
    },
    "an objection filed": (
        acts.an_objection,
        about("court-east", COURT_LIST),
        frozenset({"court-east", "development"}),
    ),
    "an objection decided by the executing court alone": (
        OBJECTED,
        about("court-east", COURT_LIST),
        frozenset({"court-east"}),
    ),
    "an objection to an order decided by the executing court alone": (
        OBJECTED,
        about("court-east", CONSUMPTION),
        frozenset({"court-east"}),
    ),
    "an objection decided": (OBJECTED, about("market", MARKET_LIST), frozenset({"market"})),
    "an objection decided, a district's tax on its black list": (
        OBJECTED,
        about("tax-east", TAX_LIST),
        frozenset({"tax-east", "tax"}),
    ),
    "an objection decided, a district's tax": (
        OBJECTED,
        about("tax-east", GRADE_A),
        frozenset({"tax-east", "tax"}),
    ),
    "a repair applied for": (
        acts.an_application,
        about("market", MARKET_LIST),
        frozenset({"market", "development"}),
    ),
    "a repair decided by whoever designated": (
        REPAIRED,
        about("tax-east", TAX_LIST),
        frozenset({"tax-east"}),
    ),
    "a repair made known": (
        TOLD,
        about("market", MARKET_LIST),
        frozenset({"market", "development"}),
    ),
    "a decision about a list that its author does not keep": (
        OBJECTED,
        about("tobacco", COURT_LIST),
        NOBODY,
    ),
    "a document of the market revoked": (
        acts.a_revocation,
        {"issuer": SourceId("market")},
        COURTS | {"market", "justice"},
    ),
    "a document of a court revoked": (
        acts.a_revocation,
        {"issuer": SourceId("court-east")},
        frozenset({"court-east", "court"}),
    ),
    "a document of a district's tax revoked": (
        acts.a_revocation,
        {"issuer": SourceId("tax-east")},
        COURTS | {"tax-east", "tax"},
    ),
    "a document of no source revoked": (
        acts.a_revocation,
        {"issuer": SourceId("nobody")},
        NOBODY,
    ),
    "a consent withdrawn": (
        acts.a_consent_withdrawn,
        own(GRADE_A),
        TAXES | {"development"},
    ),
    "every consent withdrawn": (
        acts.a_consent_withdrawn,
        {"list_id": None},
        frozenset({"development"}),
    ),
    "a reorganisation ruled": (RULED, {}, COURTS),
    "an enterprise deregistered": (
        REGISTERED,
        by_code("913702000000000A2F"),
        frozenset({"market"}),
    ),
    "an association deregistered": (
        REGISTERED,
        by_code("53370200000000000W"),
        frozenset({"civil-affairs"}),
    ),
    "an institution deregistered, whose registrar does not report": (
        REGISTERED,
        by_code("113702000000000007"),
        NOBODY,
    ),
    "a person registered": (REGISTERED, {"subject_id": SubjectId("person:9" + "0" * 63)}, NOBODY),
    "a relation": (acts.a_relation, {}, frozenset({"market"})),
    "an old code": (a_mapping, {}, frozenset({"market"})),
    "a commitment signed": (acts.a_commitment, {}, EVERYBODY - COURTS),
    "a commitment broken": (BREACHED, {}, AUTHORITIES),
    "an evaluation": (acts.an_evaluation, {}, TAXES | {"customs", "housing"}),
    "a penalty": (acts.a_penalty, {}, AUTHORITIES - {"procuratorate"}),
    "a permit": (acts.a_permit, {}, AUTHORITIES - {"procuratorate"}),
    "an interview": (acts.a_step, {}, AUTHORITIES - {"procuratorate"}),
}


def able(build: Builder, named: dict[str, Any], catalogue: Catalogue) -> frozenset[str]:
    """Return every party that may state the act."""
    parties = [*catalogue.sources, *catalogue.bodies, "nobody"]
    return frozenset(
        source
        for source in parties
        if power_fault(build(**named, source=source), catalogue) is None
    )


@pytest.mark.parametrize("name", WHO)
def test_exactly_these_sources_may_state(name: str) -> None:
    build, named, expected = WHO[name]
    assert able(build, named, a_catalogue()) == expected


def test_every_kind_of_act_is_in_the_table_of_this_test() -> None:
    told = {kind_name(build(**named, source="court")) for build, named, _ in WHO.values()}
    assert told == set(POWERS) == set(a_catalogue().powers)


def test_a_refusal_names_the_article_the_list_and_who_may() -> None:
    ruling = OBJECTED(**about("court-east", COURT_LIST), source="tobacco")
    fault = power_fault(ruling, a_catalogue())
    assert fault is not None
    assert (fault.reason, fault.field) == (Reason.SOURCE_NOT_COMPETENT, "source")
    assert fault.article == "法释〔2017〕7号 第十二条"
    assert "tobacco" in fault.detail
    assert "whoever decided it" in fault.detail
    removal = power_fault(a_removal(source="tobacco"), a_catalogue())
    assert removal is not None
    assert removal.field == "list_id"
    assert (removal.article, removal.detail) == (
        "法释〔2017〕7号 第十条",
        "tobacco does not keep BL-COURT-SX",
    )


@pytest.mark.parametrize("list_id", ["", "NO-SUCH-LIST"])
def test_a_keeper_that_misspells_its_list_still_removes_and_nobody_lists_so(list_id: str) -> None:
    may = able(a_removal, {"list_id": list_id}, a_catalogue())
    assert {"court", "market", "tax-hill"} <= may
    assert not may & {"tobacco", "metro", "railway", "nobody"}
    assert able(a_listing, {"list_id": list_id}, a_catalogue()) == NOBODY
    dismissed = about("court-east", COURT_LIST) | {"list_id": list_id}
    assert able(OBJECTED, dismissed, a_catalogue()) == NOBODY
    upheld = partial(acts.an_objection_ruling, ObjectionResult.REMOVED)
    assert able(upheld, dismissed, a_catalogue()) == {"court-east"}


def test_what_the_table_has_off_or_lacks_may_be_stated_by_nobody() -> None:
    catalogue = a_catalogue()
    powers = dict(catalogue.powers)
    off = msgspec.structs.replace(powers["penalty_decided"], enabled=False, note="off")
    for changed in ({**powers, "penalty_decided": off}, {}):
        without = msgspec.structs.replace(catalogue, powers=changed)
        assert able(acts.a_penalty, {}, without) == NOBODY


def grants() -> Iterator[tuple[str, ListId | None]]:
    for name, row in a_catalogue().powers.items():
        yield name, None
        for list_id in row.lists:
            yield name, list_id


def with_role(row: Power, list_id: ListId | None, role: Role) -> Power:
    """Return the row with a role more, or without it where it has it."""
    grant = row.on(list_id)
    others = tuple(each for each in grant.who if each is not role)
    who = others if role in grant.who else (*grant.who, role)
    changed = msgspec.structs.replace(grant, who=who)
    if list_id is None:
        return changed  # type: ignore[return-value]
    return msgspec.structs.replace(row, lists={**row.lists, list_id: changed})


def holders(build: Builder, named: dict[str, Any], role: Role) -> frozenset[str]:
    catalogue = a_catalogue()
    kind = POWERS[kind_name(build(**named, source="court"))]
    return frozenset(
        source
        for source in catalogue.sources
        if HOLDS[role](build(**named, source=source), kind, catalogue)
    )


def cases_of(name: str, list_id: ListId | None) -> Iterator[tuple[Builder, dict[str, Any]]]:
    """Yield the cases of the table that a grant decides; of a list that it has not, such as it."""
    row, lists = a_catalogue().powers[name], a_catalogue().lists
    tabled = {named["list_id"] for _, named, _ in WHO.values() if "list_id" in named}
    for build, named, _ in WHO.values():
        act = build(**named, source="court")
        if kind_name(act) != name:
            continue
        on = getattr(act, "list_id", None) if POWERS[name].names_list else None
        if (on if on in row.lists else None) == list_id:
            yield build, named
        elif list_id is not None and list_id not in tabled:
            keeper = lists[list_id].keepers[0]
            yield build, about(keeper, list_id) if "entry" in named else own(list_id)


@pytest.mark.parametrize(("name", "list_id"), list(grants()))
def test_one_row_made_wrong_changes_what_it_decides(name: str, list_id: ListId | None) -> None:
    """Take each role away from a row, or give it one more: exactly its holders gain or lose."""
    catalogue, seen = a_catalogue(), 0
    row = catalogue.powers[name]
    cases = list(cases_of(name, list_id))
    for build, named in cases:
        before = able(build, named, catalogue)
        for role in Role:
            wrong = {**catalogue.powers, name: with_role(row, list_id, role)}
            mutant = msgspec.structs.replace(catalogue, powers=wrong)
            own_of = holders(build, named, role)
            others = (each for each in row.on(list_id).who if each is not role)
            still = frozenset[str]().union(*(holders(build, named, each) for each in others))
            is_held = role in row.on(list_id).who
            after = able(build, named, mutant)
            assert after == (before - (own_of - still) if is_held else before | own_of)
            seen += after != before
    assert seen, f"no case of the table is decided by {name} {list_id or ''}"
