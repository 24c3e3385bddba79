"""Who may log in to the console, what each role may do, and what a file of accounts may hold."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from fastapi import Request

from creditbus.console.doorman import Doorman
from creditbus.console.login import Proof
from creditbus.console.staff import (
    SEES_BYTES,
    STEPS,
    Staff,
    StaffRefused,
    StaffRole,
    Visitor,
    staff_file,
)
from creditbus.domain.acts.interventions import OperatorStep
from creditbus.runtime.http.credentials import CallerRole, TokenScope, file_of, hash_of, issue
from creditbus.runtime.process import Process
from creditbus.runtime.settings import Settings

DAY = date(2026, 11, 23)
PASSWORD = "several words together"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("staff") / "accounts.json"
    staff = Staff(file)
    file.write_bytes(staff_file([staff.hired("wang", StaffRole.OPERATOR, PASSWORD, DAY)]))
    return file


def test_a_password_is_verified_and_never_kept(path: Path) -> None:
    staff = Staff(path)
    found = staff.verified("wang", PASSWORD)
    assert found is not None
    assert (found.name, found.role) == ("wang", StaffRole.OPERATOR)
    assert found.password.startswith("$argon2id$")
    assert PASSWORD not in path.read_text()
    assert staff.verified("wang", f"{PASSWORD} ") is None
    assert staff.verified("li", PASSWORD) is None
    assert staff.verified("", "nobody") is None


def test_a_login_is_taken_away_without_a_restart(tmp_path: Path, path: Path) -> None:
    file = tmp_path / "accounts.json"
    staff = Staff(file)
    assert staff.rows == ()
    file.write_bytes(path.read_bytes())
    assert staff.member("wang") is not None
    file.unlink()
    assert staff.member("wang") is None


def test_a_damaged_file_lets_nobody_in(tmp_path: Path) -> None:
    file = tmp_path / "accounts.json"
    file.write_text('[{"name": "wang"}]')
    with pytest.raises(ValueError, match=r"accounts\.json holds no accounts"):
        Staff(file).verified("wang", PASSWORD)


def test_a_file_that_cannot_be_read_shuts_out_names_and_not_the_token(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"cannot be read .* so nobody is known"):
        Staff(tmp_path).member("wang")
    token, row = issue("operator", CallerRole.OPERATOR)
    asking, kept = issue("operator", CallerRole.OPERATOR, only=TokenScope.ASK)
    tokens = tmp_path / "tokens.json"
    tokens.write_bytes(file_of([row, kept]))
    doorman = Doorman(Process("console", 0, Settings(accounts=tmp_path, tokens=tokens)))
    stranger = Request({"type": "http", "method": "GET", "headers": [], "query_string": b""})
    assert doorman.ask(stranger, {}).status_code == 200
    assert doorman.sessions.begin(Proof(hash_of(token))) is not None
    assert doorman.sessions.begin(Proof(hash_of(asking))) is None, "it is kept to asking"


@pytest.mark.parametrize(
    ("name", "password", "why"),
    [
        ("Wang", PASSWORD, "no name"),
        ("", PASSWORD, "no name"),
        ("王", PASSWORD, "no name"),
        ("wang", "short", "12 to 200"),
        ("wang", "x" * 201, "12 to 200"),
        ("wang", "aaaaaaaaaaaa", "guess"),
        ("wangwangwang", "wangwangwang", "guess"),
    ],
)
def test_what_no_row_can_be_is_told(tmp_path: Path, name: str, password: str, why: str) -> None:
    with pytest.raises(StaffRefused, match=why):
        Staff(tmp_path / "accounts.json").hired(name, StaffRole.VIEWER, password, DAY)


def test_every_role_has_its_rights_and_a_viewer_none() -> None:
    assert set(STEPS) == set(StaffRole)
    assert {role for role in StaffRole if Visitor("x", role).may(OperatorStep.SKIP)} == {
        StaffRole.OPERATOR
    }
    assert not STEPS[StaffRole.VIEWER]
    assert not STEPS[StaffRole.AUDITOR]
    assert STEPS[StaffRole.OPERATOR] == set(OperatorStep)
    assert set(StaffRole) - SEES_BYTES == {StaffRole.VIEWER}
