"""A process under the agents' discipline that does to each record what the record says.

It writes down what it was given, a line a record, before it obeys.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from faust.types import TP

from creditbus.runtime.health import Readiness
from creditbus.runtime.kafka.clients import Place, Record
from creditbus.runtime.process import Process
from creditbus.runtime.settings import read_settings
from creditbus.runtime.workers.vigil import Bounds
from creditbus.sdk.agents import Agents

BIG = 2000


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one process follows, and how it differs from others."""

    topic: str
    taken: str
    worker: int = 0
    outputs: str = ""
    stalled: float = 60.0
    rebuilt: int | None = None  # up to where it says that it has read the topic before
    is_obedient: bool = True  # otherwise it only writes down
    stuck: int | None = None  # the partition that falls asleep

    @property
    def main(self) -> str:
        """The program of a process that plays it."""
        written = json.dumps(asdict(self))
        return f"from tests.integration.agents.taker import play; play({written!r})"


class Taker:
    """Obeys its records."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._process = Process("views", part.worker, read_settings())
        bounds = Bounds(stalled=part.stalled, look_every=min(part.stalled / 4, 5.0))
        self._agents = Agents(
            self._process, part.topic, topics=(part.topic,), take=self._take, bounds=bounds
        )
        if part.stuck is not None:
            self._agents.add_task(self._put_to_sleep)

    def run(self) -> None:
        """Take records until told to stop."""
        self._agents.run(lambda: Readiness(self._agents.is_ready), self._rebuild)

    def _rebuild(self) -> dict[Place, int]:
        rebuilt = self._part.rebuilt
        return {} if rebuilt is None else {(self._part.topic, 0): rebuilt}

    async def _take(self, records: Sequence[Record]) -> None:
        for record in records:
            said = "" if record.value is None else record.value.decode()
            note(self._part, f"{record.offset} {said}")
            if self._part.is_obedient:
                await self._obey(said)

    async def _obey(self, said: str) -> None:
        match said:
            case "fail":
                raise AssertionError("told to fail")
            case "hang":
                await asyncio.sleep(3600)
            case "block":
                time.sleep(3600)  # noqa: ASYNC251 - that is the fault
            case "cancel":
                raise asyncio.CancelledError
            case "send":
                await self._agents.send(self._part.outputs, b"key", b"x" * BIG)
            case "level":
                level = logging.getLevelName(logging.root.level)
                self._process.logger.info("root", root_level=level)

    async def _put_to_sleep(self) -> None:
        """Let one partition bring no more, once the agents bring records."""
        for _ in range(100):
            await asyncio.sleep(0.1)
            if self._agents.is_ready:
                place = TP(self._part.topic, self._part.stuck or 0)
                self._agents.app.consumer.pause_partitions([place])
        await asyncio.sleep(3600)


def note(part: Part, line: str) -> None:
    """Write down what was given."""
    with Path(part.taken).open("a", encoding="utf-8") as taken:
        taken.write(f"{line}\n")


def play(written: str) -> None:
    """Play a part until told to stop."""
    Taker(Part(**json.loads(written))).run()
