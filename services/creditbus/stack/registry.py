"""One real schema registry (Apicurio, Confluent's API), and the proof that its ids are the log's.

The log of record is decoded by schema ids, so a registry that renumbered would make it unreadable
or, worse, readable as something else. The ids are therefore recorded beside Kafka's data, and the
stack refuses to run when the registry disagrees with the record.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import httpx
import msgspec

from creditbus.stack.downloads import Distribution
from creditbus.stack.errors import IdsDiffer
from creditbus.stack.folder import write_private
from creditbus.stack.kafka import JAVA_ENVIRONMENT, QUICK
from creditbus.stack.ports import HOST, Ports
from creditbus.stack.processes import SERVER_RANK, Launch
from creditbus.stack.sockets import answers_well, is_listening
from creditbus.wire.records import TYPES
from creditbus.wire.schemas import ENVELOPE, schema_hash

API: Final = "/apis/ccompat/v7"
ANSWER_BOUND_S: Final = 10.0
ASKED_AT_ONCE: Final = 4
LOGIN: Final = "bus"
OURS: Final = frozenset({*TYPES, ENVELOPE})
"""The bus's own subjects: what anybody else ever registered is not asked for, and stops nothing."""

MEMORY: Final = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryServer:
    """A registry over ``folder``; every write is on disk before it is answered.

    ``recording`` makes its cache of classes, when it ends. With a password everybody reads and the
    bus alone writes; without one everybody does both.
    """

    distribution: Distribution
    folder: Path
    logs: Path
    ports: Ports
    recording: bool = False
    password: str = ""
    name: str = "registry"

    def prepare(self) -> None:
        """Make the folder of the database, and write who may do what."""
        (self.folder / "tmp").mkdir(parents=True, exist_ok=True)
        write_private(self._settings, rights(self.password).encode())

    @property
    def _settings(self) -> Path:
        return self.folder / "registry.properties"

    def launch(self) -> Launch:
        """Return how the registry is started."""
        programs = self.distribution.registry
        classes = self.distribution.class_cache(self.name, recording=self.recording)
        return Launch(
            name=self.name,
            argv=[
                str(self.distribution.java),
                *MEMORY,
                *QUICK,
                f"-Djava.io.tmpdir={self.folder / 'tmp'}",
                f"-Dquarkus.http.host={HOST}",
                *classes.flags(),
                *(_flat(programs) if classes.shapes_start else _as_packed(programs)),
            ],
            # The class path is relative: some five hundred jars would not fit otherwise.
            folder=programs,
            env=JAVA_ENVIRONMENT
            | {
                "QUARKUS_HTTP_PORT": str(self.ports.registry),
                # It opens a port for its keepers too, by default on every address.
                "QUARKUS_MANAGEMENT_HOST": HOST,
                "QUARKUS_MANAGEMENT_PORT": "0",
                # In a file that its owner alone reads: a command line is seen by everybody.
                # It takes an address, in which a path's blanks and Chinese letters are escaped.
                "SMALLRYE_CONFIG_LOCATIONS": self._settings.absolute().as_uri(),
                "APICURIO_STORAGE_KIND": "sql",
                "APICURIO_STORAGE_SQL_KIND": "h2",
                # Without the delay of 0 a kill within half a second lost a registration.
                "APICURIO_DATASOURCE_URL": f"jdbc:h2:file:{self.folder}/registry;WRITE_DELAY=0",
            },
            log=self.logs / "registry.log",
            rank=SERVER_RANK,
        )

    def url(self) -> str:
        """Return the address of the Confluent-compatible API."""
        return f"http://{HOST}:{self.ports.registry}{API}"

    def answers(self) -> bool:
        """Return whether the registry lists its subjects."""
        if not is_listening(self.ports.registry):
            return False
        return answers_well(f"{self.url()}/subjects", ANSWER_BOUND_S)


def rights(password: str) -> str:
    """Return the settings with which everybody reads and whoever has the password writes."""
    if not password:
        return ""
    return "\n".join(
        (
            "quarkus.http.auth.basic=true",
            "quarkus.security.users.embedded.plain-text=true",
            f"quarkus.security.users.embedded.users.{LOGIN}={password}",
            f"quarkus.security.users.embedded.roles.{LOGIN}=sr-admin",
            "apicurio.auth.role-based-authorization=true",
            "apicurio.auth.anonymous-read-access.enabled=true",
            "",
        )
    )


def _as_packed(programs: Path) -> list[str]:
    """Return how its packer means it to be started: its own loader finds the classes."""
    return ["-jar", str(programs / "quarkus-run.jar")]


def _flat(programs: Path) -> list[str]:
    """Return how it is started with a cache of classes, which holds those of Java's own loader.

    The order is that of the packed loader: what was rewritten goes before what it was made from.
    """
    parts = ("quarkus/transformed*", "quarkus/generated*", "app/*", "lib/main/*", "lib/boot/*")
    jars = [jar for part in parts for jar in sorted(programs.glob(f"{part}.jar"))]
    return [
        "--add-opens=java.base/java.lang=ALL-UNNAMED",
        "--enable-native-access=ALL-UNNAMED",
        "-cp",
        ":".join(str(jar.relative_to(programs)) for jar in jars),
        "io.quarkus.runner.GeneratedMain",
    ]


class RegisteredSchema(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """One version of a registry subject (a record name): its content's hash and its id."""

    subject: str
    version: int
    sha256: str
    id: int

    def place(self) -> tuple[str, int]:
        """Return what the registry files it under."""
        return self.subject, self.version


class _Held(msgspec.Struct):
    """The registry's answer about one version."""

    schema: str
    id: int


def read_registered(url: str) -> list[RegisteredSchema]:
    """Return every version of the bus's own schemas that the registry at the address holds."""
    with (
        httpx.Client(base_url=url, timeout=ANSWER_BOUND_S) as client,
        ThreadPoolExecutor(ASKED_AT_ONCE) as pool,
    ):
        subjects = [each for each in _get(client, "/subjects", list[str]) if each in OURS]
        return sorted(
            schema
            for schemas in pool.map(lambda subject: _registered(client, subject), subjects)
            for schema in schemas
        )


def _registered(client: httpx.Client, subject: str) -> list[RegisteredSchema]:
    """Return every version of one subject."""
    found = []
    for version in _get(client, f"/subjects/{subject}/versions", list[int]):
        held = _get(client, f"/subjects/{subject}/versions/{version}", _Held)
        found.append(
            RegisteredSchema(
                subject=subject, version=version, sha256=schema_hash(held.schema), id=held.id
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class RegistryIds:
    """The ids the log was written with, in a file beside the broker's data."""

    path: Path

    def recorded(self) -> list[RegisteredSchema]:
        """Return what is recorded of the bus's own, nothing before the first schema."""
        if not self.path.exists():
            return []
        kept = msgspec.json.decode(self.path.read_bytes(), type=list[RegisteredSchema])
        return [schema for schema in kept if schema.subject in OURS]

    def check(self, present: Iterable[RegisteredSchema]) -> None:
        """Refuse to go on when a recorded schema is gone or has another id or content."""
        held = {schema.place(): schema for schema in present}
        differing = [
            _difference(schema, held.get(schema.place()))
            for schema in self.recorded()
            if held.get(schema.place()) != schema
        ]
        if differing:
            raise IdsDiffer(
                "The registry is not the one the log was written with: "
                f"{'; '.join(differing)}. Records would be decoded wrongly, so nothing starts. "
                f"Bring back the registry's folder that belongs to {self.path.parent}."
            )

    def record(self, present: Iterable[RegisteredSchema]) -> None:
        """Check, then remember every schema the registry holds now."""
        present = sorted(present)
        self.check(present)
        if present != self.recorded():
            write_private(self.path, msgspec.json.format(msgspec.json.encode(present), indent=1))


def _difference(recorded: RegisteredSchema, found: RegisteredSchema | None) -> str:
    name = f"{recorded.subject} version {recorded.version}"
    if found is None:
        return f"{name} (id {recorded.id}) is missing"
    if found.id != recorded.id:
        return f"{name} has id {found.id} instead of {recorded.id}"
    return f"{name} (id {recorded.id}) has another content"


Answer = TypeVar("Answer")


def _get(client: httpx.Client, path: str, kind: type[Answer]) -> Answer:
    answer = client.get(path)
    answer.raise_for_status()
    return msgspec.json.decode(answer.content, type=kind)
