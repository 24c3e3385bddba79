"""Stamps: instants as the console writes them, to the second and with their zone."""

from __future__ import annotations

from datetime import datetime

from creditbus.domain.calendar import SHANGHAI


def stamp(at: datetime | None) -> str:
    """Return an instant in the city's time, so that text sorts as time does.

    >>> from datetime import UTC
    >>> stamp(datetime(2026, 11, 30, 1, 2, 3, tzinfo=UTC))
    '2026-11-30 09:02:03 +08:00'
    """
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S} +08:00" if at is not None else ""
