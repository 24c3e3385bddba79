"""Who acts upon the bus by a command says why, or nothing is done and nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from creditbus.cli.faults import MISUSED
from creditbus.cli.main import app
from creditbus.stack.folder import Folder, StackFile
from creditbus.stack.ports import Ports
from creditbus.wire.topics import OPERATOR

PLACE = "credit.inbox.court.v1/0/7"
ACTS = [
    ("pause", "dispatch"),
    ("drain", "dispatch"),
    ("resume", "dispatch"),
    ("inbox", "skip", "court", "--offset", "7"),
    ("dead-letters", "redrive", PLACE),
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of a bus whose servers are away: whoever asks them waits, and ends otherwise."""
    StackFile(
        ports=Ports(),
        bootstrap="127.0.0.1:1",
        registry_url="http://127.0.0.1:1",
        redis_url="redis://127.0.0.1:1",
        credentials={OPERATOR: "secret", "svc.audit": "secret"},
    ).save(Folder(tmp_path).stack_file)
    return tmp_path


@pytest.mark.parametrize("act", ACTS, ids=" ".join)
@pytest.mark.parametrize("reason", [(), ("--reason", " "), ("--reason", "x" * 501)], ids=len)
def test_nobody_acts_without_a_reason(
    home: Path, act: tuple[str, ...], reason: tuple[str, ...]
) -> None:
    before = sorted(home.rglob("*"))
    result = CliRunner().invoke(app, [*act, *reason, "--home", str(home)])
    assert result.exit_code == MISUSED, result.output
    assert "(--reason)" in result.output
    assert sorted(home.rglob("*")) == before
