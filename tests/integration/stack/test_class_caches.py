"""Caches of classes: made beside a bus, ended with it, and never a reason not to start."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from creditbus.runtime.settings import read_settings
from creditbus.stack import ports
from creditbus.stack.cluster import Cluster
from creditbus.stack.downloads import install
from creditbus.stack.folder import Folder
from creditbus.stack.kafka import MEMORY
from creditbus.stack.local import LocalStack, Parties
from creditbus.stack.reports import Report
from creditbus.stack.training import Training, live_as_kafka, make_cache
from tests.examples import SCHEMA_FOLDER

BOUND_S = 60.0


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache with the programs that were fetched already, and no classes."""
    programs = install(read_settings().cache.expanduser(), Report(lambda _sentence: None))
    folder = tmp_path / "cache"
    folder.mkdir()
    for place in (programs.kafka_jars[0].parent, programs.registry):
        (folder / place.name).symlink_to(place)
    return folder


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + BOUND_S
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def session_of(pid: int) -> list[psutil.Process]:
    """Return the living processes of a session."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == pid and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return found


def test_training_that_is_ended_leaves_no_process_and_no_half_cache(
    cache: Path, tmp_path: Path
) -> None:
    training = Training(Folder(tmp_path), cache, SCHEMA_FOLDER)
    training.start()
    pid = training.pid
    assert pid is not None
    wait_for(lambda: any("java" in each.name() for each in session_of(pid)))
    assert training.is_running
    training.stop()
    wait_for(lambda: not session_of(pid))
    assert not list(cache.glob("classes-*/*.aot"))


def test_a_broker_that_lived_once_leaves_a_cache_that_java_takes(cache: Path) -> None:
    programs = install(cache, Report(lambda _sentence: None))
    programs.classes.mkdir()
    make_cache(programs, "kafka", live_as_kafka)
    made = programs.class_cache("kafka")
    assert made.is_there
    assert [path.name for path in programs.classes.iterdir()] == ["kafka.aot"]
    # With this mode Java ends with a fault when it cannot use the cache, instead of doing without.
    strict = [str(programs.java), *MEMORY, "-XX:AOTMode=on", *made.flags()]
    asked = subprocess.run(
        [*strict, "-cp", programs.kafka_classpath(), "kafka.Kafka"],
        capture_output=True,
        text=True,
        timeout=BOUND_S,
        check=False,
    )
    assert "USAGE" in asked.stdout + asked.stderr
    made.file.write_bytes(made.file.read_bytes()[:1000])
    refused = subprocess.run(
        [*strict, "-cp", programs.kafka_classpath(), "kafka.Kafka"],
        capture_output=True,
        text=True,
        timeout=BOUND_S,
        check=False,
    )
    assert "USAGE" not in refused.stdout + refused.stderr


def test_a_cache_that_is_rubbish_keeps_no_server_from_starting(cache: Path, tmp_path: Path) -> None:
    programs = install(cache, Report(lambda _sentence: None))
    programs.classes.mkdir()
    for name in ("kafka", "registry"):
        programs.class_cache(name).file.write_bytes(b"half a cache" * 1000)
    with LocalStack(
        tmp_path / "home",
        cache,
        ports=ports.free(),
        parties=Parties(sources=("court",), bodies=("railway",)),
        say=Report(lambda _sentence: None),
        cluster=Cluster(quick=True),
    ) as stack:
        assert not stack.lacks_class_caches
        argv = stack.server("kafka").launch.argv
        assert any(word.startswith("-XX:AOTCache=") for word in argv)
        assert stack.admin().list_topics(timeout=10).topics
