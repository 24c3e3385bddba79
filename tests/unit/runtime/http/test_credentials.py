"""Who holds a token: known, unknown, expired, and what a changed file does."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from creditbus.runtime.http.credentials import (
    Caller,
    CallerRole,
    Credential,
    CredentialRefused,
    Credentials,
    CredentialsDamaged,
    file_of,
    issue,
)

TODAY = date(2026, 11, 23)


def kept(folder: Path, *rows: Credential) -> Path:
    """Return the file with these rows, replaced whole as it should be."""
    path = folder / "tokens.json"
    written = folder / "tokens.partial"
    written.write_bytes(file_of(rows))
    written.replace(path)
    return path


def why(credentials: Credentials, token: str | None, day: date = TODAY) -> str:
    with pytest.raises(CredentialRefused) as refused:
        credentials.caller(token, day)
    return refused.value.why


def test_a_token_tells_who_speaks_and_in_which_role(tmp_path: Path) -> None:
    court, row = issue("court", CallerRole.SOURCE)
    railway, other = issue("railway", CallerRole.BODY)
    credentials = Credentials.load(kept(tmp_path, row, other))

    assert credentials.caller(court, TODAY) == Caller("court", CallerRole.SOURCE)
    assert credentials.caller(railway, TODAY) == Caller("railway", CallerRole.BODY)


def test_the_file_holds_no_token(tmp_path: Path) -> None:
    token, row = issue("court", CallerRole.SOURCE)

    assert token not in kept(tmp_path, row).read_text(encoding="utf-8")
    assert token != issue("court", CallerRole.SOURCE)[0]


@pytest.mark.parametrize("token", ["", None])
def test_no_token_is_missing(tmp_path: Path, token: str | None) -> None:
    assert why(Credentials.load(kept(tmp_path)), token) == "missing"


def test_a_hash_is_no_token(tmp_path: Path) -> None:
    _, row = issue("court", CallerRole.SOURCE)

    assert why(Credentials.load(kept(tmp_path, row)), row.hash) == "unknown"


def test_a_token_is_good_on_its_last_day_and_not_after(tmp_path: Path) -> None:
    token, row = issue("court", CallerRole.SOURCE, expires_on=TODAY)
    credentials = Credentials.load(kept(tmp_path, row))

    assert credentials.caller(token, TODAY).party == "court"
    assert why(credentials, token, TODAY + timedelta(days=1)) == "expired"


def test_a_changed_file_gives_and_takes_without_a_restart(tmp_path: Path) -> None:
    court, row = issue("court", CallerRole.SOURCE)
    tax, later = issue("tax", CallerRole.SOURCE)
    credentials = Credentials.load(kept(tmp_path, row))
    assert why(credentials, tax) == "unknown"

    kept(tmp_path, later)
    assert credentials.caller(tax, TODAY).party == "tax"
    assert why(credentials, court) == "unknown"
    (tmp_path / "tokens.json").unlink()
    assert why(credentials, tax) == "unknown"


def test_a_file_that_is_not_there_knows_nobody(tmp_path: Path) -> None:
    assert why(Credentials.load(tmp_path / "none.json"), "x") == "unknown"


@pytest.mark.parametrize("content", ["{", '[{"party": "court"}]', '[{"token": "x"}]'])
def test_a_file_of_something_else_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tokens.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(ValueError, match=r"tokens\.json holds no credentials"):
        Credentials.load(path)


@pytest.mark.parametrize("name", ["", "file/tokens.json", "file"])
def test_what_cannot_be_read_is_told_by_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"no credentials")
    with pytest.raises(CredentialsDamaged, match=(tmp_path / name).name):
        Credentials.load(tmp_path / name)
