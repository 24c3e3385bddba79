"""The schema ids that the log was written with are remembered, and a difference stops the start."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from creditbus.stack.errors import IdsDiffer
from creditbus.stack.registry import RegisteredSchema, RegistryIds
from creditbus.wire.schemas import schema_hash

ENTRY = RegisteredSchema(subject="entry_listed", version=1, sha256=schema_hash('"string"'), id=7)
OTHER = RegisteredSchema(subject="entry_removed", version=1, sha256=schema_hash('"long"'), id=8)


@pytest.fixture
def ids(tmp_path: Path) -> RegistryIds:
    made = RegistryIds(tmp_path / "registry-ids.json")
    made.record([ENTRY])
    return made


def test_first_start_has_nothing_to_compare(tmp_path: Path) -> None:
    RegistryIds(tmp_path / "registry-ids.json").check([ENTRY])


def test_new_schemas_are_remembered(ids: RegistryIds) -> None:
    ids.record([OTHER, ENTRY])
    assert ids.recorded() == [ENTRY, OTHER]


@pytest.mark.parametrize(
    ("present", "sentence"),
    [
        ([], r"entry_listed version 1 \(id 7\) is missing"),
        ([replace(ENTRY, id=9)], "entry_listed version 1 has id 9 instead of 7"),
        ([replace(ENTRY, sha256=OTHER.sha256)], "has another content"),
    ],
)
def test_difference_is_refused_and_not_recorded(
    ids: RegistryIds, present: list[RegisteredSchema], sentence: str
) -> None:
    with pytest.raises(IdsDiffer, match=sentence):
        ids.check(present)
    with pytest.raises(IdsDiffer):
        ids.record([*present, OTHER])
    assert ids.recorded() == [ENTRY]


def test_what_another_registered_stops_nothing(ids: RegistryIds) -> None:
    foreign = replace(OTHER, subject="foreign")
    ids.path.write_bytes(msgspec.json.encode([ENTRY, foreign]))  # as an older bus recorded it
    ids.check([ENTRY])
    assert ids.recorded() == [ENTRY]
