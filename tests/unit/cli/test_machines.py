"""Every command can be asked for JSON, and says what is wrong in JSON as well."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from creditbus.cli.faults import MISUSED, told
from creditbus.cli.main import app

EDITIONS = Path("deploy/editions").resolve()
WITHOUT = {
    "run": "a service: its output is its log, which is JSON as CREDITBUS_LOG_FORMAT says",
}
"""The commands that take no ``--json``, and why."""


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield every command that does something, with its path."""
    names = getattr(command, "commands", {})
    if not names or command.invoke_without_command:
        yield " ".join(path), command
    for name in tuple(names):
        yield from commands(command.get_command(None, name), (*path, name))


ALL = dict(commands(get_command(app)))


def test_every_command_takes_json_or_says_why_not() -> None:
    without = {
        name
        for name, command in ALL.items()
        if not any("--json" in option.opts for option in command.params)
    }
    assert len(ALL) > 50
    assert without == set(WITHOUT)


@pytest.mark.parametrize("name", sorted(ALL.keys() - WITHOUT.keys()))
def test_what_is_typed_wrong_is_told_in_json(name: str) -> None:
    result = CliRunner().invoke(app, [*name.split(), "--json", "--no-such-option"])
    assert result.exit_code == MISUSED
    assert result.stdout == ""
    fault = json.loads(result.stderr)
    assert "--no-such-option" in fault["error"]
    assert fault["exit_code"] == MISUSED


NO_BUS = [
    ("status",),
    ("owed",),
    ("pause", "dispatch", "--reason", "x"),
    ("inbox", "widen", "court", "--partitions", "2"),
    ("inbox", "skip", "court", "--offset", "1", "--reason", "x"),
    ("dead-letters", "redrive", "credit.inbox.court.v1/0/7", "--reason", "x"),
    ("sources",),
    ("sources", "token", "court"),
    ("sources", "revoke", "court"),
    ("topics", "create"),
    ("schemas", "publish"),
    ("rotate", "token", "court"),
    ("backup", "into"),
    ("broker", "replace", "1"),
    ("accounts", "remove", "li"),
]


@pytest.mark.parametrize("command", NO_BUS, ids=" ".join)
def test_a_fault_is_json_on_the_error_output_with_the_same_exit_code(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    given = [*command, "--home", str(tmp_path / "nowhere")]
    for_persons = CliRunner().invoke(app, given)
    for_machines = CliRunner().invoke(app, [*given, "--json"])
    assert for_machines.stdout == ""
    fault = json.loads(for_machines.stderr)
    assert fault == {"error": fault["error"], "exit_code": for_persons.exit_code}
    assert for_machines.exit_code == for_persons.exit_code != 0
    assert f"error {fault['error']}\n" == for_persons.stderr


ACTS: list[tuple[tuple[str, ...], set[str]]] = [
    (("down",), {"stopped", "launcher", "ended"}),
    (("files", "template", "penalty"), {"file"}),
    (("secrets", "--into", "deployment"), {"into", "logins", "secrets"}),
    (("catalogue", "publish", "--only-file"), {"edition", "in_force_from", "file"}),
    (("schemas", "release"), {"released"}),
]


@pytest.mark.parametrize(("command", "keys"), ACTS, ids=lambda each: " ".join(sorted(each)))
def test_an_act_gives_one_object_with_its_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], keys: set[str]
) -> None:
    root = Path.cwd()
    monkeypatch.setenv("CREDITBUS_HOME", str(tmp_path / "bus"))
    monkeypatch.setenv("CREDITBUS_EDITIONS", str(copytree(EDITIONS, tmp_path / "editions")))
    monkeypatch.setenv("CREDITBUS_SCHEMAS", str(root / "schemas"))
    monkeypatch.setenv("CREDITBUS_CATALOGUE", str(root / "deploy/catalogue"))
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, [*command, "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout).keys() == keys
    assert result.stdout.count("\n") == 1


def test_staff_is_hired_and_removed_in_json(tmp_path: Path) -> None:
    file = ["--accounts", str(tmp_path / "accounts.json"), "--json"]
    password = "a long enough pass phrase 7"

    def run(*typed: str) -> Any:
        result = CliRunner().invoke(app, ["accounts", *typed, *file], input=password + "\n")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    hired = run("add", "li", "--role", "viewer", "--password-stdin")
    assert run("list") == [hired]
    assert run("password", "li", "--password-stdin")["name"] == "li"
    assert run("remove", "li")["role"] == "viewer"
    assert run("list") == []


def test_a_command_that_gives_a_machine_nothing_is_a_bug() -> None:
    @told
    def silent() -> None:
        """Say nothing."""

    silent()
    with pytest.raises(AssertionError, match="silent ended well and gave a machine nothing"):
        silent(as_json=True)
