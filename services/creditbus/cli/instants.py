"""Instants as somebody at a keyboard says them: how long ago, or the day."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final

import typer

from creditbus.cli.faults import MISUSED, fail
from creditbus.domain.calendar import millis_of

Since = Annotated[
    str, typer.Option(help="Read only what was written since: 90m, 24h, 7d, or 2026-11-30[T08:00].")
]

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_AGO: Final = re.compile(r"(\d{1,6})([mhd])")


def since_ms(text: str, now: datetime) -> int | None:
    """Return the instant in milliseconds, None for an empty text; raises ``BadParameter``.

    A day without a zone is one of UTC.

    >>> at = datetime(2026, 11, 30, tzinfo=UTC)
    >>> since_ms("24h", at) == since_ms("2026-11-29", at), since_ms("", at)
    (True, None)
    """
    if not text:
        return None
    if ago := _AGO.fullmatch(text):
        try:
            at = now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        except OverflowError:
            raise typer.BadParameter(f"{text!r} ago there was no calendar: say less") from None
    else:
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise typer.BadParameter(f"{text!r}: say 90m, 24h, 7d or 2026-11-30") from None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0, millis_of(at))


def named_day(text: str) -> date:
    """Return a day as somebody names it, or say how one is written."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"{text} is no day; write it as 2026-09-30", MISUSED)
