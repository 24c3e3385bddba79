"""The stage of the tests of delivery."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from creditbus.stack.local import LocalStack
from tests.integration.views.stage import Stage, stage_on


@pytest.fixture
def stage(stack: LocalStack, tmp_path: Path) -> Iterator[Stage]:
    """A stage whose processes end with the test."""
    with stage_on(stack, tmp_path) as ready:
        yield ready
