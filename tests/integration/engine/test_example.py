"""The example of docs/engine.md: it counts words, also when it is killed and started again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from creditbus.engine.worker import Connection
from tests.integration.engine.stage import BOUND_SECONDS, ROOT, wait_until

TEXT = " ".join(f"word-{number % 7}" for number in range(7000))


def counted(settings: dict[str, str]) -> dict[bytes | None, list[int]]:
    """Return the counts of each word in turn, as a reader of committed records sees them."""
    reader = Consumer(settings | {"group.id": "example", "isolation.level": "read_committed"})
    reader.assign([TopicPartition("counts", number, 0) for number in range(4)])
    counts: dict[bytes | None, list[int]] = {}
    while message := reader.poll(2.0):
        assert message.error() is None
        counts.setdefault(message.key(), []).append(int(message.value() or b""))
    reader.close()
    return counts


def test_the_word_count_survives_a_kill(connection: Connection, tmp_path: Path) -> None:
    settings = {"bootstrap.servers": connection.bootstrap, **connection.security}
    arguments = [sys.executable, str(ROOT / "examples/word_count.py"), json.dumps(settings)]
    environment = {"PYTHONPATH": f"{ROOT / 'services'}{os.pathsep}{ROOT}"}

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            arguments, cwd=tmp_path, env=environment, stdin=subprocess.PIPE, text=True
        )

    first = start()
    assert first.stdin is not None
    first.stdin.write(TEXT)
    first.stdin.close()
    wait_until((tmp_path / "word-count-state").exists, "the first worker to begin")
    first.kill()
    first.wait(BOUND_SECONDS)
    second = start()
    assert second.stdin is not None
    second.stdin.close()
    try:
        wait_until(lambda: sum(map(len, counted(settings).values())) >= len(TEXT.split()), "counts")
        assert list(counted(settings).values()) == [list(range(1, 1001))] * 7
    finally:
        second.terminate()
    assert second.wait(BOUND_SECONDS) == 0
