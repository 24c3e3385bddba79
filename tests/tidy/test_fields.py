"""Every field of the catalogue is read by a decision, or told, or held by the catalogue's review.

A field that nobody reads is law that does nothing: it decides, or it goes.
"""

from __future__ import annotations

from typing import Final

from creditbus.domain.law.catalogue import Catalogue
from creditbus.domain.law.fields import FIELDS, words_of
from tests.tidy.field_readers import Readers, readers
from tests.tidy.field_rows import ROWS, paths

TOLD: Final = {
    *("name_zh", "name_en", "note", "document", "article", "remedy_en", "exit_bases", "code"),
    *("grounds.name_zh", "grounds.name_en", "executor_zh", "executor_en", "spares_zh", "spares_en"),
    *("purpose_zh", "purpose_en", "duties_zh", "duties_en", "record_only"),
}
"""Fields that tell somebody something; to be told is what the law asks of them."""

HELD: Final = {
    *("list.entered_by", "measure.excluded", "subscriber.bases", "timer.begins"),
    *("item.note", "source.note", "body.note", "power.note"),
}
"""Fields that bind who writes the catalogue: it is not loaded while a row breaks them."""


def idle(known: Readers) -> list[str]:
    """Return the fields that decide nothing, tell nobody anything and hold nothing."""
    return [
        path
        for part, fields in FIELDS.items()
        for field in fields
        if not known.deciding(path := f"{part}.{field}")
        and not (field in TOLD and known.telling(path))
        and not (path in HELD and known.checking(path))
    ]


def test_every_field_of_a_row_has_its_words() -> None:
    assert {part: list(fields) for part, fields in FIELDS.items()} == {
        part: list(paths(kind)) for part, kind in ROWS.items()
    }
    parts = {name for name in Catalogue.__struct_fields__ if name != "edition"}
    assert len(parts) + len({"term", "timer"}) == len(ROWS)


def test_every_field_of_the_catalogue_decides_something() -> None:
    assert idle(readers()) == []


def test_what_is_told_or_held_alone_is_no_longer_said_to_be_once_it_decides() -> None:
    known = readers()
    decided = [path for path in HELD if known.deciding(path)]
    told = {field for part in FIELDS for field in FIELDS[part] if field in TOLD}
    assert decided == []
    assert told == TOLD


def test_a_field_without_a_reader_is_caught() -> None:
    known = Readers({path: set(names) for path, names in readers().items()})
    known["list.grace_days"] = {"domain.law.differences._said", "domain.law.review._misstated"}
    del known["measure.spares_zh"]
    assert idle(known) == ["list.grace_days", "measure.spares_zh"]


def test_names_within_a_part_are_apart() -> None:
    for part, fields in FIELDS.items():
        names = [words.name for words in fields.values()]
        assert len(set(names)) == len(names), part
        assert all(
            words_of(part, field).decides for field in ROWS[part].__struct_fields__ if field != "id"
        )
