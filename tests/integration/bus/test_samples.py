"""The samples of other languages publish to the real bus, and an executing body acknowledges.

A language whose tools are not on the machine, or whose packages cannot be fetched, is passed over.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from creditbus.audit.app import TopicReader
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.ids import SubjectId
from creditbus.runtime.settings import read_settings
from creditbus.stack.downloads import install
from creditbus.stack.reports import Report
from creditbus.wire.topics import OBLIGATIONS
from tests.bus_fixtures import LiveBus, eventually

SAMPLES: Final = Path(__file__).parents[3] / "examples" / "publish"
BUILD_BOUND_S: Final = 600
RUN_BOUND_S: Final = 90
_NO_NETWORK: Final = re.compile(
    "ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|dial tcp|no such host|connection refused"
)


def tool(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/local/go/bin")
    if found is None:
        pytest.skip(f"there is no {name} on this machine")
    return found


def built(command: Sequence[str], folder: Path) -> None:
    """Fetch and build, or pass over what the network does not give."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=BUILD_BOUND_S
    )
    if done.returncode and _NO_NETWORK.search(done.stdout + done.stderr):
        pytest.skip(f"{command[0]} cannot fetch the sample's packages: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stdout + done.stderr


def node(folder: Path) -> list[str]:
    npm = tool("npm")
    copy = shutil.copytree(SAMPLES / "node", folder / "node")
    built([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], copy)
    return [tool("node"), str(copy / "publish.mjs")]


def java(_folder: Path) -> list[str]:
    command = tool("java")
    modules = subprocess.run(
        [command, "--list-modules"], capture_output=True, text=True, check=True
    )
    if "jdk.compiler" not in modules.stdout:
        pytest.skip("this java cannot compile: it is no JDK")
    programs = install(
        read_settings().cache.expanduser(), Report(logging.getLogger("samples").info)
    )
    (avro,) = programs.registry.glob("lib/main/org.apache.avro.avro-*.jar")
    path = f"{programs.kafka_classpath()}:{avro}"
    return [command, "-cp", path, str(SAMPLES / "java" / "Publish.java")]


def go(folder: Path) -> list[str]:
    program = folder / "publish"
    built([tool("go"), "build", "-mod=readonly", "-o", str(program), "."], SAMPLES / "go")
    return [str(program)]


def run(live: LiveBus, command: Sequence[str], password: str, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [*command, live.file.bootstrap, live.file.registry_url, "tender", *words],
        env=os.environ | {"PASSWORD": password},  # noqa: TID251 - the samples' own environment
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_BOUND_S,
    )
    return done.returncode, done.stdout + done.stderr


def acknowledged(live: LiveBus, reader: TopicReader, subject: str) -> bool:
    """Whether a body has taken a directive about the subject, and owes nothing any more."""
    known = [
        each
        for each in reader.values(OBLIGATIONS)
        if isinstance(each, Obligation) and each.subject_id == subject
    ]
    return bool(live.received(subject)) and bool(known) and not known[-1].is_owed


@pytest.mark.timeout(900)
@pytest.mark.parametrize("prepare", [node, java, go])
def test_a_sample_reaches_a_body_that_acknowledges(
    live: LiveBus,
    subject: SubjectId,
    tmp_path: Path,
    prepare: object,
) -> None:
    assert callable(prepare)
    command = prepare(tmp_path)
    record = f"sample-{subject}"

    code, told = run(live, command, live.file.credentials["tender"], record, subject)

    assert code == 0, told
    assert re.search(r"receipt: credit\.inbox\.tender\.v1/0/\d+", told), told
    reader = live.reader()
    eventually(lambda: acknowledged(live, reader, subject))

    code, told = run(live, command, "wrong", record, subject)
    assert code == 1
    assert "not published" in told
