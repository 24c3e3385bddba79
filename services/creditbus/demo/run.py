"""Run the demonstration: the city lives on a live bus, and at its end everything must add up."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

import httpx
import msgspec
from rich.console import Console
from rich.live import Live

from creditbus.audit.app import TopicReader
from creditbus.audit.decide import Reconciliation, Sum, total
from creditbus.demo.agencies import Agencies
from creditbus.demo.board import CityBoard
from creditbus.demo.bodies import Received
from creditbus.demo.city import City, Fate, Submitted
from creditbus.demo.latencies import Latency, latencies
from creditbus.domain.calendar import day_of
from creditbus.domain.effects.directives import Action
from creditbus.runtime.clock import Clock, SystemClock
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.runtime.redis.reads import Serving
from creditbus.runtime.redis.served import Overview
from creditbus.stack.bus import LocalBus, token_name
from creditbus.stack.folder import StackFile
from creditbus.stack.ports import HOST
from creditbus.stack.services import HOSTED, worker_name
from creditbus.wire.topics import OPERATOR

SETTLE_BOUND_S: Final = 240.0
_LOOK_S: Final = 0.5
_BETWEEN_KILLS_S: Final = 1.5


class DemoResult(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: the sums of law 1, the reconciliation, and what was expected.

    ``repeats``: a gateway that was killed before its receipt is asked again, which may add
    duplicates.
    """

    sums: list[Sum]
    total: Sum
    reconciliation: Reconciliation
    expected: dict[Fate, int]
    latency: dict[Action, Latency]
    seconds: float
    sent: int
    repeats: bool

    @property
    def problems(self) -> list[str]:
        """Return a sentence for everything that does not add up."""
        found = [
            f"{each.party}: {each.open} open, {each.twice} twice"
            for each in self.sums
            if not each.adds_up
        ]
        if not self.reconciliation.adds_up:
            found.append(f"{self.reconciliation.owed} directives are still owed")
        for fate, wanted in self.expected.items():
            counted = getattr(self.total, fate)
            more_is_fine = self.repeats and fate is Fate.DUPLICATE
            if counted != wanted and not (more_is_fine and counted > wanted):
                found.append(f"expected {wanted} {fate}, counted {counted}")
        return found


@dataclass
class Demonstration:
    """One run on one bus; ``process`` may read every topic, ``say`` prints a line."""

    file: StackFile
    process: Process
    console: Console
    clock: Clock = field(default_factory=SystemClock)
    received: list[Received] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.agencies = Agencies(self.file, self.clock)
        self.reader = TopicReader(self.process)
        self._board = CityBoard(self.process.catalogue, where_to_look(self.file))

    def city(self, seed: int, run: str) -> City:
        """Return the city of this run."""
        today = day_of(self.clock.now())
        return City(self.process.editions, seed=seed, run=run, today=today)

    async def live(
        self, statements: Sequence[Submitted], *, per_second: float | None = None
    ) -> None:
        """Send the statements while the board shows what happens."""
        speaking = asyncio.create_task(self.agencies.say(statements, per_second=per_second))
        try:
            await self._watch(speaking)
            await speaking
        except asyncio.CancelledError:
            # Ctrl-C: the thread that sends would keep the program waiting for its last statement.
            self.agencies.stop()
            raise

    async def settle(self) -> tuple[list[Sum], Reconciliation]:
        """Wait until everything received has become something and nothing is owed."""
        waiting = asyncio.create_task(self._settled())
        await self._watch(waiting)
        return await waiting

    async def _settled(self) -> tuple[list[Sum], Reconciliation]:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + SETTLE_BOUND_S
        while True:
            sums = await loop.run_in_executor(None, self.reader.sums)
            found = await loop.run_in_executor(None, self.reader.reconciliation)
            done = all(each.adds_up for each in sums) and found.adds_up
            if done or loop.time() > deadline:
                return sums, found
            await asyncio.sleep(_LOOK_S)

    async def _watch(self, work: asyncio.Task[object]) -> None:
        serving = Serving(self.file.redis_url)
        live = Live(console=self.console, refresh_per_second=4, transient=True)
        async with httpx.AsyncClient(base_url=f"http://{HOST}:{self.file.ports.body}") as client:
            with live:
                while not work.done():
                    await self._hear(client)
                    live.update(
                        self._board.draw(
                            self.agencies.sent, await _look(serving), self.received, self.latency()
                        )
                    )
                    await asyncio.wait({work}, timeout=_LOOK_S)
            await self._hear(client)
        await serving.close()

    def latency(self) -> dict[Action, Latency]:
        """Return the latencies of both directions so far."""
        return latencies(self.received, self.agencies.sent_at)

    async def _hear(self, client: httpx.AsyncClient) -> None:
        try:
            answer = await client.get("/received", params={"after": len(self.received)}, timeout=10)
        except httpx.TransportError:
            return
        self.received += msgspec.json.decode(answer.content, type=list[Received])


def where_to_look(file: StackFile) -> list[str]:
    """Return where a person clicks while the city lives; who signs in has the operator's token."""
    ports, token = file.ports, file.secrets[token_name(OPERATOR)]
    return [
        f"Look  the console            http://{HOST}:{ports.console}",
        f"        its token            {token}",
        f"      what the public sees   http://{HOST}:{ports.feed}/v1/exposures",
        f"      a service in figures   http://{HOST}:{ports.metrics_of('listing')}/metrics",
    ]


async def kill_each(bus: LocalBus, seed: int, say: Console) -> None:
    """Kill every service once with SIGKILL, in a seeded order; its supervisor starts it again."""
    order = list(HOSTED)
    Random(seed).shuffle(order)
    for service in order:
        await asyncio.sleep(_BETWEEN_KILLS_S)
        bus.services.kill(worker_name(service))
        say.print(f"killed {service}")
    names = [worker_name(service) for service in order]
    await asyncio.get_running_loop().run_in_executor(None, bus.services.wait_ready, names)


def expected(statements: Sequence[Submitted], acknowledged: int, before: Sum) -> dict[Fate, int]:
    """Return what the sums must show: what was there, sent and acknowledged."""
    fates = Counter(statement.fate for statement in statements)
    fates[Fate.APPLIED] += acknowledged
    return {fate: fates[fate] + getattr(before, fate) for fate in Fate}


def acknowledged(sums: Sequence[Sum], bodies: Sequence[str]) -> int:
    """Return how many acknowledgements the bodies' inboxes hold."""
    return total(each for each in sums if each.party in bodies).received


def next_run(home: Path) -> str:
    """Return a name for this run that no earlier run in the folder had."""
    path = home / "demo-runs"
    number = int(path.read_text()) + 1 if path.exists() else 1
    path.write_text(str(number))
    return f"run{number}"


async def _look(serving: Serving) -> Overview | None:
    try:
        return await serving.overview()
    except Unavailable:
        return None
