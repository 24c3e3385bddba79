"""Nothing unproved runs: a file that is not the one of the lock is refused by name and hash."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest
import requests

from creditbus.stack.downloads import Artifact, Fetch, install, read_lock
from creditbus.stack.errors import NotFetched, NotVerified


def archive() -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("run.jar"), io.BytesIO(b""))
    return content.getvalue()


FILES = {"one.jar": b"one", "two.jar": b"two", "all.tar.gz": archive()}
LOCK = tuple(
    Artifact(sha256=hashlib.sha256(content).hexdigest(), coordinate="a:b:1", file=name)
    for name, content in FILES.items()
)


def repository(folder: Path, **changed: bytes) -> Fetch:
    """Return a source of the files in a folder, some with another content."""
    for name, content in FILES.items():
        (folder / name).write_bytes(changed.get(name.split(".")[0], content))
    return lambda artifact: folder / artifact.file


def no_network(_artifact: Artifact) -> Path:
    raise requests.ConnectionError


def ignore(_sentence: str) -> None:
    """Hear nothing."""


def test_lock_pins_every_file_once() -> None:
    lock = read_lock()
    assert len({artifact.file for artifact in lock}) == len(lock) > 40
    assert all(len(artifact.sha256) == 64 for artifact in lock)
    assert [artifact.coordinate for artifact in lock if artifact.file.endswith(".gz")] == [
        "io.apicurio:apicurio-registry-app:3.3.3"
    ]


def test_class_path_is_the_lock(tmp_path: Path) -> None:
    found = install(tmp_path / "cache", ignore, lock=LOCK, source=repository(tmp_path))
    assert [jar.name for jar in found.kafka_jars] == ["one.jar", "two.jar"]
    assert all(jar.read_bytes() == FILES[jar.name] for jar in found.kafka_jars)
    assert (found.registry / "run.jar").exists()


def test_second_start_fetches_nothing(tmp_path: Path) -> None:
    first = install(tmp_path / "cache", ignore, lock=LOCK, source=repository(tmp_path))
    assert install(tmp_path / "cache", ignore, lock=LOCK, source=no_network) == first


def test_other_content_is_refused_with_both_hashes(tmp_path: Path) -> None:
    source = repository(tmp_path, two=b"not two")
    with pytest.raises(NotVerified) as refused:
        install(tmp_path / "cache", ignore, lock=LOCK, source=source)
    sentence = str(refused.value)
    assert "two.jar" in sentence
    assert LOCK[1].sha256 in sentence
    assert hashlib.sha256(b"not two").hexdigest() in sentence
    assert list((tmp_path / "cache").iterdir()) == []


def test_jar_outside_the_lock_is_refused(tmp_path: Path) -> None:
    found = install(tmp_path / "cache", ignore, lock=LOCK, source=repository(tmp_path))
    (found.kafka_jars[0].parent / "stranger.jar").write_bytes(b"")
    with pytest.raises(NotVerified, match=r"stranger\.jar"):
        install(tmp_path / "cache", ignore, lock=LOCK, source=no_network)


def test_no_network_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NotFetched, match="needs a network"):
        install(tmp_path / "cache", ignore, lock=LOCK, source=no_network)


def test_unwritable_cache_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the cache should be")
    with pytest.raises(NotFetched, match="name another cache folder"):
        install(tmp_path / "cache", ignore, lock=LOCK, source=repository(tmp_path))


def test_every_file_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    install(tmp_path / "cache", told.append, lock=LOCK, source=repository(tmp_path))
    assert told == [
        "fetching 1/3 one.jar",
        "fetching 2/3 two.jar",
        "fetching 3/3 all.tar.gz",
        "unpacking all.tar.gz",
    ]
