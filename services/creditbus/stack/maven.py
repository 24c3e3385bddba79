"""Files of a Maven repository: copied from this machine's own cache of it, or downloaded."""

from __future__ import annotations

import shutil
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Self

import certifi
import httpx
from jgo.maven import MavenContext

from creditbus.runtime.settings import read_settings
from creditbus.stack.reports import Advance

SILENCE_S: Final = 30
TRIES: Final = 3
PIECE_BYTES: Final = 1 << 18


class Unreachable(Exception):
    """The repository did not give a file; the text says how it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One pinned file: its hash and size, its coordinate (group:artifact:version) and its name."""

    sha256: str
    size_bytes: int
    coordinate: str
    file: str

    @property
    def path(self) -> str:
        """Where a repository keeps it.

        >>> Artifact(sha256="", size_bytes=0, coordinate="org.a:b:1", file="b-1.jar").path
        'org/a/b/1/b-1.jar'
        """
        group, name, version = self.coordinate.split(":")
        return f"{group.replace('.', '/')}/{name}/{version}/{self.file}"


class Repository:
    """A Maven repository, from ``with`` to its end: the one set, or the public one."""

    def __init__(self) -> None:
        context = MavenContext()
        (public,) = context.remote_repos.values()
        self._address = (read_settings().maven or public).rstrip("/")
        self._own = Path(context.repo_cache)
        self._client = httpx.Client(timeout=SILENCE_S, follow_redirects=True, verify=_trusted())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self._client.close()

    def fetch(self, artifact: Artifact, into: Path, advance: Advance) -> None:
        """Write a file; raises ``Unreachable`` when no try succeeds and ``OSError`` by the disk."""
        own = self._own / artifact.path
        if own.is_file() and own.stat().st_size == artifact.size_bytes:
            shutil.copyfile(own, into)
            advance(artifact.size_bytes)
            return
        for attempt in range(1, TRIES + 1):
            try:
                self._download(artifact, into, advance)
            except (httpx.TransportError, httpx.HTTPStatusError) as error:
                if attempt == TRIES or _is_final(error):
                    raise Unreachable(str(error) or type(error).__name__) from error
            else:
                return

    def _download(self, artifact: Artifact, into: Path, advance: Advance) -> None:
        address = f"{self._address}/{artifact.path}"
        with self._client.stream("GET", address) as answer, _written(into, advance) as file:
            answer.raise_for_status()
            for piece in answer.iter_bytes(PIECE_BYTES):
                file.write(piece)
                advance(len(piece))


def _trusted() -> ssl.SSLContext:
    """Return whom the machine trusts: a network that looks into every connection has its own root.

    Beside them the public ones, for a machine that has none.
    """
    trusted = ssl.create_default_context()
    trusted.load_verify_locations(certifi.where())
    return trusted


@contextmanager
def _written(path: Path, advance: Advance) -> Iterator[IO[bytes]]:
    """Open a file; what a try that fails has written of it no longer counts."""
    with closing(path.open("wb")) as file:
        try:
            yield file
        except httpx.HTTPError:
            advance(-file.tell())
            raise


def _is_final(error: httpx.HTTPError) -> bool:
    """Return whether asking again is of no use: it has answered, and not for its load."""
    status = error.response.status_code if isinstance(error, httpx.HTTPStatusError) else 0
    return 400 <= status < 500 and status != httpx.codes.TOO_MANY_REQUESTS
