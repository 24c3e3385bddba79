"""Rotations: the new secret is where its users look for it, and the old one is worth nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from creditbus.cli.main import app
from creditbus.domain.calendar import DAY, day_of
from creditbus.runtime.clock import SystemClock
from creditbus.runtime.http.credentials import CallerRole, CredentialRefused, Credentials
from creditbus.stack.bus import token_name, webhook_secret_name
from creditbus.stack.deployment import make_secrets
from creditbus.stack.errors import NotRotated
from creditbus.stack.folder import Folder, StackFile
from creditbus.stack.rotations import OF_SOMEBODY, Rotations, SecretKind
from creditbus.stack.tokens import Tokens
from tests.examples import a_catalogue

TODAY = date(2026, 11, 30)
BODY = "tender-platform"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = tmp_path / "run"
    make_secrets(made, a_catalogue(), "valkey:6379")
    return Folder(made)


def test_a_token_is_replaced_at_once_and_nobody_elses(folder: Folder) -> None:
    before = StackFile.load(folder.stack_file).secrets
    held = Credentials.load(folder.path / "http" / "tokens.json")
    token = Rotations(folder).rotate(SecretKind.TOKEN, "court")
    assert held.caller(token, TODAY).party == "court"
    with pytest.raises(CredentialRefused):
        held.caller(before[token_name("court")], TODAY)
    assert held.caller(before[token_name("tax")], TODAY).party == "tax"
    assert StackFile.load(folder.stack_file).secrets == before | {token_name("court"): token}


@pytest.mark.parametrize("is_revoked", [False, True])
def test_a_token_that_takes_the_place_of_an_ended_one_is_good(
    folder: Folder, *, is_revoked: bool
) -> None:
    tokens = Tokens(folder.path / "http" / "tokens.json")
    today = day_of(SystemClock().now())
    tokens.revoke("court", today)
    _, row = tokens.give("court", CallerRole.SOURCE, today, good_until=today - DAY)
    if is_revoked:
        tokens.revoke("court", today, row.id)

    token = Rotations(folder).rotate(SecretKind.TOKEN, "court")

    held = Credentials.load(folder.path / "http" / "tokens.json")
    assert held.caller(token, today + 400 * DAY).role is CallerRole.SOURCE


def test_a_token_keeps_the_term_of_the_newest_that_is_good(folder: Folder) -> None:
    tokens = Tokens(folder.path / "http" / "tokens.json")
    today = day_of(SystemClock().now())
    tokens.give("court", CallerRole.SOURCE, today, good_until=today + DAY)
    tokens.give("court", CallerRole.SOURCE, today, good_until=today - DAY)

    token = Rotations(folder).rotate(SecretKind.TOKEN, "court")

    held = Credentials.load(folder.path / "http" / "tokens.json")
    assert held.caller(token, today + DAY).party == "court"
    with pytest.raises(CredentialRefused, match="over"):
        held.caller(token, today + 2 * DAY)
    assert tokens.of("court")[-1].issued_on == today


@pytest.mark.parametrize(
    "kind", [each for each in SecretKind if each not in {SecretKind.TOKEN, SecretKind.LOGIN}]
)
def test_one_secret_changes_and_no_other(folder: Folder, kind: SecretKind) -> None:
    of = BODY if kind in OF_SOMEBODY else ""
    before = StackFile.load(folder.stack_file)
    new = Rotations(folder).rotate(kind, of)
    after = StackFile.load(folder.stack_file)
    changed = {name for name, at in after.secrets.items() if before.secrets[name] != at}
    assert len(changed) == 1
    assert after.secrets[changed.pop()] == new
    assert after.credentials == before.credentials


def test_the_files_of_each_process_follow(folder: Folder) -> None:
    Rotations(folder).rotate(SecretKind.WEBHOOK, BODY)
    file = make_secrets(folder.path, a_catalogue(), "valkey:6379")
    filled = (folder.path / "delivery" / "creditbus_webhook_secrets").read_text()
    assert file.secrets[webhook_secret_name(BODY)] in filled


@pytest.mark.parametrize("kind", sorted(OF_SOMEBODY))
def test_a_stranger_is_told_whom_there_is(folder: Folder, kind: SecretKind) -> None:
    with pytest.raises(NotRotated, match=r"there are .*court|there are .*tender-platform"):
        Rotations(folder).rotate(kind, "nobody")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["person"], "is not rotated"),
        (["passport"], "there is no secret passport"),
        (["token"], "say whose"),
        (["redis", "court"], "it is nobody's"),
    ],
)
def test_a_wrong_wish_is_told(folder: Folder, words: list[str], told: str) -> None:
    result = CliRunner().invoke(app, ["rotate", *words, "--home", str(folder.path)])
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())
