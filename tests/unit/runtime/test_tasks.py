"""A task that is ended ends, even where a cancellation gets lost inside it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from creditbus.runtime import tasks


def test_a_task_that_loses_a_cancellation_is_told_again() -> None:
    async def deaf() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        await asyncio.sleep(60)

    async def run() -> bool:
        task = asyncio.create_task(deaf())
        await asyncio.sleep(0)
        await asyncio.wait_for(tasks.end(task), 5)
        return task.cancelled()

    assert asyncio.run(run())


def test_what_a_task_had_failed_with_is_raised() -> None:
    async def fail() -> None:
        raise ValueError("broken")

    async def run() -> None:
        task = asyncio.create_task(fail())
        await asyncio.sleep(0.01)
        await tasks.end(task)

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(run())
