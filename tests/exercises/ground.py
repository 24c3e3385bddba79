"""The ground of an exercise: a folder from which a bus is run by the command line alone.

It holds what a checkout holds (schemas, catalogue, editions), so that a line of a runbook can be
typed there as it is written.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from creditbus.runtime.settings import environment, read_settings
from creditbus.stack import ports
from creditbus.stack.bus import token_name
from creditbus.stack.folder import StackFile
from creditbus.stack.ports import HOST, Ports, single
from tests.exercises.exercise import ROOT

NEEDED: Final = ("schemas", "deploy/catalogue", "deploy/editions")
BOUND_S: Final = 300.0
HOME: Final = ".creditbus"


@dataclass
class Ground:
    """The folder, and the environment in which its lines are typed."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for needed in NEEDED:
            if not (self.folder / needed).exists():
                shutil.copytree(ROOT / needed, self.folder / needed)

    @property
    def home(self) -> Path:
        """The folder of the bus."""
        return self.folder / HOME

    @property
    def file(self) -> StackFile:
        """The addresses and credentials, as they are now."""
        return StackFile.load(self.home / "stack.json")

    @property
    def environment(self) -> dict[str, str]:
        """What a line is run with: the interpreter's own commands, and the ports of this bus."""
        # No colours, and no line broken, whatever terminal the tests run on.
        plain = {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200"}
        found = environment({"cache": str(read_settings().cache), **self.settings}) | plain
        return found | {"PATH": f"{Path(sys.executable).parent}:{found['PATH']}"}

    def type(self, line: str) -> tuple[int, str, str]:
        """Run a line in a shell; return its exit code, what it printed and what it complained."""
        done = subprocess.run(
            ["bash", "-euc", line],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=BOUND_S,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def http(self, service: str, party: str) -> httpx.Client:
        """Return a client of an HTTP service that speaks for a party."""
        file = self.file
        return httpx.Client(
            base_url=f"http://{HOST}:{getattr(file.ports, service)}",
            headers={"Authorization": f"Bearer {file.secrets[token_name(party)]}"},
            timeout=10,
        )


def settings_of(chosen: Ports) -> dict[str, str]:
    """Return the settings that give a bus these ports at each of its starts."""
    named = {f"{name}_port": str(getattr(chosen, name)) for name in single()}
    return named | {"metrics_base": str(chosen.metrics)}


def own_ground(folder: Path, brokers: int = 1) -> Ground:
    """Start a bus with bodies in a folder, by the command line, and return its ground."""
    # Further brokers have their ports beside the first's only where all are free ones.
    settings = settings_of(ports.free()) if brokers == 1 else {"free_ports": "true"}
    ground = Ground(folder, settings)
    more = f" --brokers {brokers}" if brokers > 1 else ""
    code, _, complaint = ground.type(f"creditbus up -d --bodies{more}")
    assert code == 0, complaint
    return ground
