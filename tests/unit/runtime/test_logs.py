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


@pytest.mark.parametrize(
    "said",
    [
        "http://127.0.0.1:8083/subject/uscc:9137020000004WUM07 not found",
        "GET /subject/uscc%3A9137020000004WUM07",
        "no such subject: 9137020000004WUM07",
        f"person:{'0123456789abcdef' * 4} is unknown",
    ],
)
def test_no_subject_is_named_by_whoever_writes(
    said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logger = configure_logs("console", "console-0", "info")
    logger.warning(said)
    logging.getLogger("nicegui").warning(said)
    told = capsys.readouterr().out
    assert told.count("(masked)") == 2
    assert "9137020000004WUM07" not in told
    assert "0123456789abcdef" not in told


def test_what_names_no_subject_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    said = (
        "edition 452f79e0f204ba60, trace 5c76a472533896cef5cb0a32523b35b5, at 1796030483000123456"
    )
    configure_logs("listing", "listing-0", "info").info(said)
    assert json.loads(capsys.readouterr().out)["event"] == said
