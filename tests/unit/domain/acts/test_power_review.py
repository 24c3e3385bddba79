"""Review of powers: an unknown kind, role, list or unit is told, and so is a power of nobody."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree
from typing import Any

import msgspec
import pytest

from creditbus.domain.acts.power_review import problems
from creditbus.domain.ids import ListId, SourceId
from creditbus.domain.law.catalogue import Catalogue, Grant, Role
from creditbus.runtime.law.catalogue import CatalogueInvalid, load_catalogue
from tests.examples import CATALOGUE_FOLDER, a_catalogue


def with_power(name: str, **changes: Any) -> Catalogue:
    """Return the shipped catalogue with one power changed."""
    catalogue = a_catalogue()
    changed = msgspec.structs.replace(catalogue.powers[name], **changes)
    return msgspec.structs.replace(catalogue, powers={**catalogue.powers, name: changed})


def with_source(name: str, **changes: Any) -> Catalogue:
    """Return the shipped catalogue with one source changed."""
    catalogue, source = a_catalogue(), SourceId(name)
    changed = msgspec.structs.replace(catalogue.sources[source], **changes)
    return msgspec.structs.replace(catalogue, sources={**catalogue.sources, source: changed})


def test_the_shipped_table_has_no_problems() -> None:
    assert problems(a_catalogue()) == []


def test_a_kind_without_a_row_and_a_row_without_a_kind_are_told() -> None:
    powers = dict(a_catalogue().powers)
    powers["entry_pardoned"] = powers.pop("entry_removed")
    told = problems(msgspec.structs.replace(a_catalogue(), powers=powers))
    assert len(told) == 2
    assert told[0].startswith("power entry_removed: no row, so nobody may state it")
    assert told[1].startswith("power entry_pardoned: there is no such kind of act; there are entry")


COURT = Grant(who=(Role.COURT,), article="a")


@pytest.mark.parametrize(
    ("name", "changes", "problem"),
    [
        ("entry_removed", {"lists": {"BL-NONE": COURT}}, "lists names BL-NONE"),
        ("basis_revoked", {"lists": {"BL-TAX-ZD": COURT}}, "such an act names no list"),
        ("entry_removed", {"who": ()}, "power entry_removed: who is empty"),
        ("entry_removed", {"article": " "}, "power entry_removed: no article"),
        (
            "entry_removed",
            {"lists": {ListId("BL-TAX-ZD"): Grant(who=(), article="a")}},
            "power entry_removed, list BL-TAX-ZD: who is empty",
        ),
        ("permit_decided", {"who": (Role.DECIDER,)}, "decider: such an act is about nothing"),
        ("permit_decided", {"who": (Role.SUPERIOR,)}, "superior: such an act is about nothing"),
        ("permit_decided", {"who": (Role.KEEPER,)}, "keeper: such an act names no list"),
        (
            "reorganisation_ruled",
            {"who": (Role.AUTHORITY,)},
            "authority: no source that is this is registered for E38",
        ),
        (
            "relation_changed",
            {"who": (Role.RECONSIDERATION,)},
            "reconsideration: such an act is about nothing",
        ),
        (
            "duty_performed",
            {"who": (Role.COURT,)},
            "court: no source that is this is registered for E09",
        ),
        (
            "duty_performed",
            {"who": (Role.CREDIT_OFFICE, Role.REGISTERED, Role.REGISTRAR, Role.SUPERIOR)},
            "",
        ),
    ],
)
def test_a_power_that_decides_nothing_is_told(
    name: str, changes: dict[str, Any], problem: str
) -> None:
    told = problems(with_power(name, **changes))
    assert (len(told), problem in "".join(told)) == (1 if problem else 0, True)


@pytest.mark.parametrize(
    ("name", "changes", "problem"),
    [
        ("market", {"superior": "nobody"}, "source market: superior names nobody"),
        ("market", {"superior": "market"}, "source market: superior names the source itself"),
        ("market", {"reconsidered_by": "nobody"}, "reconsidered_by names nobody"),
        ("market", {"registers": ("9", "I")}, "source market: no unified code begins with 'I'"),
        ("market", {"registers": ("91",)}, "no unified code begins with '91'"),
        ("development", {"credit_office": False}, "credit_office: no source that is this"),
        ("court", {"events": ("E10",)}, ""),
    ],
)
def test_a_unit_that_is_misnamed_is_told(name: str, changes: dict[str, Any], problem: str) -> None:
    told = problems(with_source(name, **changes))
    assert bool(told) == bool(problem)
    assert all(problem in each for each in told)


def test_an_unknown_role_is_told_with_its_place(tmp_path: Path) -> None:
    folder = Path(copytree(CATALOGUE_FOLDER, tmp_path / "catalogue"))
    table = folder / "powers.toml"
    text = table.read_text(encoding="utf-8").replace('["registrar"]', '["king"]', 1)
    table.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueInvalid) as raised:
        load_catalogue(folder)
    (told,) = raised.value.problems
    assert "powers.toml, row subject_registered, field who[0]" in told
    assert "king" in told


def test_a_fault_of_the_table_stops_the_catalogue(tmp_path: Path) -> None:
    folder = Path(copytree(CATALOGUE_FOLDER, tmp_path / "catalogue"))
    table = folder / "powers.toml"
    text = table.read_text(encoding="utf-8").replace("[permit_decided]", "[permit_lost]", 1)
    table.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueInvalid) as raised:
        load_catalogue(folder)
    assert len(raised.value.problems) == 2
