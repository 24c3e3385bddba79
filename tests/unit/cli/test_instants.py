"""Instants as a person names them: what lies before every calendar is a mistake, not a fault."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import typer

from creditbus.cli.instants import since_ms

NOW = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["999999d", "yesterday", "2026-13-01"])
def test_what_is_no_instant_says_so(text: str) -> None:
    with pytest.raises(typer.BadParameter, match=text):
        since_ms(text, NOW)


def test_what_lies_before_the_epoch_is_the_epoch() -> None:
    assert since_ms("100000d", NOW) == 0
