"""A witness of a bus whose broker is struck: what each service says meanwhile, and what it does.

What it says is its health, asked ten times a second. What it does is seen from outside: the
workers' topics hold something committed about one subject, a body was sent to, Redis serves it,
query answers.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import httpx
import msgspec
from confluent_kafka import Consumer, TopicPartition
from redis import Redis

from creditbus.domain.ids import SubjectId
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.runtime.redis.reads import Serving
from creditbus.runtime.redis.served import POSITIONS
from creditbus.stack.bus import token_name
from creditbus.stack.folder import StackFile
from creditbus.stack.ports import HOST
from creditbus.stack.services import HOSTED
from creditbus.wire.topics import ATTEMPTS, EVENTS, EXPOSURES, STANDINGS, directives

LOOK_S: Final = 0.1
ASK_BOUND_S: Final = 1.0
_MATTER: Final = "bid-registration"
_PURPOSE: Final = "bid-qualification"


class HealthLog:
    """Samples of what each service's health says, a thread for each until it is closed."""

    def __init__(self, file: StackFile) -> None:
        self._urls = {
            name: f"http://{HOST}:{file.ports.metrics_of(name)}/health/ready" for name in HOSTED
        }
        self._samples: dict[str, list[tuple[float, bool]]] = {name: [] for name in HOSTED}
        self._over = threading.Event()
        self._pool = ThreadPoolExecutor(len(HOSTED))
        for name in HOSTED:
            self._pool.submit(self._sample, name)

    def close(self) -> None:
        """Ask no more."""
        self._over.set()
        self._pool.shutdown()

    def fell_after(self, name: str, at: float) -> float | None:
        """Return when a service was first not ready after an instant, None if it always was."""
        seen = self._samples[name]
        return next((then for then, is_ready in seen if then >= at and not is_ready), None)

    def rose_after(self, name: str, at: float) -> float | None:
        """Return from when on it has been ready since, None while it is not."""
        since: float | None = None
        for t, is_ready in self._samples[name]:
            since = (since or t) if is_ready else None
        return None if since is None else max(since, at)

    def _sample(self, name: str) -> None:
        with httpx.Client(timeout=ASK_BOUND_S) as client:
            while not self._over.wait(LOOK_S):
                try:
                    is_ready = client.get(self._urls[name]).is_success
                except httpx.HTTPError:
                    is_ready = False
                self._samples[name].append((time.monotonic(), is_ready))


class Doings:
    """When each service was first seen to have done its part, for one subject and for anybody."""

    def __init__(self, file: StackFile, process: Process, body: str) -> None:
        self._file = file
        self._process = process
        self._owners: Mapping[str, str] = {
            EVENTS: "intake",
            STANDINGS: "listing",
            directives(body): "dispatch",
            EXPOSURES: "exposure",
            ATTEMPTS: "delivery",
        }
        self._reader = Consumer(
            {
                "bootstrap.servers": process.settings.kafka,
                **process.security,
                "group.id": "creditbus-audit-witness",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "reconnect.backoff.max.ms": 100,
                "log_level": 0,
            }
        )
        self._assign()

    @property
    def expected(self) -> set[str]:
        """Return whose doings are looked for."""
        return {*self._owners.values(), "views", "query"}

    def close(self) -> None:
        """Read no more."""
        self._reader.close()

    def watch(
        self, subjects: Sequence[SubjectId], asker: str, bound_s: float, since_ms: int = 0
    ) -> tuple[dict[str, float], dict[str, float]]:
        """Return the instants of what the services did for some subjects, and for anybody.

        Views and query are asked about the first of them; query does for anybody what it does for
        these. What a worker began to write before ``since_ms`` does not count.
        """
        subject, names = subjects[0], [each.encode() for each in subjects]
        found: dict[str, float] = {}
        first: dict[str, float] = {}
        places = self._places()
        deadline = time.monotonic() + bound_s
        while self.expected - found.keys() and time.monotonic() < deadline:
            for message in self._reader.consume(500, LOOK_S):
                if message.error() is not None or message.timestamp()[1] < since_ms:
                    continue
                owner, now = self._owners[message.topic() or ""], time.monotonic()
                first.setdefault(owner, now)
                if _is_about(names, message.value()):
                    found.setdefault(owner, now)
            if "views" not in found and asyncio.run(self._is_served(subject)):
                found["views"] = time.monotonic()
            if "views" not in first and self._places() != places:
                first["views"] = time.monotonic()
            if "query" not in found and self._answers(asker, subject):
                found["query"] = first["query"] = time.monotonic()
        return found, first

    def _assign(self) -> None:
        places = []
        for topic in self._owners:
            for number in self._reader.list_topics(topic, timeout=10).topics[topic].partitions:
                _, end = self._reader.get_watermark_offsets(TopicPartition(topic, number), 10)
                places.append(TopicPartition(topic, number, end))
        self._reader.assign(places)

    def _places(self) -> Mapping[str, str]:
        """Return up to where views has written each partition to Redis."""
        with Redis.from_url(self._file.redis_url, decode_responses=True) as client:
            found: Mapping[str, str] = client.hgetall(POSITIONS)
            return found

    async def _is_served(self, subject: SubjectId) -> bool:
        serving = Serving(self._file.redis_url)
        try:
            return await serving.standing(subject) is not None
        except Unavailable:
            return False
        finally:
            await serving.close()

    def _answers(self, asker: str, subject: str) -> bool:
        question: dict[str, Any] = {"subject": subject, "matter": _MATTER, "purpose": _PURPOSE}
        try:
            answer = httpx.post(
                f"http://{HOST}:{self._file.ports.query}/v1/checks",
                content=msgspec.json.encode(question),
                headers={"Authorization": f"Bearer {self._file.secrets[token_name(asker)]}"},
                timeout=ASK_BOUND_S,
            )
        except httpx.HTTPError:
            return False
        return answer.is_success


def _is_about(names: Sequence[bytes], value: bytes | None) -> bool:
    # Every record of these topics names its subject in plain text.
    return value is not None and any(name in value for name in names)
