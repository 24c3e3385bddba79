"""Nothing unproved runs: a file that is not the one of the lock is refused by name and hash."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from pathlib import Path

import pytest
from filelock import FileLock

from creditbus.stack.downloads import install, read_lock, refuse_small_disk
from creditbus.stack.errors import NotFetched, NotVerified
from creditbus.stack.maven import Artifact, Unreachable
from creditbus.stack.reports import Advance, Report


def archive() -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("run.jar"), io.BytesIO(b""))
    return content.getvalue()


FILES = {"one.jar": b"one", "two.jar": b"two", "all.tar.gz": archive()}
LOCK = tuple(
    Artifact(
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        coordinate="a:b:1",
        file=name,
    )
    for name, content in FILES.items()
)


class Source:
    """A repository that gives the files, some with another content, and remembers who asked."""

    def __init__(self, **changed: bytes) -> None:
        self.asked: list[str] = []
        self._changed = changed

    def __call__(self, artifact: Artifact, into: Path, advance: Advance) -> None:
        self.asked.append(artifact.file)
        content = self._changed.get(artifact.file.split(".")[0], FILES[artifact.file])
        into.write_bytes(content)
        advance(len(content))


def no_network(_artifact: Artifact, into: Path, _advance: Advance) -> None:
    into.write_bytes(b"half")
    raise Unreachable("name or service not known")


ignore = Report(lambda _sentence: None)


def test_lock_pins_every_file_once() -> None:
    lock = read_lock()
    assert len({artifact.file for artifact in lock}) == len(lock) > 40
    assert all(len(artifact.sha256) == 64 for artifact in lock)
    assert sum(artifact.size_bytes for artifact in lock) > 200_000_000
    assert [artifact.coordinate for artifact in lock if artifact.file.endswith(".gz")] == [
        "io.apicurio:apicurio-registry-app:3.3.3"
    ]


def test_class_path_is_the_lock(tmp_path: Path) -> None:
    found = install(tmp_path / "cache", ignore, lock=LOCK, source=Source())
    assert [jar.name for jar in found.kafka_jars] == ["one.jar", "two.jar"]
    assert all(jar.read_bytes() == FILES[jar.name] for jar in found.kafka_jars)
    assert (found.registry / "run.jar").exists()


def test_second_start_fetches_nothing(tmp_path: Path) -> None:
    first = install(tmp_path / "cache", ignore, lock=LOCK, source=Source())
    assert install(tmp_path / "cache", ignore, lock=LOCK, source=no_network) == first


def test_other_content_is_refused_with_both_hashes(tmp_path: Path) -> None:
    with pytest.raises(NotVerified) as refused:
        install(tmp_path / "cache", ignore, lock=LOCK, source=Source(two=b"not two"))
    sentence = str(refused.value)
    assert "two.jar" in sentence
    assert LOCK[1].sha256 in sentence
    assert hashlib.sha256(b"not two").hexdigest() in sentence
    assert not list((tmp_path / "cache").rglob("*two.jar*"))


def test_what_was_proved_before_a_start_broke_off_is_not_fetched_again(tmp_path: Path) -> None:
    def broken(artifact: Artifact, into: Path, advance: Advance) -> None:
        source = Source() if artifact.file == "one.jar" else no_network
        source(artifact, into, advance)

    with pytest.raises(NotFetched):
        install(tmp_path / "cache", ignore, lock=LOCK, source=broken)
    kept = {path.name for path in (tmp_path / "cache").rglob("*.jar")}
    again = Source()
    install(tmp_path / "cache", ignore, lock=LOCK, source=again)
    assert set(again.asked) == set(FILES) - kept
    assert not (tmp_path / "cache" / "fetched").exists()


def test_jar_outside_the_lock_is_refused(tmp_path: Path) -> None:
    found = install(tmp_path / "cache", ignore, lock=LOCK, source=Source())
    (found.kafka_jars[0].parent / "stranger.jar").write_bytes(b"")
    with pytest.raises(NotVerified, match=r"stranger\.jar"):
        install(tmp_path / "cache", ignore, lock=LOCK, source=no_network)


def test_no_network_is_a_sentence_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotFetched) as refused:
        install(tmp_path / "cache", ignore, lock=LOCK, source=no_network)
    sentence = str(refused.value)
    for word in ("name or service not known", "HTTPS_PROXY", "CREDITBUS_MAVEN", "is kept"):
        assert word in sentence


def test_unwritable_cache_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the cache should be")
    with pytest.raises(NotFetched, match="name another cache folder"):
        install(tmp_path / "cache", ignore, lock=LOCK, source=Source())


def test_small_disk_is_refused_before_anything_is_fetched(tmp_path: Path) -> None:
    with pytest.raises(NotFetched, match=r"needs 1,000,000,000,000 MB"):
        refuse_small_disk(tmp_path, 10**18)
    vast = [
        Artifact(sha256=each.sha256, size_bytes=10**18, coordinate="a:b:1", file=each.file)
        for each in LOCK
    ]
    source = Source()
    with pytest.raises(NotFetched, match="CREDITBUS_CACHE"):
        install(tmp_path / "cache", ignore, lock=vast, source=source)
    assert source.asked == []


def test_second_start_waits_for_the_first_and_finds_what_it_fetched(tmp_path: Path) -> None:
    cache, told = tmp_path / "cache", threading.Event()
    cache.mkdir()
    first = FileLock(cache / "lock", thread_local=False)
    first.acquire()
    second = Source()
    waiting = threading.Thread(
        target=install,
        args=(cache, Report(lambda _sentence: told.set())),
        kwargs={"lock": LOCK, "source": second},
    )
    waiting.start()
    assert told.wait(10)
    assert second.asked == []
    first.release()
    waiting.join(10)
    assert set(second.asked) == set(FILES)


def test_progress_is_told_in_sentences_where_no_bar_is_drawn(tmp_path: Path) -> None:
    told: list[str] = []
    install(tmp_path / "cache", Report(told.append), lock=LOCK, source=Source())
    assert told[0].startswith("fetching 3 files of Kafka and the registry")
    assert told[-1].startswith("fetched ")


def test_archive_is_unpacked_by_a_python_that_cannot_filter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(tarfile, "data_filter", raising=False)
    found = install(tmp_path / "cache", ignore, lock=LOCK, source=Source())
    assert (found.registry / "run.jar").exists()
