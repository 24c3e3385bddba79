"""What can be measured is asked before a server is started for it."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from creditbus.cli.main import app


@pytest.mark.parametrize(
    ("benchmark", "option"),
    [
        (["engine", "--workers", "0"], "--workers"),
        (["bare", "--workers", "1,x"], "--workers"),
        (["listing", "--events", "1,,2"], "--events"),
        (["latency", "--rates", "0"], "--rates"),
        (["fold", "--events", "0"], "--events"),
        (["soak", "--minutes", "0"], "--minutes"),
        (["all", "--rounds", "0"], "--rounds"),
    ],
)
def test_what_is_no_amount_is_refused_by_its_name(benchmark: list[str], option: str) -> None:
    told = CliRunner().invoke(app, ["bench", *benchmark])

    assert told.exit_code == 2
    assert f"Invalid value for '{option}'" in told.output
