"""Logs: one JSON object a line, bound to the service and the worker."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from creditbus.runtime.logs import configure_logs


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Give the other tests their logging back."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_line_is_json_with_service_worker_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    logger = configure_logs("listing", "listing-0", "info")
    logger.debug("unheard")
    logger.info("moved", 名单="BL-COURT-SX", count=2)
    (line,) = capsys.readouterr().out.splitlines()
    said = json.loads(line)
    assert (said["event"], said["service"], said["worker"]) == ("moved", "listing", "listing-0")
    assert (said["level"], said["count"], said["名单"]) == ("info", 2, "BL-COURT-SX")
    assert said["timestamp"].endswith("Z")


def test_failure_is_one_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    logger = configure_logs("listing", "listing-0", "info")
    try:
        int("no\nluck")
    except ValueError:
        logger.exception("stopped")
    (line,) = capsys.readouterr().out.splitlines()
    assert "ValueError" in json.loads(line)["exception"]
