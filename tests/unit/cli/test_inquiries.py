"""What is owed and who is silent, in words; dead letters that cannot speak to a terminal."""

from __future__ import annotations

from typer.testing import CliRunner

from creditbus.cli.main import COMMANDS, app
from creditbus.domain.acts.letters import dump
from creditbus.runtime.interpreter import described


def test_bytes_of_a_source_cannot_move_the_cursor_or_colour_the_terminal() -> None:
    hostile = b"\x1b[2J\x1b]0;owned\x07" + bytes(range(256))
    told = "\n".join(dump(hostile))
    assert all(32 <= ord(each) < 127 or each == "\n" for each in told)
    shown = "".join(line[6:53].replace(" ", "") for line in told.splitlines())
    assert bytes.fromhex(shown) == hostile


def test_the_version_is_told_with_the_interpreter() -> None:
    told = CliRunner().invoke(app, ["--version"])
    assert told.exit_code == 0
    assert told.output.startswith("creditbus 0.")
    assert described() in told.output


def test_a_shell_is_given_every_command_to_complete() -> None:
    told = CliRunner().invoke(
        app,
        [],
        prog_name="creditbus",
        env={
            "_CREDITBUS_COMPLETE": "complete_bash",
            "COMP_WORDS": "creditbus ",
            "COMP_CWORD": "1",
        },
    )
    assert set(told.output.split()) == set(COMMANDS)
