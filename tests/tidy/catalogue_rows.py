"""The lines of the page of lists and measures."""

from __future__ import annotations

from collections.abc import Sequence

from creditbus.domain.ids import BasisId
from creditbus.domain.law.catalogue import Catalogue, ListDefinition, MeasureDefinition
from creditbus.domain.law.differences import cited


def list_row(row: ListDefinition, catalogue: Catalogue) -> Sequence[str]:
    """Return the line of a list."""
    persons = "by their own application" if row.consent_required else "yes"
    return (
        f"`{row.id}`",
        f"{row.name_zh}<br>{row.name_en}",
        row.polarity,
        _cited(row.bases, catalogue),
        _term_of(row),
        persons if row.persons else "no",
        "in use" if row.enabled else "off",
        row.note,
    )


def measure_row(row: MeasureDefinition, catalogue: Catalogue) -> Sequence[str]:
    """Return the line of a measure."""
    human = "always" if not row.automatic else "for persons" if row.persons else "no"
    return (
        f"`{row.id}`",
        f"{row.name_zh}<br>{row.name_en}",
        ", ".join(
            f"`{each.list_id}`" + (f" {', '.join(each.provisions)}" if each.provisions else "")
            for each in row.triggers
        )
        or "-",
        _cited(row.bases, catalogue),
        "the court" if row.record_only and row.is_adverse else human,
        "in use" if row.enabled else "excluded" if row.excluded else "off",
        row.note,
    )


def _term_of(row: ListDefinition) -> str:
    years = {*row.provisions.values(), row.years_max or 0} - {0}
    fixed = [f"{' / '.join(map(str, sorted(years)))} years at most"] if years else []
    if years == {1}:
        fixed = ["a year at most"]
    return ", or ".join([*fixed, *(["until performed"] if row.until_performed else [])])


def _cited(bases: Sequence[BasisId], catalogue: Catalogue) -> str:
    return "<br>".join(cited(catalogue.bases[basis]) for basis in bases) or "-"
