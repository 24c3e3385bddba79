"""A source's tokens: one beside another, ended on a day, taken away one by one or all."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from creditbus.runtime.http.credentials import CallerRole, CredentialRefused, Credentials, issue
from creditbus.stack.tokens import NoSuchToken, Tokens

TODAY = date(2026, 11, 30)
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return Tokens(tmp_path / "tokens.json")


def why(path: Path, token: str, day: date = TODAY) -> str:
    try:
        Credentials.load(path / "tokens.json").caller(token, day)
    except CredentialRefused as refused:
        return refused.why
    return "good"


def test_a_new_token_is_good_beside_the_old_one_until_that_one_is_ended(
    tokens: Tokens, tmp_path: Path
) -> None:
    old, _ = tokens.give("court", CallerRole.SOURCE, TODAY)
    new, row = tokens.give("court", CallerRole.SOURCE, TODAY)
    assert (why(tmp_path, old), why(tmp_path, new)) == ("good", "good")

    tokens.end("court", TODAY, but=row.id)
    assert (why(tmp_path, old), why(tmp_path, new)) == ("good", "good")
    assert (why(tmp_path, old, TOMORROW), why(tmp_path, new, TOMORROW)) == ("expired", "good")


def test_to_end_a_token_never_makes_it_longer(tokens: Tokens, tmp_path: Path) -> None:
    short, _ = tokens.give("court", CallerRole.SOURCE, TODAY, good_until=TODAY)
    _, row = tokens.give("court", CallerRole.SOURCE, TODAY)

    assert tokens.end("court", TOMORROW, but=row.id) == []
    assert why(tmp_path, short, TOMORROW) == "expired"


def test_one_token_is_taken_away_by_its_id_and_says_so(tokens: Tokens, tmp_path: Path) -> None:
    old, first = tokens.give("court", CallerRole.SOURCE, TODAY)
    new, _ = tokens.give("court", CallerRole.SOURCE, TODAY)
    other, _ = tokens.give("tax", CallerRole.SOURCE, TODAY)

    assert [row.id for row in tokens.revoke("court", TODAY, first.id)] == [first.id]

    assert why(tmp_path, old) == "revoked"
    assert (why(tmp_path, new), why(tmp_path, other)) == ("good", "good")
    tokens.revoke("court", TODAY)
    assert (why(tmp_path, new), why(tmp_path, other)) == ("revoked", "good")


def test_what_was_taken_away_or_never_was_cannot_be_taken_away(tokens: Tokens) -> None:
    _, row = tokens.give("court", CallerRole.SOURCE, TODAY)
    with pytest.raises(NoSuchToken, match=row.id):
        tokens.revoke("court", TODAY, "00000000")
    with pytest.raises(NoSuchToken, match="none"):
        tokens.revoke("tax", TODAY, row.id)
    tokens.revoke("court", TODAY)
    with pytest.raises(NoSuchToken, match="before"):
        tokens.revoke("court", TODAY)


def test_an_id_tells_a_token_apart_and_opens_no_door(tokens: Tokens, tmp_path: Path) -> None:
    token, row = tokens.give("court", CallerRole.SOURCE, TODAY)

    assert row.id not in token
    assert why(tmp_path, row.id) == "unknown"
    assert issue("court", CallerRole.SOURCE)[1].id != row.id


def test_the_file_keeps_the_rights_that_it_had(tokens: Tokens, tmp_path: Path) -> None:
    tokens.give("court", CallerRole.SOURCE, TODAY)
    path = tmp_path / "tokens.json"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o444)  # as a deployment has it, for the container's user

    tokens.give("court", CallerRole.SOURCE, TODAY)

    assert path.stat().st_mode & 0o777 == 0o444


def test_the_file_stays_with_its_owner_whoever_changes_it(tokens: Tokens, tmp_path: Path) -> None:
    tokens.give("court", CallerRole.SOURCE, TODAY)
    path, lock = tmp_path / "tokens.json", tmp_path / "tokens.lock"
    is_root = os.geteuid() == 0
    owner = (4242, 4243) if is_root else (os.geteuid(), max(os.getgroups()))
    os.chown(path, *owner)
    path.chmod(0o640)

    tokens.give("court", CallerRole.SOURCE, TODAY)

    found = path.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (*owner, 0o640)
    assert not is_root or lock.stat().st_uid == owner[0]
