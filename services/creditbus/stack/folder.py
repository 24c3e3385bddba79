"""The stack's folder (``.creditbus/``): where data, logs and the credentials of one bus live.

One stack at a time owns a folder, held by a lock that the system drops when its holder dies.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_IMODE
from typing import IO, Final, Literal, Self

import msgspec

from creditbus.stack.cluster import Cluster, name_of
from creditbus.stack.errors import FolderInUse, NotWritable
from creditbus.stack.ports import HOST, Ports

SOURCE_WEBHOOKS: Final = "source-webhooks.json"
"""Which sources are told of their fates by webhook, and what signs that."""

OWNER_ONLY_FILE: Final = 0o600
OWNER_ONLY_FOLDER: Final = 0o700
LOCK_TRIES: Final = 4
LOCK_PAUSE_S: Final = 0.05


class StackFile(msgspec.Struct, kw_only=True):
    """What a program needs to talk to the stack; ``credentials`` are passwords by principal.

    ``redis_url`` carries its password. ``secrets`` is for those who run services on the stack.
    ``workers`` is how many each service has, where that is not one.
    """

    ports: Ports
    bootstrap: str
    registry_url: str
    redis_url: str
    credentials: dict[str, str]
    secrets: dict[str, str] = msgspec.field(default_factory=dict)
    workers: dict[str, int] = msgspec.field(default_factory=dict)
    brokers: int = 1
    ca: Path | None = None
    """Who vouches for the brokers' certificates; None when they speak in the clear."""

    @property
    def protocol(self) -> Literal["SASL_PLAINTEXT", "SASL_SSL"]:
        """How the brokers are spoken to."""
        return "SASL_PLAINTEXT" if self.ca is None else "SASL_SSL"

    @property
    def registry_login(self) -> dict[str, str]:
        """The settings with which a client of the registry may write; everybody may read."""
        password = self.secrets.get("registry", "")
        return {"basic.auth.user.info": f"bus:{password}"} if password else {}

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file; raises ``FileNotFoundError`` when no stack was started in the folder."""
        return msgspec.json.decode(path.read_bytes(), type=cls, dec_hook=_path)

    def save(self, path: Path) -> None:
        """Write the file whole or not at all, readable by its owner only."""
        write_private(path, msgspec.json.format(msgspec.json.encode(self, enc_hook=str), indent=2))

    def at(self, ports: Ports, cluster: Cluster) -> None:
        """Move the addresses to these ports, keeping every credential."""
        self.ports = ports
        self.brokers = cluster.size
        self.ca = cluster.ca
        self.bootstrap = cluster.bootstrap(ports)
        self.registry_url = f"http://{HOST}:{ports.registry}/apis/ccompat/v7"
        password = self.secrets["redis"]
        self.redis_url = f"redis://:{password}@{HOST}:{ports.redis}/0"


def _path(kind: type, held: object) -> object:
    assert kind is Path, "the only type that JSON does not know"
    return Path(str(held))


@dataclass(frozen=True, slots=True)
class Folder:
    """The layout of a stack's folder."""

    path: Path

    @property
    def kafka(self) -> Path:
        """The broker's data and settings, and the recorded schema ids."""
        return self.path / "kafka"

    def broker(self, number: int) -> Path:
        """Return the data and settings of one of several brokers."""
        return self.kafka if number == 1 else self.path / name_of(number)

    @property
    def registry(self) -> Path:
        """The schema registry's database."""
        return self.path / "registry"

    @property
    def valkey(self) -> Path:
        """The append-only file of the views."""
        return self.path / "valkey"

    @property
    def logs(self) -> Path:
        """One log a process."""
        return self.path / "logs"

    @property
    def state(self) -> Path:
        """What services keep: a folder a worker."""
        return self.path / "state"

    @property
    def records(self) -> Path:
        """The identities of the running processes."""
        return self.path / "processes"

    @property
    def stack_file(self) -> Path:
        """Addresses and credentials."""
        return self.path / "stack.json"

    @property
    def scrapes_file(self) -> Path:
        """Where Prometheus finds each process; it tells no secret."""
        return self.path / "prometheus.json"

    @property
    def lock_file(self) -> Path:
        """The lock, holding its owner's pid."""
        return self.path / "lock"

    def make(self) -> None:
        """Create the folders, closed to other users; raises ``NotWritable``."""
        parts = (self.kafka, self.registry, self.valkey, self.logs, self.state, self.records)
        try:
            self.path.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
            for part in parts:
                part.mkdir(mode=OWNER_ONLY_FOLDER, exist_ok=True)
        except OSError as error:
            raise NotWritable(
                f"{self.path} cannot be made or written: {error.strerror or error}. Name a folder "
                f"that this user may write, with --home or CREDITBUS_HOME."
            ) from error


class FolderLock:
    """The exclusive right to run a stack in a folder, for as long as this process lives."""

    def __init__(self, folder: Folder) -> None:
        self._path = folder.lock_file
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the right, or refuse with the pid of the process that has it."""
        file = self._path.open("a+", encoding="utf-8")
        try:
            _lock(file)
        except BlockingIOError as error:
            file.close()
            raise FolderInUse(
                f"A stack already runs in {self._path.parent}, started by pid "
                f"{_read_pid(self._path)}. Stop it first, or name another folder."
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file

    @property
    def is_held(self) -> bool:
        """Whether this process has the right."""
        return self._file is not None

    def release(self) -> None:
        """Give the right back; doing it twice is harmless."""
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None


def _lock(file: IO[str]) -> None:
    """Lock the file; a few tries, because asking who holds it takes the lock for an instant."""
    for _ in range(LOCK_TRIES - 1):
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(LOCK_PAUSE_S)
    return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def holder(folder: Folder) -> int | None:
    """Return the pid of the launcher whose stack runs in the folder, None when none does."""
    if not folder.lock_file.exists():
        return None
    with folder.lock_file.open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return _read_pid(folder.lock_file)
    return None


def write_private(path: Path, content: bytes, mode: int = OWNER_ONLY_FILE) -> None:
    """Write a file whole or not at all, readable by its owner only from the first byte.

    A file that it replaces keeps its owner, whoever writes: root for a service, that must read it.
    Raises ``NotWritable`` where it cannot be written, or this user may not leave it to its owner;
    it stays as it was then.
    """
    partial = path.with_name(f"{path.name}.partial")
    try:
        _write_private(path, partial, content, mode)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise NotWritable(
            f"{path} cannot be written: {error.strerror or error}; nothing is changed. Name a file"
            " where this user may write and the disk has room."
        ) from error


def replace_private(path: Path, content: bytes) -> None:
    """Write a file as ``write_private`` does, with the rights that one it replaces was given.

    A deployment's is read by the container's own user, whoever that is.
    """
    mode = S_IMODE(path.stat().st_mode) if path.exists() else OWNER_ONLY_FILE
    write_private(path, content, mode)


def _write_private(path: Path, partial: Path, content: bytes, mode: int) -> None:
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY_FILE)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        if path.exists():
            _leave_to_owner(path, partial)
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    partial.replace(path)


def leave_to_owner_of(path: Path, other: Path) -> None:
    """Give another file to the owner of a file, where that is somebody else; raises ``OSError``."""
    owner, written = path.stat(), other.stat()
    if (owner.st_uid, owner.st_gid) != (written.st_uid, written.st_gid):
        os.chown(other, owner.st_uid, owner.st_gid)


def _leave_to_owner(path: Path, partial: Path) -> None:
    try:
        leave_to_owner_of(path, partial)
    except PermissionError as error:
        partial.unlink()
        owner = path.stat()
        raise NotWritable(
            f"{path} belongs to user {owner.st_uid} of group {owner.st_gid}, who could not read it"
            " if this user wrote it anew; nothing is changed. Do it as that user, or as root."
        ) from error


def _read_pid(path: Path) -> int | None:
    text = path.read_text(encoding="utf-8").strip()
    return int(text) if text.isdigit() else None
