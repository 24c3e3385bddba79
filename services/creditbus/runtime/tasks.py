"""Tasks: how one that runs beside the work is brought to its end."""

from __future__ import annotations

import asyncio
from typing import Any, Final

_AGAIN_S: Final = 0.5


async def end(task: asyncio.Task[Any]) -> None:
    """Cancel a task and return once it has ended; raises what it had failed with.

    A cancellation that meets the timeout of a library inside the task can get lost there (CPython
    issue 86296), so it is said again until it is heard.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=_AGAIN_S)
    if not task.cancelled():
        task.result()
