"""The servers beneath: the broker is killed or frozen, Redis and the registry stand still."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Final

from confluent_kafka import KafkaException

from creditbus.bench.witness import HealthLog
from creditbus.stack.ports import HOST
from creditbus.stack.principals import admin_with
from creditbus.stack.services import HOSTED
from tests.bus_fixtures import eventually, press
from tests.siege.blows import Chapter
from tests.siege.bystanders import ASKER, BYSTANDERS, HEALTH, PLATFORM, READERS
from tests.siege.siege import Siege

CHAPTER: Final = Chapter("The servers beneath", door="server")

BOUND_S: Final = 90.0
FROZEN_S: Final = 6.0
STEADY_S: Final = 5.0
SHOWS_OLD: Final = frozenset({"feed", "console"})
"""Who goes on without a broker, says so, and may call itself ready."""


@contextmanager
def frozen(siege: Siege, name: str) -> Iterator[None]:
    """Let a server stand still during the block."""
    server = siege.live.bus.stack.server(name)
    server.send(signal.SIGSTOP)
    try:
        yield
    finally:
        server.send(signal.SIGCONT)


def broker_answers(siege: Siege) -> bool:
    """Return whether the broker tells its topics."""
    try:
        admin_with(siege.live.bus.stack.client_config("admin") | {"log_level": 0}).list_topics(
            timeout=1.0
        )
    except KafkaException:
        return False
    return True


def unready(siege: Siege) -> list[str]:
    """Return the services that do not call themselves ready."""
    states = siege.live.bus.services.states()
    return [each.name for each in states if not each.ready]


def is_whole(siege: Siege) -> bool:
    """Return whether every service is ready and readers answer from views that are current."""
    question = {"matter": "bid-registration", "purpose": "bid-qualification"}
    with siege.live.http("query", ASKER) as query, siege.live.http("feed", PLATFORM) as feed:
        answers = (
            query.post("/v1/checks", json={"subject": siege.subject(), **question}),
            feed.get("/v1/exposures"),
        )
    return not unready(siege) and all(each.is_success for each in answers)


def see_whole(siege: Siege) -> None:
    """Wait until all is whole and stays so: what readers trust lasts on for some seconds."""
    since = time.monotonic()

    def stays_so() -> bool:
        nonlocal since
        if not is_whole(siege):
            since = time.monotonic()
        return time.monotonic() - since > STEADY_S

    eventually(stays_so, BOUND_S)


@CHAPTER.blow(
    strikes="SIGKILL of the one broker; it is started again",
    then="every service but feed and console says not ready meanwhile, none ends, and all are "
    "ready seconds after its answer ([how many](operating.md#a-broker-dies))",
    others="no receipt and 503 while it is away; then they go on by themselves",
    spares=BYSTANDERS,
)
def a_killed_broker(siege: Siege) -> None:
    broker = siege.live.bus.stack.server("kafka")
    with closing(HealthLog(siege.live.file)) as readiness:
        time.sleep(1)
        began, killed_at = broker.restarts, time.monotonic()
        broker.send(signal.SIGKILL)
        eventually(lambda: broker.restarts > began, BOUND_S)
        eventually(lambda: broker_answers(siege), BOUND_S)
        see_whole(siege)
        untold = {name for name in HOSTED if readiness.fell_after(name, killed_at) is None}
    assert untold <= SHOWS_OLD


@CHAPTER.blow(
    strikes="SIGSTOP of the one broker for a quarter of a minute",
    then="every service but feed and console says not ready, for kafka and nothing else",
    others="no receipt and 503 while it stands still; then they go on by themselves",
    spares=BYSTANDERS,
)
def a_frozen_broker(siege: Siege) -> None:
    with frozen(siege, "kafka"):
        waiting = eventually(lambda: len(found := unready(siege)) >= len(HOSTED) - 2 and found)
        code, printed = press(siege.live, "status", "--json")
        assert (code, "kafka" in printed) == (1, True)
        assert "redis does not answer" not in printed
        time.sleep(FROZEN_S)
    assert waiting
    see_whole(siege)


@CHAPTER.blow(
    strikes="SIGSTOP of Redis for some seconds",
    then="listings and removals reach their bodies as ever; readers wait or say 503",
    others="waits and 503 at query, feed, console and gateway's refusals",
    spares=(*READERS, HEALTH),
)
def a_frozen_redis(siege: Siege) -> None:
    with frozen(siege, "valkey"):
        time.sleep(FROZEN_S)
    see_whole(siege)


@CHAPTER.blow(
    strikes="SIGSTOP of the registry for some seconds",
    then="whoever runs goes on, because it knows every schema that it meets",
)
def a_frozen_registry(siege: Siege) -> None:
    # A publisher that begins asks the registry; the bystander's has begun by then.
    time.sleep(1)
    with frozen(siege, "registry"):
        time.sleep(FROZEN_S)


@CHAPTER.blow(
    strikes="at the broker, Redis and the registry 80 connections each that say nothing, the half "
    "of a request, or bytes that are none",
    then="whoever works there goes on",
)
def silent_peers_of_the_servers(siege: Siege) -> None:
    ports = siege.live.file.ports
    with ExitStack() as opened:
        for port in (ports.kafka, ports.redis, ports.registry):
            for number in range(80):
                peer = opened.enter_context(socket.create_connection((HOST, port), 5))
                peer.sendall(
                    (b"", b"GET / HTTP/1.1\r\nX: ", b"\x16\x03\x01\x02\0", b"*")[number % 4]
                )
        time.sleep(FROZEN_S)
        assert is_whole(siege)
        assert press(siege.live, "status")[0] == 0
