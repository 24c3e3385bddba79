"""Upkeep: what of a page is read again and again, and how it shows that it could not be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from nicegui import ui

from creditbus.console.stamps import stamp
from creditbus.console.visit import Visit
from creditbus.runtime.outages import Unavailable


class Upkeep:
    """Reads a part of a page anew; when that fails, what is shown stays and is marked as old."""

    def __init__(self, visit: Visit, card: ui.element, read: Callable[[], Awaitable[None]]) -> None:
        self._visit = visit
        self._card = card
        self._read = read
        self._read_at: datetime | None = None
        with card:
            self._note = ui.label().classes("stale-note")

    def begin(self, every_s: float, now: Callable[[], datetime]) -> None:
        """Read as soon as the page is there, and then every so many seconds."""

        async def renew() -> None:
            await self.renew(now)

        with self._card:
            ui.timer(every_s, renew)

    async def renew(self, now: Callable[[], datetime]) -> None:
        """Read once."""
        try:
            await self._read()
        except Unavailable:
            self._card.classes(add="stale")
            since = stamp(self._read_at)
            said = "stale_since" if since else "stale_never"
            self._note.set_text(self._visit.say(said).format(at=since))
            return
        self._read_at = now()
        self._card.classes(remove="stale")
        self._note.set_text("")
