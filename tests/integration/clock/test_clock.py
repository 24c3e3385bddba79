"""The clock on the real broker: each day once and in order, in every partition, missed ones too."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from creditbus.clock.app import DayClock
from creditbus.domain.acts.events import DayTurned
from creditbus.stack.local import LocalStack
from creditbus.wire.topics import PARTITIONS, application
from tests.integration.views.stage import BOUND_S, Stage, stage_on, wait_until
from tests.stack_fixtures import ThrowawayTopic

STOP_BOUND_S: Final = 8.0
"""Less than the ten seconds after which what does not end by itself is ended."""

MAIN: Final = """
from creditbus.clock.app import DayClock
from creditbus.runtime.process import Process
from creditbus.runtime.settings import read_settings
DayClock(Process("clock", 0, read_settings()), {log!r}).run()
"""


@pytest.fixture
def stage(stack: LocalStack, tmp_path: Path) -> Iterator[Stage]:
    """A stage whose processes end with the test."""
    with stage_on(stack, tmp_path) as ready:
        yield ready


@pytest.fixture
def log(stage: Stage, throwaway_topic: ThrowawayTopic) -> Iterator[str]:
    """A log of events of the test's own, with the rights that the clock has on the real one."""
    topic, admin = throwaway_topic(partitions=PARTITIONS), stage.stack.admin()
    rights = [_right(topic, each) for each in (AclOperation.READ, AclOperation.WRITE)]
    for given in admin.create_acls(rights).values():
        given.result(BOUND_S)
    yield topic
    _take_back(admin, topic)


def test_the_days_of_a_stopped_week_are_turned_in_order(stage: Stage, log: str) -> None:
    turn(stage, log, date(2026, 2, 26))
    assert days_of(stage, log) == [["2026-02-26"]] * PARTITIONS
    for _ in range(2):
        turn(stage, log, date(2026, 3, 5))
    week = ["02-26", "02-27", "02-28", "03-01", "03-02", "03-03", "03-04", "03-05"]
    assert days_of(stage, log) == [[f"2026-{day}" for day in week]] * PARTITIONS


def test_no_day_is_turned_again_when_the_broker_has_forgotten_positions(
    stage: Stage, log: str
) -> None:
    turn(stage, log, date(2026, 2, 26))
    admin = stage.stack.admin()
    for deleted in admin.delete_consumer_groups([application("clock")]).values():
        deleted.result(BOUND_S)
    turn(stage, log, date(2026, 2, 27))
    assert days_of(stage, log) == [["2026-02-26", "2026-02-27"]] * PARTITIONS


def test_a_clock_turns_today_at_once_and_ends_in_order(stage: Stage, log: str) -> None:
    clock = stage.start("clock", MAIN.format(log=log))
    clock.wait_ready()
    found = wait_until(lambda: days_of(stage, log))
    assert [len(days) for days in found] == [1] * PARTITIONS
    assert clock.stop(bound_s=STOP_BOUND_S) == 0


def test_a_look_that_comes_while_the_first_still_turns_fences_nothing(
    stage: Stage, log: str
) -> None:
    # As when a slow start lasts into the next minute.
    clock = DayClock(stage.process("clock"), log)

    async def twice() -> None:
        await asyncio.gather(clock.look(), clock.look())

    asyncio.run(twice())
    assert [len(days) for days in days_of(stage, log)] == [1] * PARTITIONS


def turn(stage: Stage, log: str, today: date) -> None:
    """Turn the days as a clock does that was started today."""
    process = stage.process("clock")
    process.patience.insist(lambda: DayClock(process, log).turn(today))


def days_of(stage: Stage, log: str) -> list[list[str]]:
    """Return the days in each partition, in the order of the log."""
    days: list[list[str]] = [[] for _ in range(PARTITIONS)]
    for message in stage.read(log):
        turned = stage.codec.decode(message.value())
        assert isinstance(turned, DayTurned)
        partition = message.partition()
        assert partition is not None
        days[partition].append(turned.day.isoformat())
    return days


def _right(topic: str, operation: AclOperation) -> AclBinding:
    return AclBinding(
        ResourceType.TOPIC,
        topic,
        ResourcePatternType.LITERAL,
        "User:svc.clock",
        "*",
        operation,
        AclPermissionType.ALLOW,
    )


def _take_back(admin: AdminClient, topic: str) -> None:
    every = AclBindingFilter(
        ResourceType.TOPIC,
        topic,
        ResourcePatternType.LITERAL,
        "User:svc.clock",
        "*",
        AclOperation.ANY,
        AclPermissionType.ANY,
    )
    for taken in admin.delete_acls([every]).values():
        taken.result(BOUND_S)
