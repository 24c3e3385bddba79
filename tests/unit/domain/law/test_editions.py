"""Editions: each decision falls under the law of its day, and a name tells the whole succession."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, Final

import msgspec
import pytest

from creditbus.domain.acts.activations import edition_activated
from creditbus.domain.effects.measures import asked_of, grounds_of
from creditbus.domain.ids import BasisId, BodyId, ListId, MeasureId, SourceId
from creditbus.domain.law.catalogue import Basis, Catalogue, Level
from creditbus.domain.law.editions import Edition, Editions, EditionUnknown, opened, sealed
from tests.examples import BID_LIST, a_bid_bar, a_catalogue, a_standing, some_editions

LAST: Final = date(2026, 3, 31)
FIRST: Final = date(2026, 4, 1)


def an_edition(name: str, day: date, follows: str = "", **parts: Any) -> Edition:
    """Return the shipped catalogue as an edition of this name, with other rows in some parts."""
    catalogue = msgspec.structs.replace(a_catalogue(), edition=name, **parts)
    return Edition(catalogue=catalogue, in_force_from=day, follows=follows)


def a_succession(*editions: Edition) -> Editions:
    """Return the editions, oldest first, as one succession."""
    return Editions(editions[-1], {edition.id: edition for edition in editions}.get)


def three() -> Editions:
    return a_succession(
        an_edition("a", date(2024, 1, 1)),
        an_edition("b", date(2025, 1, 1), "a"),
        an_edition("c", FIRST, "b"),
    )


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(1999, 1, 1), "a"),
        (date(2024, 12, 31), "a"),
        (date(2025, 1, 1), "b"),
        (LAST, "b"),
        (FIRST, "c"),
        (date(2099, 1, 1), "c"),
    ],
)
def test_a_day_has_the_edition_in_force_on_it(day: date, name: str) -> None:
    assert three().on(day).edition == name
    assert three().as_of(day).latest.edition == name


def test_a_succession_is_cut_at_a_name() -> None:
    earlier = three().upto("b")
    assert earlier.latest.edition == "b"
    assert earlier.on(date(2099, 1, 1)).edition == "b"
    assert earlier.on(date(2024, 6, 1)).edition == "a"
    assert three().upto("").latest.edition == "c"


def test_an_older_edition_activated_again_changes_nothing() -> None:
    editions = three()
    assert editions.activated("a") is editions
    assert three().upto("b").activated("c").latest.edition == "c"


def test_an_edition_that_is_not_here_is_told_with_what_to_do() -> None:
    with pytest.raises(EditionUnknown, match=r"edition f00 .* copy its file f00\.json") as raised:
        three().activated("f00")
    assert raised.value.edition == "f00"
    with pytest.raises(EditionUnknown):
        Editions(an_edition("b", FIRST, "gone"))


def test_a_name_is_of_the_content_the_day_and_the_one_before() -> None:
    catalogue = a_catalogue()
    base = Edition(catalogue=catalogue, in_force_from=FIRST, follows="a")
    one, data = sealed(base)
    others = [
        msgspec.structs.replace(base, in_force_from=LAST),
        msgspec.structs.replace(base, follows="b"),
        msgspec.structs.replace(base, catalogue=msgspec.structs.replace(catalogue, bodies={})),
    ]
    assert opened(data) == one
    assert sealed(one) == (one, data)
    assert len({one.id, *(sealed(other)[0].id for other in others)}) == 4


def test_what_has_its_default_is_not_in_the_file() -> None:
    _, data = sealed(Edition(catalogue=a_catalogue()))
    assert b'"enabled": true' not in data
    assert b'"disclosure_cap_years"' not in data
    assert b'"enabled": false' in data


def test_the_activation_says_the_edition_to_each_partition_alike() -> None:
    edition = an_edition("c", FIRST, "b")
    said = edition_activated(edition, 3)
    assert said == edition_activated(edition, 3)
    assert (said.edition, said.in_force_from, said.follows) == ("c", FIRST, "b")
    assert len({edition_activated(edition, place).envelope.event_id for place in range(8)}) == 8


def bases_on(day: date) -> dict[str, Basis]:
    return {str(basis): row for basis, row in some_editions().on(day).bases.items()}


def test_the_repair_rule_and_the_customs_order_change_on_the_first_of_april() -> None:
    before, after = bases_on(LAST), bases_on(FIRST)
    assert "NDRC-36" not in before
    assert "GACC-282" not in before
    assert before["NDRC-58"].is_in_force(LAST)
    assert before["GACC-251"].is_in_force(LAST)
    assert after["NDRC-36"].is_in_force(FIRST)
    assert after["GACC-282"].is_in_force(FIRST)
    assert not after["NDRC-58"].is_in_force(FIRST)
    assert not after["GACC-251"].is_in_force(FIRST)


@pytest.mark.parametrize(("day", "least"), [(LAST, 3), (FIRST, 12)])
def test_the_least_term_before_repair_is_that_of_the_day(day: date, least: int) -> None:
    tiers = some_editions().on(day).lists[ListId("BL-TAX-ZD")].tiers
    assert [term.months_min for term in tiers.values()] == [least]


def without(measure_id: str) -> dict[MeasureId, Any]:
    return {key: row for key, row in a_catalogue().measures.items() if key != measure_id}


def asked(law: Editions, **changes: Any) -> list[str]:
    """Return the measures that follow for a barred bidder under a succession."""
    standing = a_standing(a_bid_bar(**changes))
    return [measure.id for measure in asked_of(standing, law) if grounds_of(measure, standing, law)]


def test_a_new_burden_does_not_reach_back() -> None:
    law = a_succession(
        an_edition("a", date(2024, 1, 1), measures=without("A03")), an_edition("b", FIRST, "a")
    )
    assert "A03" not in asked(law, decided_on=LAST)
    assert "A03" in asked(law, decided_on=FIRST)


def test_an_abolished_burden_ends_for_all() -> None:
    law = a_succession(
        an_edition("a", date(2024, 1, 1)), an_edition("b", FIRST, "a", measures=without("A03"))
    )
    assert "A03" not in asked(law, decided_on=LAST)
    assert "A03" in asked(law.upto("a"), decided_on=LAST)


def test_a_new_incentive_reaches_everybody() -> None:
    incentive = msgspec.structs.replace(
        a_catalogue().measures[MeasureId("I01")], triggers=a_bid_triggers(a_catalogue())
    )
    law = a_succession(
        an_edition("a", date(2024, 1, 1), measures=without("I01")),
        an_edition("b", FIRST, "a", measures={MeasureId("I01"): incentive}),
    )
    assert asked(law, decided_on=LAST) == ["I01"]


def a_bid_triggers(catalogue: Catalogue) -> tuple[Any, ...]:
    triggers = catalogue.measures[MeasureId("B02")].triggers
    return tuple(trigger for trigger in triggers if trigger.list_id == BID_LIST)


def test_levels_of_bases_travel_with_the_edition() -> None:
    edition, data = sealed(Edition(catalogue=a_catalogue()))
    assert opened(data).catalogue.bases[BasisId("NDRC-36")].level is Level.DEPARTMENT_RULE
    assert edition.catalogue.bases == a_catalogue().bases


def test_an_edition_from_before_the_powers_falls_under_the_first_table_of_them() -> None:
    catalogue = a_catalogue()
    first = {**catalogue.powers}
    later = {**first, "permit_decided": msgspec.structs.replace(first["permit_decided"], who=())}
    court = SourceId("court")
    alone = {court: catalogue.sources[court]}
    editions = a_succession(
        an_edition("a", date(2024, 1, 1), powers={}, sources=alone),
        an_edition("b", date(2025, 1, 1), "a", powers=first),
        an_edition("c", FIRST, "b", powers=later),
    )
    old = editions.on(date(2024, 6, 1))
    assert (old.edition, old.powers, old.sources) == ("a", first, catalogue.sources)
    assert editions.on(date(2025, 6, 1)).powers == first
    assert editions.latest.powers == later
    # A log that has activated no more than the old one is decided alike.
    assert editions.upto("a").latest == old
    assert editions.upto("b").upto("a").latest == old
    # With no table anywhere nobody may state anything.
    assert Editions(an_edition("a", FIRST, powers={})).latest.powers == {}


def test_a_table_of_powers_is_in_the_name_and_its_lack_changes_no_older_one() -> None:
    without = Edition(catalogue=msgspec.structs.replace(a_catalogue(), powers={}))
    _, data = sealed(without)
    assert b'"powers"' not in data
    assert opened(data).catalogue.powers == {}
    assert opened(sealed(Edition(catalogue=a_catalogue()))[1]).catalogue.powers == (
        a_catalogue().powers
    )


def test_whom_an_edition_has_dropped_is_still_known_as_the_newest_that_names_it() -> None:
    catalogue = a_catalogue()
    bodies = {name: row for name, row in catalogue.bodies.items() if name != "railway"}
    sources = {name: row for name, row in catalogue.sources.items() if name != "metro"}
    renamed = {
        **catalogue.bodies,
        BodyId("railway"): msgspec.structs.replace(
            catalogue.bodies[BodyId("railway")], name_en="Railways", topic=False
        ),
    }
    law = a_succession(
        an_edition("a", date(2024, 1, 1)),
        an_edition("b", date(2025, 1, 1), "a", bodies=renamed),
        an_edition("c", FIRST, "b", bodies=bodies, sources=sources),
    )
    assert "railway" not in law.latest.bodies
    assert law.inclusive.bodies[BodyId("railway")].name_en == "Railways"
    assert SourceId("metro") in law.inclusive.sources
    assert law.inclusive.lists == law.latest.lists
    assert set(law.upto("a").inclusive.bodies) == set(catalogue.bodies)


def test_editions_that_drop_nobody_know_no_more_than_the_newest() -> None:
    assert some_editions().inclusive.sources == some_editions().latest.sources
    assert Editions.of(a_catalogue()).inclusive is a_catalogue()


def test_what_older_editions_said_and_nothing_was_decided_by_is_read_and_left_out() -> None:
    draft, data = sealed(an_edition("", FIRST))
    stated = json.loads(data)
    stated["rows"]["sources"]["tender"]["region"] = "east"
    stated["rows"]["bodies"]["railway"]["webhook"] = "/v1/directives"
    stated["rows"]["subscribers"]["approval"]["fields"] = ["verdict"]
    older = opened(json.dumps(stated).encode())
    assert older.id != draft.id, "its name is that of its bytes"
    assert older.catalogue.sources == draft.catalogue.sources
    assert older.catalogue.bodies == draft.catalogue.bodies
    stated["rows"]["bodies"]["railway"]["invented"] = 1
    with pytest.raises(ValueError, match="invented"):
        opened(json.dumps(stated).encode())
