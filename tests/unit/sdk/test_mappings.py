"""A registrar's list of old codes: rows become facts, and a bad row stops no other."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from creditbus.domain.acts.mappings import Alias, AliasKind, Confidence, SubjectAliasMapped
from creditbus.domain.ids import SourceId
from creditbus.sdk.mappings import OPTIONAL, REQUIRED, read_mappings
from creditbus.sdk.sheets.rows import RowFault
from tests.examples import FIRM, OLD_CODE, ROOT

MARKET = SourceId("market")
ROW = {
    "record_id": "XJM-1",
    "kind": "ORG9",
    "old_code": "0000000a-2",
    "credit_code": "9137 0200 0000 000A 2F",
    "decided_on": "2017-10-09",
}


def read(folder: Path, *rows: dict[str, str]) -> list[SubjectAliasMapped | RowFault]:
    path = folder / "codes.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, (*REQUIRED, *OPTIONAL), restval="")
        writer.writeheader()
        writer.writerows(rows)
    return list(read_mappings(path, MARKET))


def test_a_row_is_a_fact_with_its_codes_in_one_form(tmp_path: Path) -> None:
    more = {
        "revision": "3",
        "confidence": "manual",
        "begins_on": "2017-10-09",
        "ends_on": "2020-01-01",
        "withdrawn": "是",
        "document": "青工商码〔2017〕18号",
        "synthetic": "true",
    }
    plain, full = read(tmp_path, ROW, ROW | more)
    assert isinstance(plain, SubjectAliasMapped)
    assert plain.envelope.subject_id == FIRM
    assert plain.named == Alias(AliasKind.ORG9, OLD_CODE)
    assert (plain.envelope.record_revision, plain.confidence) == (1, Confidence.ISSUED)
    assert (plain.begins_on, plain.ends_on, plain.withdrawn) == (None, None, False)
    assert isinstance(full, SubjectAliasMapped)
    assert (full.envelope.record_revision, full.confidence) == (3, Confidence.MANUAL)
    assert (full.begins_on, full.ends_on) == (date(2017, 10, 9), date(2020, 1, 1))
    assert full.withdrawn
    assert full.envelope.synthetic


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("record_id", ""),
        ("kind", "USCC"),
        ("old_code", "0000000A3"),
        ("old_code", "OOOOOOOA2"),
        ("credit_code", "913702000000000A2G"),
        ("decided_on", ""),
        ("decided_on", "9.10.2017"),
        ("revision", "one"),
        ("confidence", "SURE"),
        ("ends_on", "2017"),
    ],
)
def test_a_row_that_cannot_be_read_is_told_and_the_next_goes_on(
    tmp_path: Path, column: str, cell: str
) -> None:
    wrong, right = read(tmp_path, ROW | {column: cell}, ROW)
    assert isinstance(wrong, RowFault)
    assert (wrong.row, wrong.column) == (2, column)
    assert wrong.detail
    assert isinstance(right, SubjectAliasMapped)


def test_a_missing_column_is_told(tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    path.write_text("kind,old_code\n", encoding="utf-8")
    with pytest.raises(ValueError, match="record_id, credit_code, decided_on"):
        list(read_mappings(path, MARKET))


def test_the_shipped_example_can_be_read() -> None:
    found = list(read_mappings(ROOT / "examples" / "old-codes.csv", MARKET))
    assert len(found) == 4
    assert all(isinstance(each, SubjectAliasMapped) for each in found)
