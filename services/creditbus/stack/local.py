"""The local stack from start to stop: lock, leftovers, three servers at once, topics and logins.

The servers boot side by side, and what one alone is asked for does not wait for the others. They
are watched afterwards; services are added to the same supervisor, which ends them before the
servers they talk to.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

from confluent_kafka.admin import AdminClient

from creditbus.stack import kafka
from creditbus.stack.cluster import Cluster
from creditbus.stack.downloads import Distribution, install
from creditbus.stack.errors import FolderInUse
from creditbus.stack.folder import Folder, FolderLock, StackFile, holder
from creditbus.stack.interrupts import held_back
from creditbus.stack.kafka import Kafka
from creditbus.stack.ports import Ports, refuse_taken
from creditbus.stack.principals import ADMIN, ClientConfig, admin_of, login_of
from creditbus.stack.processes import (
    POLL_S,
    STOP_BOUND_S,
    Child,
    Identity,
    Launch,
    stop_all,
    stop_leftovers,
)
from creditbus.stack.provision import add_passwords, new_password, provision
from creditbus.stack.registry import RegisteredSchema, RegistryIds, RegistryServer, read_registered
from creditbus.stack.reports import Report
from creditbus.stack.supervisor import Supervisor
from creditbus.stack.valkey import Valkey

START_BOUND_S: Final = 120.0
REDIS: Final = "redis"
REGISTRY: Final = "registry"
CACHED: Final = ("kafka", "registry")
"""The servers that run in Java."""


class Server(Protocol):
    """A server of the stack: prepared once, started, then asked until it answers."""

    @property
    def name(self) -> str:
        """What it is called in logs and sentences."""

    def prepare(self) -> None:
        """Write its settings and make its folders."""

    def launch(self) -> Launch:
        """Return how it is started."""

    def answers(self) -> bool:
        """Return whether it answers a real request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Who speaks on the bus from outside: sources file, executing bodies act."""

    sources: Sequence[str]
    bodies: Sequence[str]


class LocalStack:
    """Kafka, registry and Valkey over one folder, from ``with`` to its end.

    ``say`` is told each step. Without a ``cluster`` it has as many brokers as the folder was made
    with, or one.
    """

    def __init__(
        self,
        folder: Path,
        cache: Path,
        *,
        ports: Ports,
        parties: Parties,
        say: Report,
        cluster: Cluster | None = None,
    ) -> None:
        self._wanted = cluster
        self._cluster = cluster or Cluster()
        self.folder = Folder(folder.expanduser().resolve())
        self._cache = cache.expanduser().resolve()
        self._ports = ports
        self._parties = parties
        self._say = say
        self._lock = FolderLock(self.folder)
        self.supervisor = Supervisor(say)
        self._booting: list[Child] = []
        self._file: StackFile | None = None
        self._programs: Distribution | None = None
        self.registered: list[RegisteredSchema] = []
        """What the registry held when it had started."""

    @property
    def file(self) -> StackFile:
        """Return the addresses and credentials, once started."""
        assert self._file is not None, "the stack has not been started"
        return self._file

    def __enter__(self) -> Self:
        self.folder.make()
        self._lock.acquire()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End every process in order and give the folder back; doing it twice is harmless.

        Somebody who asks again meanwhile is heard when nothing runs any more.
        """
        with held_back():
            if self._booting or self.supervisor.children:
                self._say("stopping every process")
            self.supervisor.stop()
            stop_all(self._booting)
            if self._lock.is_held:
                # A start that was broken off may have made what nobody was told of.
                stop_leftovers(self.folder.records)
            self._lock.release()

    @property
    def class_caches(self) -> int:
        """How many servers have a cache of classes now, with which they start fast."""
        assert self._programs is not None, "the stack has not been started"
        return sum(self._programs.class_cache(name).is_there for name in CACHED)

    @property
    def lacks_class_caches(self) -> bool:
        """Whether a server has no cache of classes yet."""
        return self.class_caches < len(CACHED)

    def admin(self) -> AdminClient:
        """Return an admin of the broker, who may do everything."""
        return admin_of(self.file)

    def client_config(self, principal: str) -> ClientConfig:
        """Return the confluent-kafka settings with which a principal logs in."""
        return login_of(self.file, principal)

    def registry_ids(self) -> RegistryIds:
        """Return the record of schema ids, for whoever publishes schemas."""
        return registry_ids(self.folder)

    def server(self, name: str) -> Child:
        """Return one server's process: kafka (kafka-2, kafka-3), registry or valkey."""
        (child,) = [child for child in self.supervisor.children if child.launch.name == name]
        return child

    def _start(self) -> None:
        for left in stop_leftovers(self.folder.records):
            self._say(f"ended {left.name} (pid {left.pid}), left over from a killed launcher")
        self._programs = install(self._cache, self._say)
        self._file = self._credentials()
        refuse_taken(self._ports.servers(self._cluster.size))
        valkey, registry = self._servers(self._programs)
        brokers = self._brokers(self._programs)
        began = time.monotonic()
        for server in (valkey, registry, *brokers):
            self._boot(server)
        for server in (valkey, *brokers):
            self._wait_for(server, began)
        changes = provision(
            self.admin(), self.file.credentials, self._parties.sources, self._parties.bodies
        )
        self._say(f"topics, logins and rights are as declared ({changes} changes)")
        self._wait_for(registry, began)
        self.registered = read_registered(self.file.registry_url)
        self.registry_ids().check(self.registered)

    def _credentials(self) -> StackFile:
        """Return what is known of the folder, with new passwords for those who had none.

        It is saved before the broker learns a password, so no login can outlive its record.
        """
        path = self.folder.stack_file
        kafka.refuse_orphan(self.folder.kafka, has_credentials=path.exists())
        file = StackFile.load(path) if path.exists() else _empty(self._ports)
        if self._wanted is None and path.exists():
            self._cluster = replace(self._cluster, size=file.brokers)
        elif path.exists() and file.brokers != self._cluster.size:
            raise FolderInUse(
                f"{self.folder.path} was made with {file.brokers} broker(s), not "
                f"{self._cluster.size}: start it without --brokers, or name another folder."
            )
        file.credentials.setdefault(ADMIN, new_password())
        file.secrets.setdefault(REDIS, new_password())
        file.secrets.setdefault(REGISTRY, new_password())
        add_passwords(file.credentials, self._parties.sources, self._parties.bodies)
        file.at(self._ports, self._cluster)
        file.save(path)
        return file

    def _servers(self, programs: Distribution) -> tuple[Server, Server]:
        folder, ports = self.folder, self._ports
        return (
            Valkey(
                folder=folder.valkey,
                logs=folder.logs,
                ports=ports,
                password=self.file.secrets[REDIS],
            ),
            RegistryServer(
                distribution=programs,
                folder=folder.registry,
                logs=folder.logs,
                ports=ports,
                password=self.file.secrets[REGISTRY],
            ),
        )

    def _brokers(self, programs: Distribution) -> list[Server]:
        folder = self.folder
        cluster_id = kafka.cluster_id_of(folder.kafka) or kafka.new_cluster_id()
        return [
            Kafka(
                distribution=programs,
                folder=folder.broker(number),
                logs=folder.logs,
                ports=self._ports,
                password=self.file.credentials[ADMIN],
                cluster=self._cluster,
                cluster_id=cluster_id,
                number=number,
            )
            for number in self._cluster.numbers
        ]

    def _boot(self, server: Server) -> None:
        server.prepare()
        child = Child(server.launch(), self.folder.records)
        self._booting.append(child)
        child.start()

    def _wait_for(self, server: Server, began: float) -> None:
        (child,) = [child for child in self._booting if child.launch.name == server.name]
        child.wait_until(server.answers, START_BOUND_S)
        self._say(f"{server.name} answers after {time.monotonic() - began:.1f} s")
        self.supervisor.keep(child)
        self._booting.remove(child)


def registry_ids(folder: Folder) -> RegistryIds:
    """Return the record of schema ids that belongs to a folder's broker data."""
    return RegistryIds(folder.kafka / "registry-ids.json")


def stop_stack(path: Path, bound_s: float = 2 * STOP_BOUND_S) -> list[Identity] | int | None:
    """Stop the stack of a folder from outside.

    A living launcher is asked to end (its pid is returned) and does so in order; what a dead one
    left is ended here and returned; None means that nothing ran.
    """
    folder = Folder(path.expanduser().resolve())
    launcher = holder(folder)
    if launcher is None:
        return stop_leftovers(folder.records) or None
    os.kill(launcher, signal.SIGTERM)
    deadline = time.monotonic() + bound_s
    while holder(folder) is not None:
        if time.monotonic() > deadline:
            raise FolderInUse(
                f"Pid {launcher} was asked to stop its stack and did not within {bound_s:g} s. "
                f"Kill it; the next start or stop ends what it leaves."
            )
        time.sleep(POLL_S)
    return launcher


def _empty(ports: Ports) -> StackFile:
    return StackFile(ports=ports, bootstrap="", registry_url="", redis_url="", credentials={})
