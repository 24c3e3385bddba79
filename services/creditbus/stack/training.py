"""Training: let each server of Java's live once, to keep the classes that later starts need.

It is a program of its own, beside a running bus and yielding to it: ``python -m
creditbus.stack.training CACHE SCHEMAS``. A server is started on a folder of its own, does once what
the bus asks of it, and writes its cache when it ends. What is broken off leaves nothing that counts
and is begun again by a later start.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from confluent_kafka import Consumer, Producer
from filelock import FileLock, Timeout

from creditbus.runtime.registry import Registry as Client
from creditbus.runtime.settings import environment
from creditbus.stack.downloads import Distribution, install
from creditbus.stack.folder import Folder
from creditbus.stack.kafka import Kafka
from creditbus.stack.ports import HOST, free
from creditbus.stack.principals import ADMIN, ClientConfig, admin_with, login
from creditbus.stack.processes import Child, Launch, popen
from creditbus.stack.provision import add_passwords, new_password, provision
from creditbus.stack.registry import RegistryServer, read_registered
from creditbus.stack.reports import Report
from creditbus.wire.schemas import load_schemas
from creditbus.wire.topics import EVENTS, STANDINGS, application

NAME: Final = "training"
BOUND_S: Final = 240.0
"""How long a server may take to answer, and to write its cache, on a machine that has no time."""

WORTH_S: Final = 45.0
"""How long a person may be asked to wait for one cache, which takes half of that on two cores."""

_LEAST_URGENT: Final = 19
_LOOK_S: Final = 0.1
_SOURCES: Final = ("court", "tender")
_BODIES: Final = ("tender-platform",)
_TRANSACTIONS: Final = 100
_RECORDS: Final = 20


class Training:
    """The program as a child of the launcher, found and ended like every other."""

    def __init__(self, folder: Folder, cache: Path, schemas: Path) -> None:
        places = (str(cache.expanduser().absolute()), str(schemas.absolute()))
        launch = Launch(
            name=NAME,
            argv=(sys.executable, "-m", "creditbus.stack.training", *places),
            env=environment({}),
            log=folder.logs / f"{NAME}.log",
        )
        self._child = Child(launch, folder.records)

    def start(self) -> None:
        """Begin."""
        self._child.start()

    @property
    def pid(self) -> int | None:
        """Its process id and that of its session, None before it was started."""
        return self._child.pid

    @property
    def is_running(self) -> bool:
        """Whether it is at work."""
        return self._child.is_running()

    def wait(self, is_enough: Callable[[], bool]) -> None:
        """Wait until it is done, or has done enough, as long as that is worth it."""
        until = time.monotonic() + WORTH_S
        while self.is_running and not is_enough() and time.monotonic() < until:
            time.sleep(_LOOK_S)

    def stop(self) -> None:
        """End it at once: what is half done is begun again another time."""
        self._child.kill()


def train(cache: Path, schemas: Path) -> None:
    """Make the caches of classes that are not there yet; who comes second goes away."""
    programs = install(cache, Report(lambda _sentence: None))
    programs.classes.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(programs.classes / "lock", timeout=0):
            for abandoned in programs.classes.glob(f"{NAME}-*"):
                shutil.rmtree(abandoned)
            make_cache(programs, "kafka", live_as_kafka)
            make_cache(programs, "registry", partial(live_as_registry, schemas))
    except Timeout:
        return


def make_cache(
    programs: Distribution, name: str, live: Callable[[Path, Distribution], None]
) -> None:
    """Let a server live in a folder that goes with it, and keep the cache that it leaves."""
    kept = programs.class_cache(name).file
    if kept.is_file():
        return
    with tempfile.TemporaryDirectory(dir=programs.classes, prefix=f"{NAME}-") as temporary:
        home = Path(temporary)
        live(home, dataclasses.replace(programs, classes=home))
        (home / kept.name).rename(kept)


def live_as_kafka(home: Path, programs: Distribution) -> None:
    """Ask of a broker what the bus asks of it: topics, logins, rights, transactions, groups."""
    ports, password = free(), new_password()
    broker = Kafka(
        distribution=programs,
        folder=home,
        logs=home,
        ports=ports,
        password=password,
        recording=True,
    )
    with _living(broker, home):
        config = login(f"{HOST}:{ports.kafka}", ADMIN, password)
        credentials: dict[str, str] = {}
        add_passwords(credentials, _SOURCES, _BODIES)
        provision(admin_with(config), credentials, _SOURCES, _BODIES)
        _transact(config)


def _transact(config: ClientConfig) -> None:
    """Carry records from one topic to another as a worker does."""
    group = {"group.id": application(NAME), "auto.offset.reset": "earliest"}
    consumer = Consumer({**config, **group, "isolation.level": "read_committed"})
    # What a worker asks for again after 5 ms, this must not wait a tenth of a second for.
    hasty = {"transactional.id": NAME, "compression.type": "lz4", "retry.backoff.ms": 5}
    producer = Producer({**config, **hasty})
    consumer.subscribe([EVENTS])
    producer.init_transactions(BOUND_S)
    for _ in range(_TRANSACTIONS):
        producer.begin_transaction()
        for number in range(_RECORDS):
            for topic in (EVENTS, STANDINGS):
                producer.produce(topic, key=str(number), value=b"x" * 300)
        read = consumer.consume(_RECORDS, 0.005)
        if read:
            positions = consumer.position(consumer.assignment())
            producer.send_offsets_to_transaction(positions, consumer.consumer_group_metadata())
        producer.commit_transaction(BOUND_S)
    consumer.close()


def live_as_registry(schemas: Path, home: Path, programs: Distribution) -> None:
    """Ask of a registry what the bus asks of it: publish, look up, list."""
    ports = free()
    server = RegistryServer(
        distribution=programs, folder=home, logs=home, ports=ports, recording=True
    )
    with _living(server, home):
        known, client = load_schemas(schemas), Client(server.url())
        for number in client.publish(known).values():
            client.text_of(number)
        client.ids(known, ())
        read_registered(server.url())


@contextmanager
def _living(server: Kafka | RegistryServer, home: Path) -> Iterator[None]:
    """Run a server for as long as the block is open, and let it write its cache at the end."""
    server.prepare()
    # In the training's own session, so that whoever ends the training ends the server too.
    child = Child(server.launch(), home, partial(popen, apart=False))
    child.start()
    try:
        child.wait_until(server.answers, BOUND_S)
        yield
    finally:
        child.stop(BOUND_S)


if __name__ == "__main__":
    os.nice(_LEAST_URGENT)
    train(Path(sys.argv[1]), Path(sys.argv[2]))
