"""The lease on real servers: readers are answered only while views is known to keep up."""

from __future__ import annotations

import signal
import time
from datetime import timedelta

from confluent_kafka import Producer
from redis import Redis

from creditbus.domain.calendar import millis_of
from creditbus.runtime.clock import SystemClock
from creditbus.runtime.redis.served import CAUGHT_UP, COMPLETE, EXPOSED, LEASE_S, exposure_key
from creditbus.stack.principals import ADMIN
from creditbus.wire.topics import STANDINGS
from tests.integration.views.stage import BOUND_S, Stage, wait_until
from tests.integration.views.test_views import NUMBERS, put, revision_of, standing_of

PHANTOM = "entry-whose-withdrawal-was-compacted-away"
MARGIN_S = 5.0


def test_no_answer_comes_from_views_that_sleep_and_the_right_one_when_they_wake(
    stage: Stage,
) -> None:
    number = next(NUMBERS)
    put(stage, standing_of(number, revision=1))
    views = stage.start("views")
    views.wait_ready()
    assert_renewed_behind_markers(stage)
    views.child.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        put(stage, standing_of(number, revision=2))
        wait_until(lambda: revision_of(stage, number) == 0, LEASE_S + MARGIN_S)
        assert time.monotonic() - began > LEASE_S / 2, "the lease bridges a short absence"
    finally:
        views.child.send_signal(signal.SIGCONT)
    # The first answer is already the new one: a lease that it was about to renew is not taken.
    assert wait_until(lambda: revision_of(stage, number)) == 2
    wait_until(views.is_ready)


def test_views_that_were_away_for_too_long_build_redis_anew(stage: Stage) -> None:
    number = next(NUMBERS)
    put(stage, standing_of(number, revision=1))
    away = stage.start("views")
    away.wait_ready()
    assert away.stop() == 0
    client = Redis.from_url(stage.stack.file.redis_url)
    client.sadd(EXPOSED, PHANTOM)
    client.hset(exposure_key(PHANTOM), mapping={"revision": 1, "content": "{}"})
    at = SystemClock().now() - timedelta(days=4)
    client.set(CAUGHT_UP, millis_of(at))
    again = stage.start("views")
    again.wait_ready()
    assert not client.exists(exposure_key(PHANTOM))
    assert (revision_of(stage, number), client.sismember(EXPOSED, PHANTOM)) == (1, 0)
    assert "built anew" in again.log.read_text()
    client.close()


def assert_renewed_behind_markers(stage: Stage) -> None:
    """Assert that neither a transaction's marker nor an open transaction ends the lease."""
    config = stage.stack.client_config(ADMIN)
    producer = Producer({**config, "transactional.id": "lease", "linger.ms": 0})
    producer.init_transactions(BOUND_S)
    number = next(NUMBERS)
    value = standing_of(number, revision=1)
    for _ in range(2):
        producer.begin_transaction()
        producer.produce(STANDINGS, stage.codec.encode(value), value.subject_id.encode())
        producer.flush(BOUND_S)
        if revision_of(stage, number) == 0:
            producer.commit_transaction(BOUND_S)
            wait_until(lambda: revision_of(stage, number) == 1)
    now = SystemClock().now().timestamp()
    wait_until(lambda: lapses_at(stage) > (now + LEASE_S) * 1000)
    producer.abort_transaction(BOUND_S)


def lapses_at(stage: Stage) -> int:
    client = Redis.from_url(stage.stack.file.redis_url)
    found = client.pexpiretime(COMPLETE)
    client.close()
    assert isinstance(found, int)
    return found
