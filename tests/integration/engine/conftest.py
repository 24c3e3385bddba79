"""Gives each test of the engine a stage of its own on the shared broker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from creditbus.engine.worker import Connection
from creditbus.stack.local import LocalStack
from tests.integration.engine.stage import Stage

MakeStage = Callable[..., Stage]


@pytest.fixture(scope="session")
def connection(stack: LocalStack) -> Connection:
    """Where the shared broker is, as its administrator."""
    settings = {key: str(value) for key, value in stack.client_config("admin").items()}
    return Connection(settings.pop("bootstrap.servers"), settings)


@pytest.fixture
def make_stage(connection: Connection, tmp_path: Path) -> Iterator[MakeStage]:
    """Make stages and end their workers afterwards."""
    stages: list[Stage] = []

    def make(*, partitions: int = 3, sources: int = 1, has_tables: bool = True) -> Stage:
        folder = tmp_path / str(len(stages))
        folder.mkdir()
        stage = Stage(
            connection, folder, partitions=partitions, sources=sources, has_tables=has_tables
        )
        stages.append(stage)
        return stage

    yield make
    for stage in stages:
        stage.close()


@pytest.fixture
def stage(make_stage: MakeStage) -> Stage:
    """One stage with a single source of three partitions, and tables."""
    return make_stage()
