"""The hunt: six faults in a living city, to be found from dashboards and console alone.

``make hunt`` runs a bus with its city and a Prometheus, lets it live for a
while, plants everything at once and says where to look, not where it is. Whoever hunts has alerts,
console, runbooks and, for what only a keeper can mend, a telephone: ``… call PARTY``.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import httpx
import typer
from confluent_kafka import Producer
from rich.console import Console

from creditbus.demo.city import Submitted
from creditbus.demo.run import Demonstration
from creditbus.runtime.clock import SystemClock
from creditbus.runtime.process import Process
from creditbus.runtime.settings import Settings
from creditbus.sdk.publisher import Publisher
from creditbus.stack.bus import Sites, bodies_plan, token_name
from creditbus.stack.ports import HOST, free
from creditbus.stack.principals import login_of
from creditbus.wire.topics import OPERATOR, inbox
from tests.exercises.exercise import ROOT
from tests.exercises.ground import Ground, settings_of
from tests.hunt.sealed import Sealed

WARM_S: Final = 60.0
A_SECOND: Final = 25.0
CHAPTER: Final = 250
POISON_EVERY_S: Final = 3.0
TALKATIVE: Final = 8
"""How many of the sources that say most may be struck: the silence of others is no news."""

UNKNOWN_SCHEMA: Final = b"\0" + (987_654).to_bytes(4, "big") + b"\x02a later version's record"
SWOLLEN: Final = 150_000_000

app = typer.Typer(no_args_is_help=True, add_completion=False)
Where = Annotated[Path, typer.Option("--folder", help="Folder of the hunt.")]
FOLDER: Final = Path("/tmp/creditbus-hunt")  # noqa: S108 - a default that one person uses


@app.command()
def start(folder: Where = FOLDER, seed: str = "", warm_s: float = WARM_S) -> None:
    """Run the city, plant everything, and let it be hunted until Ctrl-C."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ground = Ground(folder, settings_of(free()))
    code, _, complaint = ground.type("creditbus up -d")
    assert code == 0, complaint
    with contextlib.ExitStack() as stack:
        stack.callback(ground.type, "creditbus down")
        stack.enter_context(_ended(_bodies(ground)))
        prometheus = stack.enter_context(_prometheus(ground))
        try:
            _hunt(ground, prometheus, seed or secrets.token_hex(4), warm_s)
        except KeyboardInterrupt:
            return


@app.command()
def call(party: str, folder: Where = FOLDER) -> None:
    """Call the keeper of a source or body; whoever has nothing to mend says so."""
    sealed = Sealed.beside(folder / ".creditbus")
    has_cause = party in sealed.struck().values()
    sealed.call(party)
    typer.echo("we mend it, thank you" if has_cause else "with us everything is in order")


@app.command()
def reveal(folder: Where = FOLDER) -> None:
    """Tell who was struck by what."""
    for plant, party in Sealed.beside(folder / ".creditbus").struck().items():
        typer.echo(f"{plant:16} {party}")


def _hunt(ground: Ground, prometheus: str, seed: str, warm_s: float) -> None:
    city = LivingCity(ground)
    city.begin()
    time.sleep(warm_s)
    file, sealed = ground.file, Sealed.beside(ground.home)
    bodies = [each for each in city.process.catalogue.bodies if city.bodies[each]]
    talkative = [name for name, _ in city.said.most_common(TALKATIVE)]
    struck = sealed.plant(seed, talkative, bodies or list(city.process.catalogue.bodies))
    _throw(ground, struck["parked_inbox"])
    (ground.home / "state" / f"{struck['crash_loop']}-0" / "mode").write_text("pau", "utf-8")
    began = SystemClock().now()
    typer.echo(f"six faults are planted at {began:%H:%M:%S}Z, seed {seed}")
    typer.echo(f"alerts  {prometheus}/alerts")
    typer.echo(f"console http://{HOST}:{file.ports.console}")
    typer.echo(f"token   {file.secrets[token_name(OPERATOR)]}")
    while True:
        if sealed.stands("poisoned_schema", poisoned := struck["poisoned_schema"]):
            city.publisher(poisoned).send_bytes(
                f"later-{secrets.token_hex(3)}".encode(), UNKNOWN_SCHEMA
            )
        time.sleep(POISON_EVERY_S)


class LivingCity:
    """The demonstration's city, speaking on; whoever is to be silent is."""

    def __init__(self, ground: Ground) -> None:
        self._ground, self._sealed = ground, Sealed.beside(ground.home)
        file = ground.file
        settings = Settings(
            home=ground.home,
            kafka=file.bootstrap,
            kafka_user="svc.audit",
            kafka_password=file.credentials["svc.audit"],
            registry=file.registry_url,
            redis=file.redis_url,
        )
        self.process = Process("audit", 0, settings)
        self._demonstration = Demonstration(file, self.process, Console(quiet=True))
        self.said: Counter[str] = Counter()
        self.bodies: Counter[str] = Counter()
        self._publishers: dict[str, Publisher] = {}

    def begin(self) -> None:
        """Speak from now on, as long as this process lives."""
        threading.Thread(target=self._speak, daemon=True).start()

    def publisher(self, source: str) -> Publisher:
        """Return what a source publishes with."""
        if source not in self._publishers:
            file = self._ground.file
            self._publishers[source] = Publisher(
                source,
                kafka=file.bootstrap,
                registry=file.registry_url,
                password=file.credentials[source],
            )
        return self._publishers[source]

    def _speak(self) -> None:
        for chapter in itertools.count(1):
            city = self._demonstration.city(chapter, f"hunt.{chapter}")
            said = [each for each in city.statements(CHAPTER) if self._speaks(each)]
            self.said.update(each.source for each in said)
            asyncio.run(self._demonstration.agencies.say(said, per_second=A_SECOND))
            for received in self._received():
                self.bodies[received] += 1

    def _speaks(self, each: Submitted) -> bool:
        return not self._sealed.stands("silent_source", each.source)

    def _received(self) -> list[str]:
        """Return the bodies that have lately been asked to lift something."""
        told = httpx.get(f"http://{HOST}:{self._ground.file.ports.body}/received", timeout=5)
        return [each["body"] for each in told.json() if each["action"] == "LIFT"]


def _throw(ground: Ground, source: str) -> None:
    """Put one record into an inbox that is small packed and huge unpacked."""
    room = {"message.max.bytes": 2 * SWOLLEN, "batch.size": 2 * SWOLLEN}
    packed = {"compression.codec": "zstd", "linger.ms": 0}
    producer = Producer({**login_of(ground.file, source), **room, **packed})
    producer.produce(inbox(source), b"\0" * SWOLLEN, b"huge")
    assert producer.flush(30) == 0, "the broker did not take it"


def _bodies(ground: Ground) -> subprocess.Popen[bytes]:
    plan = bodies_plan(
        ground.file,
        Sites(
            home=ground.home,
            cache=Path(ground.environment["CREDITBUS_CACHE"]),
            schemas=ROOT / "schemas/avro",
            catalogue=ROOT / "deploy/catalogue",
            editions=ROOT / "deploy/editions",
        ),
    )
    return subprocess.Popen(
        [sys.executable, "-m", "tests.hunt.bodies"],
        cwd=ROOT,
        env={**ground.environment, **plan.env},
    )


@contextlib.contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


@contextlib.contextmanager
def _prometheus(ground: Ground) -> Iterator[str]:
    """Run a Prometheus with the very rules, whose alerts link to this console."""
    rules = ROOT / "deploy/prometheus"
    port = free().gateway
    text = (rules / "prometheus.yml").read_text(encoding="utf-8")
    text = text.replace("http://127.0.0.1:8083", f"http://{HOST}:{ground.file.ports.console}")
    text = text.replace("../../.creditbus", str(ground.home))
    for name in ("alerts.yml", "levels.yml"):
        text = text.replace(f"- {name}", f"- {rules / name}")
    config = ground.folder / "prometheus.yml"
    config.write_text(text, encoding="utf-8")
    address = f"{HOST}:{port}"
    process = subprocess.Popen(
        [
            "prometheus",
            f"--config.file={config}",
            f"--web.listen-address={address}",
            f"--storage.tsdb.path={ground.folder / 'tsdb'}",
            "--log.level=error",
        ]
    )
    with _ended(process):
        yield f"http://{address}"


if __name__ == "__main__":
    app()
