"""The schema contract: values, JSON and bytes agree, whichever version reads or writes.

What the world has seen stays as it is: released files are held to their checksums. When one of
these tests fails, restore the file and add the record's next version.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

import fastavro
import msgspec
import pytest
from typer.testing import CliRunner

from creditbus.cli.main import app
from creditbus.domain.acts.commitments import CommitmentKind, CommitmentStep
from creditbus.domain.acts.decisions import PermitMode, Procedure
from creditbus.domain.acts.evaluations import GovernanceStep
from creditbus.domain.acts.events import Envelope, RemovalCause
from creditbus.domain.acts.interventions import OperatorStep, Way
from creditbus.domain.acts.listings import NoticeStep
from creditbus.domain.acts.mappings import AliasKind, Confidence
from creditbus.domain.acts.objections import ObjectionResult
from creditbus.domain.acts.references import RecordReference
from creditbus.domain.acts.refusals import Reason, SilentEffect
from creditbus.domain.acts.registrations import Registration, Relation
from creditbus.domain.acts.repairs import RepairDocument, RepairPlace, RepairStep
from creditbus.domain.acts.revocations import ReorganisationStep, RevocationKind
from creditbus.domain.acts.suspensions import LiftGround, Proceeding, Stay
from creditbus.domain.aliases.claims import AliasClaim
from creditbus.domain.effects.directives import Action, Ground, Lane, Outcome
from creditbus.domain.entries.entry import Deadline, Entry, Stage, SuspensionCause, Window
from creditbus.domain.law.catalogue import Tier
from creditbus.domain.subjects import SubjectKind
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.registry import Registry
from creditbus.wire.records import (
    TYPES,
    Codec,
    Undecodable,
    from_record,
    json_of,
    to_record,
)
from creditbus.wire.schemas import (
    ENVELOPE,
    Schema,
    load_schemas,
    published,
    release,
    unreleased,
    unreleased_changes,
)
from creditbus.wire.topics import STATEMENTS
from tests.examples import SCHEMA_FOLDER, a_codec

SCHEMAS: Final = load_schemas(SCHEMA_FOLDER)
VERSIONS: Final = sorted(SCHEMAS.versions)
KINDS: Final[dict[str, type[msgspec.Struct]]] = {**TYPES, ENVELOPE: Envelope}
EVENTS: Final = (*STATEMENTS, "day_turned", "acknowledgement", "edition_activated")
PAIRS: Final = [
    (record, writer, reader)
    for record, writer in VERSIONS
    for other, reader in VERSIONS
    if other == record and (record == ENVELOPE or reader >= writer)
]
"""A newer reader reads older bytes; of the envelope, an older one reads newer bytes as well."""

STRUCTS: Final[dict[str, type[msgspec.Struct]]] = {
    kind.__name__: kind for kind in (AliasClaim, Entry, Envelope, Ground, RecordReference, Window)
}
ENUMS: Final[dict[str, type[StrEnum]]] = {
    words.__name__: words
    for words in (
        *(Action, AliasKind, CommitmentKind, CommitmentStep, Confidence, Deadline, GovernanceStep),
        *(Lane, LiftGround, NoticeStep, ObjectionResult, OperatorStep, Outcome, PermitMode),
        Procedure,
        *(Proceeding, Registration, Relation),
        *(RemovalCause, ReorganisationStep, RepairDocument, RepairPlace, RepairStep),
        *(RevocationKind, SilentEffect, Stage, Stay, SubjectKind, SuspensionCause, Tier, Way),
    )
}


def example(record: str, version: int) -> bytes:
    return (SCHEMA_FOLDER / record / f"{version}.json").read_bytes()


def value(record: str, version: int) -> msgspec.Struct:
    return msgspec.json.decode(example(record, version), type=KINDS[record])


def written(content: msgspec.Struct, schema: Schema) -> bytes:
    buffer = BytesIO()
    fastavro.schemaless_writer(buffer, schema.parsed, to_record(content))
    return buffer.getvalue()


def within(older: Any, newer: Any) -> Any:
    """Return what an older version of a record knows of a newer one."""
    if isinstance(older, dict) and isinstance(newer, dict):
        return {name: within(older[name], newer[name]) for name in older}
    if isinstance(older, list) and isinstance(newer, list):
        assert len(older) == len(newer)
        return [within(*pair) for pair in zip(older, newer, strict=True)]
    return newer


def types_in(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every record, enum and field of a schema, however deep."""
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from types_in(child)
    elif isinstance(node, list):
        for child in node:
            yield from types_in(child)


def test_every_record_has_a_schema_and_every_schema_a_record() -> None:
    assert {record for record, _ in VERSIONS} == set(KINDS)


def test_versions_of_a_record_are_counted_from_one() -> None:
    for record in KINDS:
        versions = [version for name, version in VERSIONS if name == record]
        assert versions == list(range(1, len(versions) + 1))


@pytest.mark.parametrize(("record", "version"), VERSIONS)
def test_example_is_the_json_of_its_value(record: str, version: int) -> None:
    stated = json.loads(example(record, version))
    found = json.loads(json_of(value(record, version)))
    known = json.loads(SCHEMAS.versions[record, version].text)["fields"]
    assert within(stated, found) == stated
    assert {field["name"] for field in known} == set(stated) - {"type"}


@pytest.mark.parametrize(("record", "writer", "reader"), PAIRS)
def test_example_of_one_version_is_read_with_another(record: str, writer: int, reader: int) -> None:
    content = value(record, writer)
    data = written(content, SCHEMAS.versions[record, writer])
    found = fastavro.schemaless_reader(
        BytesIO(data),
        SCHEMAS.versions[record, writer].parsed,
        SCHEMAS.versions[record, reader].parsed,
    )
    assert isinstance(found, dict)
    assert from_record(KINDS[record], found) == content


@pytest.mark.parametrize("record", TYPES)
def test_value_comes_back_from_its_bytes(record: str) -> None:
    newest = SCHEMAS.newest[record].version
    content = value(record, newest)
    assert a_codec().decode(a_codec().encode(content)) == content


@pytest.mark.parametrize("record", EVENTS)
def test_beginning_of_an_event_is_its_envelope(record: str) -> None:
    content = value(record, SCHEMAS.newest[record].version)
    data = a_codec().encode(content)
    whole = a_codec().decode(data)
    assert a_codec().envelope(data) == (record, getattr(whole, "envelope", None))


@pytest.mark.parametrize("record", sorted(set(TYPES) - set(EVENTS)))
def test_record_without_an_envelope_is_no_event(record: str) -> None:
    data = a_codec().encode(value(record, SCHEMAS.newest[record].version))
    with pytest.raises(Undecodable) as caught:
        a_codec().envelope(data)
    assert caught.value.reason == "NOT_AN_EVENT"


@pytest.mark.parametrize("record", KINDS)
def test_schema_has_the_fields_of_its_type_in_its_order(record: str) -> None:
    schema = json.loads(SCHEMAS.newest[record].text)
    own = KINDS[record].__struct_fields__
    assert [field["name"] for field in schema["fields"]] == list(own)
    for found in types_in(schema):
        if found.get("type") == "record" and found["name"] in STRUCTS:
            fields = [field["name"] for field in found["fields"]]
            assert fields == list(STRUCTS[found["name"]].__struct_fields__)


@pytest.mark.parametrize("record", KINDS)
def test_schema_has_the_words_of_the_domain(record: str) -> None:
    for found in types_in(json.loads(SCHEMAS.newest[record].text)):
        if found.get("type") == "enum":
            words = ENUMS[found["name"]]
            assert found["symbols"] == [word.value for word in words], found["name"]


@pytest.mark.parametrize("record", KINDS)
def test_field_that_names_a_word_of_the_domain_is_an_enum(record: str) -> None:
    schema = json.loads(SCHEMAS.newest[record].text)
    hints = get_type_hints(KINDS[record])
    for field in schema["fields"]:
        hint = hints[field["name"]]
        words = [each for each in (hint, *get_args(hint)) if each in ENUMS.values()]
        enums = [each["name"] for each in types_in(field) if each.get("type") == "enum"]
        for each in words:
            assert each.__name__ in enums, field["name"]


def test_reasons_travel_as_text_so_that_a_new_one_breaks_no_reader() -> None:
    (field,) = [
        field
        for field in json.loads(SCHEMAS.newest["refusal"].text)["fields"]
        if field["name"] == "reason"
    ]
    assert field["type"] == "string"
    assert value("refusal", 1).reason in Reason  # type: ignore[attr-defined]


def test_dates_and_instants_are_no_text() -> None:
    for record in KINDS:
        for found in types_in(json.loads(SCHEMAS.newest[record].text)):
            name = found.get("name", "")
            if name.endswith(("_on", "_at")) and name != "adult_on_decision":
                logical = {each.get("logicalType") for each in types_in(found)} - {None}
                expected = "date" if name.endswith("_on") else "timestamp-micros"
                assert logical == {expected}, f"{record}: {name}"


def test_released_files_are_as_they_were() -> None:
    assert unreleased_changes(SCHEMA_FOLDER) == []


def test_every_version_is_released() -> None:
    released = (SCHEMA_FOLDER.parent / "released.txt").read_text(encoding="utf-8")
    names = [line.split()[1] for line in released.splitlines()]
    assert sorted(names) == [f"avro/{record}/{version}.avsc" for record, version in VERSIONS]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the schemas that may be damaged."""
    return Path(shutil.copytree(SCHEMA_FOLDER.parent, tmp_path / "schemas")) / "avro"


def test_edited_file_is_told_with_what_to_do(copy: Path) -> None:
    edited = copy / "standing" / "1.avsc"
    edited.write_text(edited.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    (sentence,) = unreleased_changes(copy)
    assert "avro/standing/1.avsc" in sentence
    assert "next version" in sentence


def test_missing_file_is_told(copy: Path) -> None:
    (copy / "access" / "1.avsc").unlink()
    (sentence,) = unreleased_changes(copy)
    assert "avro/access/1.avsc was released and is gone" in sentence


def test_next_version_is_released_once_and_disturbs_nothing(copy: Path) -> None:
    shutil.copy(copy / "access" / "1.avsc", copy / "access" / "2.avsc")
    command = ["schemas", "check", "--home", str(copy / "no bus")]
    told = CliRunner().invoke(app, command, env={"CREDITBUS_SCHEMAS": str(copy)})
    assert (told.exit_code, told.output.splitlines()[1:]) == (
        0,
        ["avro/access/2.avsc is not released yet"],
    )
    assert unreleased(copy) == release(copy) == ["avro/access/2.avsc"]
    assert unreleased(copy) == []
    assert release(copy) == []
    assert unreleased_changes(copy) == []


def test_next_version_with_a_new_field_is_read_beside_the_old_one(copy: Path) -> None:
    schema = json.loads((copy / "duplicate" / "1.avsc").read_text(encoding="utf-8"))
    schema["fields"].append({"name": "hint", "type": "string", "default": ""})
    (copy / "duplicate" / "2.avsc").write_text(json.dumps(schema), encoding="utf-8")
    schemas = load_schemas(copy)
    assert schemas.newest["duplicate"].version == 2
    ids = {key: number for number, key in enumerate(sorted(schemas.versions), start=1)}
    codec = Codec(schemas, ids, lambda _number: None)
    content = value("duplicate", 1)
    frame = b"\x00" + ids["duplicate", 1].to_bytes(4, "big")
    assert codec.decode(frame + written(content, schemas.versions["duplicate", 1])) == content


def test_file_that_is_no_json_is_named(copy: Path) -> None:
    (copy / "access" / "1.avsc").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match=r"access/1\.avsc is no JSON"):
        load_schemas(copy)


def test_import_of_an_unknown_envelope_is_told(copy: Path) -> None:
    (copy / "envelope" / "1.avsc").unlink()
    with pytest.raises(ValueError, match="imports an envelope version that has no file"):
        load_schemas(copy)


def test_empty_folder_says_which_setting_to_mend(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="CREDITBUS_SCHEMAS"):
        load_schemas(tmp_path)


@pytest.mark.parametrize(("record", "version"), VERSIONS)
def test_published_text_is_complete_in_itself(record: str, version: int) -> None:
    schema = SCHEMAS.versions[record, version]
    again = published(record, version, schema.text)
    assert again.text == schema.text
    content = value(record, version)
    assert written(content, again) == written(content, schema)


@pytest.mark.parametrize(("record", "version"), VERSIONS)
def test_rule_of_the_registry_is_stricter_for_the_envelope(record: str, version: int) -> None:
    rule = "FULL_TRANSITIVE" if record == ENVELOPE else "BACKWARD_TRANSITIVE"
    assert SCHEMAS.versions[record, version].compatibility == rule


def test_registry_that_is_away_is_an_outage_and_no_verdict() -> None:
    registry = Registry("http://127.0.0.1:9")
    codec = Codec(SCHEMAS, {}, registry.text_of)
    with pytest.raises(Unavailable) as caught:
        codec.decode(b"\x00\x00\x00\x00\x07rest")
    assert caught.value.whom == "registry"
    with pytest.raises(Unavailable):
        registry.ids(SCHEMAS, {"access"})
    with pytest.raises(Unavailable):
        registry.publish(SCHEMAS)
    with pytest.raises(Unavailable):
        registry.is_compatible(SCHEMAS.newest["access"])
