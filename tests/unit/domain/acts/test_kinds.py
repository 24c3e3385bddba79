"""Every kind of statement has exactly one row, and what must know all kinds follows from the rows.

The examples are those of the schemas, so that a new kind is tested by what it must bring anyway.
"""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final

import msgspec
import pytest

from creditbus import domain
from creditbus.domain.acts.events import (
    Act,
    Burden,
    EntryAct,
    Fact,
    OwnAct,
    SourceStatement,
    SubjectAct,
)
from creditbus.domain.acts.kinds import (
    ACTS,
    BURDENS,
    KINDS,
    STATEMENTS,
    Kind,
    Reach,
    is_way_out,
    kinds_below,
)
from creditbus.domain.acts.powers import POWERS, kind_name
from creditbus.domain.entries.dossiers import Dossier, about_subject
from creditbus.domain.entries.notes import note_of
from creditbus.domain.entries.registers import Registers, unearthed
from creditbus.domain.entries.transitions import entry_of, transition
from creditbus.domain.law.numbers import NOT_CARRIED, NUMBERS
from creditbus.listing.decide import LOGGED
from creditbus.wire import topics
from creditbus.wire.records import TYPES
from tests.examples import SCHEMA_FOLDER, a_catalogue

REACHES: Final = (OwnAct, EntryAct, SubjectAct, Fact)
BESIDE: Final = {"on", "hearing", "notice", "extension", "variation", "listing"}
"""What a keeper's act may settle beside its own register: what is older than it."""

ROWS: Final = [pytest.param(kind, id=kind.record) for kind in KINDS.values()]


def below(base: type[SourceStatement]) -> Iterator[type[SourceStatement]]:
    """Return the classes of the package below a class."""
    # Other tests make classes of their own.
    found = [each for each in base.__subclasses__() if each.__module__.startswith("creditbus.")]
    for each in found:
        yield each
        yield from below(each)


def examples(kind: Kind) -> list[Any]:
    """Return the statements in the examples of each version of the kind's schema."""
    folder = SCHEMA_FOLDER / kind.record
    files = sorted(folder.glob("*.json"))
    assert files, f"{folder} needs an example of each version"
    stated = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return [msgspec.convert({**each, "type": kind.record}, kind.statement) for each in stated]


def test_every_statement_has_exactly_one_row_and_every_row_its_statement() -> None:
    for module in pkgutil.walk_packages(domain.__path__, "creditbus.domain."):
        import_module(module.name)
    inherited_from = {Act, Burden, *REACHES}
    assert sorted(
        each.__name__ for each in below(SourceStatement) if each not in inherited_from
    ) == sorted(each.__name__ for each in KINDS)
    assert all(statement is kind.statement for statement, kind in KINDS.items())
    assert len({kind.record for kind in KINDS.values()}) == len(KINDS)


def test_every_act_reaches_one_thing_as_its_class_says() -> None:
    for kind in kinds_below(Act):
        assert sum(issubclass(kind, base) for base in REACHES) == 1, kind
    assert {each for base in REACHES for each in kinds_below(base)} == set(ACTS)
    assert set(BURDENS) == {kind for kind in ACTS if KINDS[kind].weighs == "burdens"}
    assert set(BURDENS) < set(kinds_below(OwnAct))


def test_what_must_know_every_kind_knows_the_rows() -> None:
    records = [kind.record for kind in KINDS.values()]
    assert list(topics.STATEMENTS) == records
    assert set(records) <= TYPES.keys()
    assert set(STATEMENTS) <= set(LOGGED)
    assert set(POWERS) == set(a_catalogue().powers)
    events = {
        schema.parent.name
        for schema in SCHEMA_FOLDER.glob("*/1.avsc")
        if json.loads(schema.read_text(encoding="utf-8")).get("imports")
    }
    assert events - set(records) == {"acknowledgement", "day_turned", "edition_activated"}


def test_every_number_of_a_source_is_carried_by_a_record_or_said_to_be_elsewhere() -> None:
    carried = {number for kind in KINDS.values() for number in kind.numbers}
    assert carried.isdisjoint(NOT_CARRIED)
    assert sorted(carried | NOT_CARRIED.keys()) == list(NUMBERS)[:38]


@pytest.mark.parametrize("kind", ROWS)
def test_row_says_what_a_statement_moves(kind: Kind) -> None:
    for said in examples(kind):
        match kind.reach:
            case Reach.ENTRY:
                blank = unearthed(*entry_of(said), None)
                moved = _changed(blank, transition(blank, said))
                assert kind.moves in moved
                assert moved <= {kind.moves, *(BESIDE if isinstance(said, OwnAct) else ())}
            case Reach.SUBJECT:
                assert _changed(Dossier(), about_subject(Dossier(), said)) == {kind.moves}
            case Reach.FACT:
                assert note_of(said).record == kind.record
            case Reach.ALIAS:
                assert not isinstance(said, Act)


@pytest.mark.parametrize("kind", ROWS)
def test_row_is_whole(kind: Kind) -> None:
    assert kind.zh
    assert kind.en
    assert set(kind.numbers) <= NUMBERS.keys()
    assert (kind.kept is not None) is (kind.reach is Reach.FACT)
    assert bool(kind.moves) is (kind.reach in {Reach.ENTRY, Reach.SUBJECT})
    for said in examples(kind):
        assert kind_name(said) in {kind.record + part for part in kind.parts}
        if isinstance(said, Burden):
            assert not is_way_out(said)


def _changed(before: msgspec.Struct, after: msgspec.Struct) -> set[str]:
    names = before.__struct_fields__
    return {name for name in names if getattr(before, name) != getattr(after, name)}


def test_change_of_a_register_is_seen() -> None:
    blank = Registers(entry_id="a", source="court", record_id="b")  # type: ignore[arg-type]
    assert _changed(blank, msgspec.structs.replace(blank, on=None)) == {"on"}
