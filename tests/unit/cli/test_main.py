"""The commands are all there, and a command imports what it needs and no more."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from creditbus.cli.main import COMMANDS, app

LISTED = """
import sys
from typer.testing import CliRunner
from creditbus.cli.main import app
assert CliRunner().invoke(app, ["run", "nothing"]).exit_code == 2
print(*sorted(name for name in sys.modules if name.startswith("creditbus.")))
"""


@pytest.mark.parametrize("command", COMMANDS)
def test_command_has_its_name_and_a_sentence(command: str) -> None:
    told = CliRunner().invoke(app, [command, "--help"])

    assert told.exit_code == 0, told.output
    assert f"creditbus {command} " in told.output


def test_help_names_every_command() -> None:
    told = CliRunner().invoke(app, ["--help"])

    assert all(f"│ {command} " in told.output for command in COMMANDS)


def test_wrong_command_is_told_the_right_one() -> None:
    told = CliRunner().invoke(app, ["stauts"])

    assert told.exit_code == 2
    assert "Did you mean 'status'?" in told.output


def test_service_starts_without_what_operators_use() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", LISTED], check=True, capture_output=True, text=True, timeout=60
    )

    floors = {name.split(".")[1] for name in asked.stdout.split()}
    assert "cli" in floors
    assert floors.isdisjoint({"demo", "bench", "audit", "console"})
    assert not {"creditbus.stack.local", "creditbus.stack.bus"} & set(asked.stdout.split())


@pytest.mark.parametrize(
    ("service", "settings", "told"),
    [
        (
            "listing",
            {"CREDITBUS_SCHEMAS": "nowhere"},
            "no schemas in nowhere: set CREDITBUS_SCHEMAS",
        ),
        ("gateway", {"CREDITBUS_ATTESTATION_KEY": ""}, "set CREDITBUS_ATTESTATION_KEY"),
        (
            "gateway",
            {"CREDITBUS_ATTESTATION_KEY": "k", "CREDITBUS_PERSON_KEY": ""},
            "set CREDITBUS_PERSON_KEY",
        ),
    ],
)
def test_what_a_service_lacks_is_a_sentence_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, service: str, settings: dict[str, str], told: str
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    started = CliRunner().invoke(app, ["run", service])
    assert (started.exit_code, type(started.exception)) == (1, SystemExit)
    assert f"error {told}" in started.output
