"""Gives each test of hosting a stage whose workers run inside Faust apps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from creditbus.engine.worker import Connection
from tests.integration.engine.conftest import connection
from tests.integration.engine.stage import Stage

__all__ = ["connection"]


class HostedStage(Stage):
    """A stage of the engine's tests with hosted workers."""

    program: ClassVar[str] = "tests.integration.hosting.hosted"


@pytest.fixture
def stage(connection: Connection, tmp_path: Path) -> Iterator[Stage]:
    """One stage with a single source of three partitions, and tables."""
    hosted = HostedStage(connection, tmp_path)
    yield hosted
    hosted.close()
