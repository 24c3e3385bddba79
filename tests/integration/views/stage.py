"""A stage for services that are no slice workers: their settings, processes and what they read.

Every service runs as a process of its own, as it does in life, against the shared stack.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import httpx
import msgspec
from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition

from creditbus.runtime.process import Process
from creditbus.runtime.registry import Registry
from creditbus.runtime.settings import Settings, environment
from creditbus.stack.local import LocalStack
from creditbus.wire.records import Codec
from creditbus.wire.schemas import load_schemas
from creditbus.wire.topics import service_principal
from tests.stack_fixtures import BODIES

T = TypeVar("T")

ROOT: Final = Path(__file__).resolve().parents[3]
SCHEMAS: Final = ROOT / "schemas" / "avro"
BOUND_S: Final = 60.0
NAMED: Final = re.compile(r"^bodies = \[(.*)\]$", re.MULTILINE)

MAIN: Final = """
import sys
from importlib import import_module
from creditbus.runtime.process import Process
from creditbus.runtime.settings import read_settings
service = sys.argv[1]
import_module(f"creditbus.{service}.app").run(Process(service, 0, read_settings()))
"""
"""What starts a service: the same three steps as the command line takes."""


def wait_until(holds: Callable[[], T], bound_s: float = BOUND_S) -> T:
    """Return the first true answer, or fail after the bound with the last one."""
    deadline = time.monotonic() + bound_s
    while True:
        answer = holds()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not within {bound_s:g} s: {answer}"
        time.sleep(0.05)


@dataclass
class Stage:
    """One stack with schemas, and a folder for what a test's processes keep."""

    stack: LocalStack
    folder: Path
    codec: Codec
    extra: dict[str, str] = field(default_factory=dict)
    running: list[Running] = field(default_factory=list)

    def settings(self, principal: str) -> dict[str, str]:
        """Return the settings of a process that logs in as a principal."""
        file = self.stack.file
        return {
            "kafka": file.bootstrap,
            "kafka_user": principal,
            "kafka_password": file.credentials[principal],
            "registry": file.registry_url,
            "redis": file.redis_url,
            "schemas": str(SCHEMAS),
            "catalogue": str(self.catalogue),
            "state": str(self.folder / "state"),
            "log_level": "info",
        } | self.extra

    @property
    def catalogue(self) -> Path:
        """The project's catalogue, with no more bodies than the stack has topics for."""
        here = self.folder / "catalogue"
        if not here.exists():
            shutil.copytree(ROOT / "deploy" / "catalogue", here)
            _keep_bodies(here)
        return here

    def process(self, service: str) -> Process:
        """Return a process of a service, to be used inside the test itself."""
        settings = Settings.model_validate(self.settings(service_principal(service)))
        process = Process(service, 0, settings)
        # As it would get it from the registry, without a connection that nobody closes.
        process.__dict__["codec"] = self.codec
        return process

    def start(self, service: str, main: str = MAIN, **settings: str) -> Running:
        """Start a service as a process of its own."""
        port = free_port()
        given = self.settings(service_principal(service)) | settings | {"metrics_port": str(port)}
        log = self.folder / f"{service}-{len(self.running)}.log"
        with log.open("wb") as output:
            child = subprocess.Popen(
                [sys.executable, "-c", main, service],
                env=environment(given) | {"PYTHONPATH": os.pathsep.join(("services", "."))},
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.running.append(Running(child, port, log))
        return self.running[-1]

    def producer(self, service: str, **settings: str) -> Producer:
        """Return a producer with a service's rights."""
        config = self.stack.client_config(service_principal(service))
        return Producer({**config, "partitioner": "murmur2_random", "linger.ms": 0, **settings})

    def send(
        self,
        service: str,
        topic: str,
        values: Sequence[tuple[str, msgspec.Struct | None]],
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        """Produce values as a service does, and wait for the broker."""
        producer = self.producer(service)
        for key, value in values:
            encoded = self.codec.encode(value) if value is not None else None
            producer.produce(topic, encoded, key.encode(), headers=list(headers))
        assert producer.flush(BOUND_S) == 0

    def read(self, topic: str) -> list[Message]:
        """Return every committed record of a topic, partition by partition."""
        consumer = Consumer(
            {
                **self.stack.client_config("admin"),
                "group.id": "test",
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
            }
        )
        try:
            partitions = consumer.list_topics(topic, BOUND_S).topics[topic].partitions
            consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
            return sorted(_to_ends(consumer, len(partitions)), key=_place)
        finally:
            consumer.close()


@dataclass
class Running:
    """A service's process."""

    child: subprocess.Popen[bytes]
    port: int
    log: Path

    def is_ready(self) -> bool:
        """Tell whether it calls itself ready; a dead one fails the test with its log."""
        assert self.child.poll() is None, self.log.read_text()
        return self._get("/health/ready") is True

    def wait_ready(self) -> None:
        """Wait until it calls itself ready."""
        try:
            wait_until(self.is_ready)
        except AssertionError as failure:
            raise AssertionError(f"{failure}\n{self.log.read_text()}") from failure

    def why(self) -> str:
        """Return why it is not ready."""
        return str(self._get("/health/ready", field="why"))

    def metric(self, name: str) -> float:
        """Return the sum of a metric over its labels."""
        lines = httpx.get(f"http://127.0.0.1:{self.port}/metrics", timeout=2).text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    def stop(self, number: signal.Signals = signal.SIGTERM, bound_s: float = BOUND_S) -> int:
        """Send a signal, wait for the end and return the exit code."""
        if self.child.poll() is None:
            self.child.send_signal(number)
        return self.child.wait(bound_s)

    def _get(self, path: str, field: str = "ready") -> object:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=2).json()[field]
        except httpx.HTTPError:
            return None


@contextmanager
def stage_on(stack: LocalStack, folder: Path) -> Iterator[Stage]:
    """Publish the schemas and end every process that the test leaves running."""
    schemas, registry = (
        load_schemas(SCHEMAS),
        Registry(stack.file.registry_url, stack.file.registry_login),
    )
    codec = Codec(schemas, registry.publish(schemas), registry.text_of)
    stage = Stage(stack, folder, codec)
    try:
        yield stage
    finally:
        for each in stage.running:
            each.stop(signal.SIGKILL)


def _keep_bodies(catalogue: Path) -> None:
    bodies = catalogue / "bodies.toml"
    first, *rows = bodies.read_text(encoding="utf-8").split("\n[")
    kept = [row for row in rows if row.partition("]")[0] in BODIES]
    bodies.write_text("\n[".join([first, *kept]), encoding="utf-8")
    for measure in (catalogue / "measures").glob("*.toml"):
        text = measure.read_text(encoding="utf-8")
        measure.write_text(NAMED.sub(_kept, text), encoding="utf-8")


def _kept(found: re.Match[str]) -> str:
    names = [f'"{name}"' for name in re.findall(r'"([^"]+)"', found[1]) if name in BODIES]
    return f"bodies = [{', '.join(names)}]"


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


def _to_ends(consumer: Consumer, partitions: int) -> Iterator[Message]:
    deadline = time.monotonic() + BOUND_S
    while partitions:
        assert time.monotonic() < deadline, "the topic's end was not reached"
        message = consumer.poll(0.5)
        if message is None:
            continue
        error = message.error()
        if error is None:
            yield message
        else:
            assert error.code() == KafkaError._PARTITION_EOF, error
            partitions -= 1


def _place(message: Message) -> tuple[int, int]:
    partition, offset = message.partition(), message.offset()
    assert partition is not None
    assert offset is not None
    return partition, offset
