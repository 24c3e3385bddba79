"""Waiting for a server that is away: ask until it answers, say so meanwhile, stop when told."""

from __future__ import annotations

import asyncio

import pytest

from creditbus.runtime.logs import configure_logs
from creditbus.runtime.metrics import Meters
from creditbus.runtime.outages import Patience, Unavailable


def waiting(meters: Meters) -> float | None:
    return meters.registry.get_sample_value("creditbus_waiting", {"whom": "redis"})


def patience(meters: Meters) -> Patience:
    return Patience(meters, configure_logs("test", "test-0", "error"))


def test_an_asynchronous_wait_ends_with_the_first_answer_and_says_so() -> None:
    meters = Meters()
    patient = patience(meters)
    asked: list[str | None] = []

    async def ask() -> str:
        asked.append(patient.waiting_for)
        if len(asked) < 3:
            raise Unavailable("redis", "refused")
        assert waiting(meters) == 1
        return "answer"

    assert asyncio.run(patient.insist_async(ask)) == "answer"
    assert asked == [None, "redis", "redis"]
    assert patient.waiting_for is None
    assert waiting(meters) == 0


def test_a_stopped_wait_gives_up() -> None:
    patient = patience(Meters())
    patient.stop()

    async def ask() -> None:
        raise Unavailable("redis", "refused")

    with pytest.raises(Unavailable):
        asyncio.run(patient.insist_async(ask))
