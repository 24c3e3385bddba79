"""Each field of the catalogue, taken away or made wrong, is decided otherwise somewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final

import msgspec
import pytest

from creditbus.domain.entries.deadlines import Clocks
from creditbus.domain.law.catalogue import (
    Catalogue,
    ClockStart,
    Grant,
    Level,
    MeasureClass,
    Polarity,
    Publication,
    Role,
    SourceKind,
    Term,
    Tier,
)
from creditbus.domain.law.fields import FIELDS
from creditbus.domain.terms.reckonings import Bound, Unit
from creditbus.domain.terms.timers import Actor, Begin
from tests.examples import a_catalogue, some_clocks
from tests.unit.domain.law.world import outcomes

Changed = tuple[str, str, Any]
"""The row, the field, and what it is made: a value, or a function of what it was."""


def within(**changes: Any) -> Callable[[Any], Any]:
    return lambda was: msgspec.structs.replace(was, **changes)


def of_key(key: object, **changes: Any) -> Callable[[Any], Any]:
    return lambda was: {**was, key: msgspec.structs.replace(was[key], **changes)}


def of_first(**changes: Any) -> Callable[[Any], Any]:
    return lambda was: (msgspec.structs.replace(was[0], **changes), *was[1:])


def names(row: str) -> dict[str, Changed]:
    return {"name_zh": (row, "name_zh", "某"), "name_en": (row, "name_en", "any")}


def clause(row: str, length: int) -> dict[str, Changed]:
    return {
        **names(row),
        "enabled": (row, "enabled", False),
        "note": (row, "note", "another"),
        "length.count": (row, "length", within(count=length)),
        "length.unit": (row, "length", within(unit=Unit.DAY)),
        "bound": (
            row,
            "bound",
            lambda was: Bound.AT_LEAST if was is Bound.AT_MOST else Bound.AT_MOST,
        ),
        "document": (row, "document", "another"),
        "article": (row, "article", "another"),
        "in_force_from": (row, "in_force_from", date(2090, 1, 1)),
        "in_force_to": (row, "in_force_to", date(2024, 1, 1)),
    }


WRONG: Final[Mapping[str, Mapping[str, Changed]]] = {
    "basis": {
        **names("TBL-ART53"),
        "enabled": ("TBL-ART53", "enabled", False),
        "note": ("TBL-ART53", "note", "another"),
        "document": ("TBL-ART53", "document", "another"),
        "article": ("TBL-ART53", "article", "another"),
        "level": ("TBL-ART53", "level", Level.MEMORANDUM),
        "in_force_from": ("TBL-ART53", "in_force_from", date(2027, 1, 1)),
        "in_force_to": ("TBL-ART53", "in_force_to", date(2026, 3, 1)),
    },
    "list": {
        **names("BL-TAX-ZD"),
        "enabled": ("BL-TAX-ZD", "enabled", False),
        "note": ("BL-CULT-WL", "note", "another"),
        "polarity": ("BL-TAX-ZD", "polarity", Polarity.RED),
        "keepers": ("BL-TAX-ZD", "keepers", ()),
        "bases": ("BL-TAX-ZD", "bases", ("CPL-ART266",)),
        "remedy_zh": ("BL-TAX-ZD", "remedy_zh", "另"),
        "remedy_en": ("BL-TAX-ZD", "remedy_en", "another"),
        "provisions": ("BL-BID-ZT", "provisions", {"54": 3}),
        "serious": ("BL-COURT-SX", "serious", False),
        "years_max": ("BL-TAX-ZD", "years_max", 1),
        "until_performed": ("BL-COURT-SX", "until_performed", False),
        "notice_required": ("BL-BID-ZT", "notice_required", False),
        "persons": ("BL-COURT-SX", "persons", False),
        "organisations": ("BL-COURT-SX", "organisations", False),
        "classes": ("BL-GOV-ZW", "classes", ()),
        "for_unit.listed": ("BL-COURT-SX", "for_unit", within(listed=True)),
        "for_unit.article": ("BL-COURT-SX", "for_unit", within(article="another")),
        "publication": ("BL-COURT-SX", "publication", Publication.NONE),
        "clock_start": ("BL-SAMR-YZ", "clock_start", ClockStart.DECISION),
        "exit_bases": ("BL-TAX-ZD", "exit_bases", ()),
        "grace_days": ("BL-COURT-SX", "grace_days", 0),
        "performance_timer": ("BL-COURT-SX", "performance_timer", ""),
        "early_removal_months": ("BL-EM-AQ", "early_removal_months", None),
        "extension_years": ("BL-COURT-SX", "extension_years", 1),
        "disclosure_cap_years": ("BL-BID-ZT", "disclosure_cap_years", 1),
        "entered_by": ("BL-TAX-ZD", "entered_by", ("E14",)),
        "removed_by": ("BL-BID-ZT", "removed_by", ("E09",)),
        "consent_required": ("BL-COURT-SX", "consent_required", True),
        "closing_days": ("BL-BID-ZT", "closing_days", 300),
        "retention_days": ("BL-BID-ZT", "retention_days", 31),
        "tiers.months_min": ("BL-EM-AQ", "tiers", of_key(Tier.SERIOUS, months_min=24)),
        "tiers.months_max": ("BL-EM-AQ", "tiers", of_key(Tier.SERIOUS, months_max=12)),
        "grounds.name_zh": ("BL-SAMR-YZ", "grounds", of_key("food", name_zh="另")),
        "grounds.name_en": ("BL-SAMR-YZ", "grounds", of_key("food", name_en="another")),
        "grounds.tier": ("BL-BID-ZT", "grounds", of_key("53", tier=Tier.MINOR)),
        "grounds.term.months_min": (
            "BL-BID-ZT",
            "grounds",
            of_key("53", term=Term(months_min=18, months_max=24)),
        ),
        "grounds.term.months_max": (
            "BL-BID-ZT",
            "grounds",
            of_key("53", term=Term(months_min=12, months_max=18)),
        ),
    },
    "measure": {
        **names("A03"),
        "enabled": ("A03", "enabled", False),
        "note": ("A03", "note", "another"),
        "measure_class": ("A13", "measure_class", MeasureClass.B),
        "triggers.list_id": ("A03", "triggers", of_first(list_id="BL-COURT-SX", provisions=())),
        "triggers.provisions": ("A03", "triggers", of_first(provisions=("54",))),
        "bases": ("A03", "bases", ("TBL-ART54",)),
        "bodies": ("A03", "bodies", ()),
        "persons": ("A13", "persons", False),
        "organisations": ("A03", "organisations", False),
        "automatic": ("A03", "automatic", False),
        "record_only": ("A23", "record_only", False),
        "excluded": ("A20", "excluded", False),
        "executor_zh": ("A03", "executor_zh", "另"),
        "executor_en": ("A03", "executor_en", "another"),
        "spares_zh": ("A13", "spares_zh", "另"),
        "spares_en": ("A13", "spares_en", "another"),
    },
    "item": {
        **names("bid-registration"),
        "enabled": ("bid-registration", "enabled", False),
        "note": ("bid-registration", "note", ""),
        "barred_by": ("bid-registration", "barred_by", ()),
        "eased_by": ("reduced-inspection", "eased_by", ("I01",)),
        "purposes": ("bid-registration", "purposes", ("another",)),
    },
    "source": {
        **names("tender"),
        "enabled": ("tender", "enabled", False),
        "note": ("tender", "note", ""),
        "kind": ("court", "kind", SourceKind.AUTHORITY),
        "events": ("permits", "events", ("E08",)),
        "superior": ("tax-east", "superior", None),
        "reconsidered_by": ("tender", "reconsidered_by", None),
        "registers": ("market", "registers", ()),
        "credit_office": ("development", "credit_office", False),
        "sandbox": ("tender", "sandbox", True),
        "sandbox_until": ("tender", "sandbox_until", datetime(2026, 12, 1, tzinfo=UTC)),
    },
    "body": {
        **names("tender-platform"),
        "enabled": ("tender-platform", "enabled", False),
        "note": ("tender-platform", "note", ""),
        "topic": ("tender-platform", "topic", False),
        "concurrency": ("tender-platform", "concurrency", 2),
        "time_limit_s": ("tender-platform", "time_limit_s", 3),
        "attempts": ("tender-platform", "attempts", 2),
    },
    "subscriber": {
        **names("trade-centre"),
        "enabled": ("trade-centre", "enabled", False),
        "note": ("trade-centre", "note", "another"),
        "purposes": ("trade-centre", "purposes", ()),
        "exposures": ("court-platform", "exposures", False),
        "code": ("trade-centre", "code", "S99"),
        "purpose_zh": ("trade-centre", "purpose_zh", "另"),
        "purpose_en": ("trade-centre", "purpose_en", "another"),
        "bases": ("trade-centre", "bases", ()),
        "persons": ("trade-centre", "persons", True),
        "duties_zh": ("trade-centre", "duties_zh", "另"),
        "duties_en": ("trade-centre", "duties_en", "another"),
    },
    "power": {
        **names("permit_decided"),
        "enabled": ("permit_decided", "enabled", False),
        "note": ("permit_decided", "note", ""),
        "who": ("permit_decided", "who", (Role.COURT,)),
        "article": ("permit_decided", "article", "another"),
        "lists.who": (
            "entry_listed",
            "lists",
            of_key("BL-COURT-SX", who=(Role.CREDIT_OFFICE,)),
        ),
        "lists.article": (
            "entry_listed",
            "lists",
            of_key("BL-COURT-SX", article="another", who=(Role.CREDIT_OFFICE,)),
        ),
    },
    "term": {
        **clause("TIER-SERIOUS-MAX", 2),
        "moves": ("TIER-GENERAL-MAX", "moves", True),
        "clock_start": ("TIER-GENERAL-MAX", "clock_start", ClockStart.ACT_END),
        "tier": ("TIER-GENERAL-MAX", "tier", Tier.MINOR),
    },
    "timer": {
        **clause("COURT-DELETE", 5),
        "moves": ("COURT-REVIEW", "moves", False),
        "begins": ("COURT-REVIEW", "begins", Begin.NOTICE),
        "actor": ("COURT-DELETE", "actor", Actor.SUBJECT),
    },
}
"""Of each field one row, and what it is made there."""

OFF: Final = {"enabled": False, "note": "not read yet"}
BESIDE: Final[Mapping[str, Mapping[str, Any]]] = {
    # A row that is off must say why.
    **{f"{part}.note": OFF for part in ("item", "source", "body", "power")},
    "list.grounds.tier": {"tiers": {Tier.MINOR: Term(months_min=1, months_max=3)}},
    "power.lists.article": {
        "lists": {"BL-COURT-SX": Grant(who=(Role.CREDIT_OFFICE,), article="its own")}
    },
}
"""What the row says beside it, where the field decides nothing alone."""

CASES: Final = [(part, field) for part, fields in WRONG.items() for field in fields]
_CATALOGUE: Final = {
    "basis": "bases",
    "body": "bodies",
    **{part: f"{part}s" for part in FIELDS if part not in {"basis", "body", "term", "timer"}},
}

Law = tuple[Catalogue, Clocks]


def changed(law: Law, part: str, row_id: str, **changes: Any) -> Law:
    """Return the law with a row that says otherwise."""
    catalogue, clocks = law
    holder: Any = clocks if part in {"term", "timer"} else catalogue
    name = f"{part}s" if holder is clocks else _CATALOGUE[part]
    rows = getattr(holder, name)
    row = rows[row_id]
    made = {
        field: value(getattr(row, field)) if callable(value) else value
        for field, value in changes.items()
    }
    changed_rows = {**rows, row_id: msgspec.structs.replace(row, **made)}
    after = msgspec.structs.replace(holder, **{name: changed_rows})
    return (catalogue, after) if holder is clocks else (after, clocks)


@cache
def lawful() -> dict[str, Any]:
    return outcomes(a_catalogue(), some_clocks())


def test_every_field_has_its_mutation() -> None:
    assert {part: set(fields) for part, fields in WRONG.items()} == {
        part: set(fields) for part, fields in FIELDS.items()
    }


@pytest.mark.parametrize(("part", "field"), CASES, ids=[".".join(each) for each in CASES])
def test_a_field_made_wrong_is_decided_otherwise(part: str, field: str) -> None:
    row_id, name, value = WRONG[part][field]
    law: Law = (a_catalogue(), some_clocks())
    beside = BESIDE.get(f"{part}.{field}")
    before = lawful()
    if beside is not None:
        law = changed(law, part, row_id, **beside)
        before = outcomes(*law)
    after = outcomes(*changed(law, part, row_id, **{name: value}))
    assert [asked for asked in before if before[asked] != after[asked]]
