"""Templates: what is filled into one is read as the table that it is of."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from creditbus.cli.main import app
from creditbus.cli.templates import workbook_of
from creditbus.domain.acts.decisions import PenaltyDecided, PermitDecided
from creditbus.domain.acts.events import EntryListed
from creditbus.domain.ids import SourceId
from creditbus.sdk.sheets.files import read_file
from creditbus.sdk.sheets.layouts import LAYOUTS

FILLED: dict[str, dict[str, Any]] = {
    "court-list": {
        "case": "（2026）鲁02执1号",
        "name": "（测）甲公司",
        "code": "91370200000000000Y",
        "document": "（2025）鲁02民终1号",
        "conduct": "违反财产报告制度",
        "published": date(2026, 7, 9),
        "notice": date(2026, 6, 1),
        "rights": "是",
    },
    "penalty": {
        "name": "（测）甲公司",
        "code": "91370200000000000Y",
        "document": "青罚〔2026〕1号",
        "penalty": "罚款",
        "fine": 1.5,
        "decided": date(2026, 7, 9),
        "status": "正常",
    },
    "permit": {
        "name": "（测）甲公司",
        "code": "91370200000000000Y",
        "document": "青许〔2026〕1号",
        "permit": "普通",
        "decided": date(2026, 7, 9),
        "valid_to": date(2027, 7, 8),
    },
}
ACT: dict[str, Any] = {
    "court-list": EntryListed,
    "penalty": PenaltyDecided,
    "permit": PermitDecided,
}


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_filled_template_is_read(layout: Any, tmp_path: Path) -> None:
    book, path = workbook_of(layout), tmp_path / "filled.xlsx"
    sheet = book.active
    fields = [field for field in layout.fields if field != "party"]
    for place, field in enumerate(fields, start=1):
        if field in FILLED[layout.name]:
            sheet.cell(2, place, FILLED[layout.name][field])
    book.save(path)
    (act,) = read_file(path, SourceId("court"))
    assert isinstance(act, ACT[layout.name])
    assert act.envelope.decided_on == date(2026, 7, 9)
    stars = [cell.value for cell in sheet[1] if cell.value.startswith("*")]
    assert len(stars) == len(layout.required)
    checks = sheet.data_validations.dataValidation
    assert checks
    assert all(len(each.formula1 or "") <= 255 for each in checks)


def test_a_template_is_never_written_over_a_filled_one(tmp_path: Path) -> None:
    out = tmp_path / "list.xlsx"
    run = CliRunner()
    asked = ["files", "template", "court-list", "--out", str(out)]
    assert run.invoke(app, asked).exit_code == 0
    assert out.exists()
    assert run.invoke(app, asked).exit_code == 2
    assert run.invoke(app, [*asked[:-1], str(tmp_path / "x.csv")]).exit_code == 2
