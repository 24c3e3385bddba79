"""Tasks: what one measured process is told to do, as JSON on its standard input."""

from __future__ import annotations

from typing import Any

import msgspec

from creditbus.bench.stopwatch import Stopwatch, TimedMeters
from creditbus.runtime.process import Process, security_of
from creditbus.runtime.settings import Settings
from creditbus.stack.principals import ClientConfig


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One process's part; ``gate`` is a file to wait for, empty for none."""

    way: str
    settings: dict[str, str]
    application: str
    number: int
    workers: int
    source: str
    outputs: str
    partitions: int
    sheet: str
    gate: str = ""

    @property
    def process_settings(self) -> Settings:
        """The settings that a service would find in its environment."""
        given: dict[str, Any] = dict(self.settings)
        return Settings(**given)

    @property
    def client(self) -> ClientConfig:
        """The client library's settings of where the broker is."""
        known = self.process_settings
        return {"bootstrap.servers": known.kafka, **security_of(known), "log_level": 2}

    def process(self, stopwatch: Stopwatch) -> Process:
        """Return the process as the runtime sees it, timed."""
        return Process(
            self.application, self.number, self.process_settings, meters=TimedMeters(stopwatch)
        )
