"""The stack as a whole: what it promises across a stop, a kill and a second start.

Each test here runs a stack of its own where it ends or breaks one; the others share the session's.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpx
import psutil
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from creditbus.runtime.settings import read_settings
from creditbus.stack import ports
from creditbus.stack.cluster import Cluster
from creditbus.stack.errors import FolderInUse, IdsDiffer
from creditbus.stack.folder import Folder, StackFile, holder
from creditbus.stack.local import LocalStack, Parties, stop_stack
from creditbus.stack.processes import is_alive, recorded
from creditbus.stack.provision import check_topics, provision
from creditbus.stack.registry import read_registered
from creditbus.stack.reports import Report
from creditbus.wire.topics import TOMBSTONES_MS, Topic, topics
from tests.stack_fixtures import BODIES, SOURCES, ThrowawayTopic

START_BOUND_S: Final = 60
SCHEMA: Final = '{"type":"record","name":"Kept","fields":[{"name":"a","type":"string"}]}'
# A launcher of its own, so that it can be killed: it says when the stack is up, then waits.
LAUNCHER: Final = """
import signal, sys, time
from pathlib import Path
from creditbus.stack import ports
from creditbus.stack.cluster import Cluster
from creditbus.runtime.settings import read_settings
from creditbus.stack.reports import Report
from creditbus.stack.local import LocalStack, Parties
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
parties = Parties(sources=("court",), bodies=("railway",))
with LocalStack(
    Path(sys.argv[1]), read_settings().cache, ports=ports.free(), parties=parties,
    say=Report(lambda sentence: None), cluster=Cluster(quick=True),
):
    print("up", flush=True)
    time.sleep(120)
"""


def launch(folder: Path) -> subprocess.Popen[bytes]:
    """Start a stack in another process and wait until it is up."""
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(folder)],
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={"PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(Path.home())},
    )
    assert launcher.stdout is not None
    with launcher.stdout as told:
        if told.readline() != b"up\n":
            pytest.fail(f"the launcher ended with code {launcher.wait(START_BOUND_S)}")
    return launcher


def a_stack(folder: Path, say: Callable[[str], None] = lambda _sentence: None) -> LocalStack:
    return LocalStack(
        folder,
        read_settings().cache,
        ports=ports.free(),
        parties=Parties(sources=("court",), bodies=("railway",)),
        say=Report(say),
        cluster=Cluster(quick=True),
    )


def register(file: StackFile, subject: str) -> int:
    answer = httpx.post(
        f"{file.registry_url}/subjects/{subject}/versions",
        json={"schema": SCHEMA},
        timeout=10,
        auth=("bus", file.secrets["registry"]),
    )
    answer.raise_for_status()
    return int(answer.json()["id"])


def test_second_stack_on_the_folder_is_refused(stack: LocalStack) -> None:
    other = a_stack(stack.folder.path)
    with pytest.raises(FolderInUse, match=f"pid {os.getpid()}"), other:
        pass
    assert stack.server("kafka").is_running()


def test_provisioning_twice_changes_nothing(stack: LocalStack) -> None:
    assert provision(stack.admin(), stack.file.credentials, SOURCES, BODIES) == 0


def test_topics_are_those_of_the_table(stack: LocalStack) -> None:
    assert check_topics(stack.admin(), topics(SOURCES, BODIES)) == []


def test_topics_that_differ_are_told(stack: LocalStack, throwaway_topic: ThrowawayTopic) -> None:
    name = throwaway_topic(partitions=2)
    wanted = [a_topic(name), a_topic(f"{name}-missing")]
    assert check_topics(stack.admin(), wanted) == [
        f"Topic {name}-missing is missing.",
        f"Topic {name} has 2 partitions instead of 8.",
        f"Topic {name} has cleanup.policy=delete instead of compact.",
        f"Topic {name} has retention.ms=604800000 instead of -1.",
        f"Topic {name} has max.message.bytes=1048588 instead of 1048576.",
        f"Topic {name} has delete.retention.ms=86400000 instead of {TOMBSTONES_MS}.",
    ]


def a_topic(name: str) -> Topic:
    return Topic(name=name, key="key", writers=(), readers=(), records=(), compact=True)


def test_valkey_wants_its_password(stack: LocalStack) -> None:
    port = stack.file.ports.redis
    once = Retry(NoBackoff(), 0)
    with redis.Redis(port=port, retry=once) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()
    with redis.Redis.from_url(stack.file.redis_url) as known:
        assert known.ping()


def test_everything_listens_on_the_loopback_only(stack: LocalStack) -> None:
    for child in stack.supervisor.children:
        assert child.pid is not None
        listening = [
            connection.laddr
            for connection in psutil.Process(child.pid).net_connections(kind="tcp")
            if connection.status == psutil.CONN_LISTEN
        ]
        assert listening
        for address in listening:
            assert address[0] in {"127.0.0.1", "::ffff:127.0.0.1"}, child.launch.name


@pytest.mark.timeout(3 * START_BOUND_S)
def test_ids_topics_and_logins_survive_a_kill_of_everything(tmp_path: Path) -> None:
    launcher = launch(tmp_path)
    folder = Folder(tmp_path)
    before = StackFile.load(folder.stack_file)
    schema_id = register(before, "envelope")
    left = recorded(folder.records)
    launcher.kill()
    launcher.wait()
    for identity in left:
        if identity.name != "kafka":
            os.kill(identity.pid, signal.SIGKILL)
    assert len(left) == 3

    said: list[str] = []
    with a_stack(tmp_path, said.append) as again:
        assert any("ended kafka" in sentence for sentence in said), said
        assert [schema.id for schema in read_registered(again.file.registry_url)] == [schema_id]
        assert again.file.credentials == before.credentials
        assert any(sentence.endswith("(0 changes)") for sentence in said), said
        children = again.supervisor.children
    assert not any(child.is_running() for child in children)
    assert recorded(folder.records) == []
    assert not any(is_alive(identity) for identity in left)


@pytest.mark.timeout(3 * START_BOUND_S)
def test_registry_of_another_log_is_refused(tmp_path: Path) -> None:
    with a_stack(tmp_path) as first:
        register(first.file, "envelope")
        first.registry_ids().record(read_registered(first.file.registry_url))
    for path in Folder(tmp_path).registry.glob("registry*.db"):
        path.unlink()
    with pytest.raises(IdsDiffer, match=r"envelope version 1 .* is missing"), a_stack(tmp_path):
        pass
    assert recorded(Folder(tmp_path).records) == []


@pytest.mark.timeout(3 * START_BOUND_S)
def test_stack_is_stopped_from_outside(tmp_path: Path) -> None:
    launcher = launch(tmp_path)
    left = recorded(Folder(tmp_path).records)
    assert stop_stack(tmp_path) == launcher.pid
    assert launcher.wait() == 0
    assert holder(Folder(tmp_path)) is None
    assert not any(is_alive(identity) for identity in left)
    assert stop_stack(tmp_path) is None


@pytest.mark.timeout(3 * START_BOUND_S)
def test_interrupted_start_leaves_no_process(tmp_path: Path) -> None:
    folder, booting = Folder(tmp_path), []

    def interrupt(sentence: str) -> None:
        if sentence.startswith("valkey answers"):
            booting.extend(recorded(folder.records))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), a_stack(tmp_path, interrupt):
        pass
    assert [identity.name for identity in booting] == ["kafka", "registry", "valkey"]
    assert not any(is_alive(identity) for identity in booting)
    assert holder(folder) is None


@pytest.mark.timeout(3 * START_BOUND_S)
def test_killed_broker_comes_back_with_its_topics(tmp_path: Path) -> None:
    said: list[str] = []
    with a_stack(tmp_path, said.append) as stack:
        names = set(stack.admin().list_topics(timeout=10).topics)
        stack.server("kafka").send(signal.SIGKILL)
        deadline = time.monotonic() + START_BOUND_S
        while stack.server("kafka").restarts == 0:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert set(stack.admin().list_topics(timeout=30).topics) == names
        assert any("kafka ended by SIGKILL" in sentence for sentence in said)
