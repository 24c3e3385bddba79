"""Structured logs: one JSON object a line on stdout.

Subject ids never appear: what has the form of one, of an organisation's code or of a person's
number is masked, whoever wrote it. A library may quote the address that a browser asked for.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, Final

import structlog

from creditbus.domain.identifiers.citizen import hide_persons
from creditbus.domain.identifiers.scheme import MASKED

_LOUD: Final = ("faust", "mode", "aiokafka", "kafka", "httpx", "httpcore", "uvicorn.access")


_SUBJECTS: Final = re.compile(
    r"\b(?i:uscc|person)(?::|%3A|%3a)[0-9A-Za-z]+"
    r"|\b[159AY][1239]\d{6}[0-9A-HJ-NPQRTUWXY]{10}\b"
)
"""An id of a subject as it is or in an address, and a unified social credit code by itself."""


def hide_subjects(text: str) -> str:
    """Return a line without the ids and codes of subjects in it.

    >>> hide_subjects("/subject/uscc:91370200000000000Y, 91370200000000000Y not found")
    '/subject/(masked), (masked) not found'
    """
    return hide_persons(_SUBJECTS.sub(MASKED, text))


class _Discreet(logging.Formatter):
    """Writes a line of another formatter without the subjects in it."""

    def __init__(self, other: logging.Formatter | None) -> None:
        super().__init__()
        self._other = other or logging.Formatter()

    def format(self, record: logging.LogRecord) -> str:
        """Return the line as it is written."""
        return hide_subjects(self._other.format(record))


def configure_logs(service: str, worker: str, level: str) -> structlog.stdlib.BoundLogger:
    """Set up this process's logs and return its logger, bound to service and worker."""
    number = getattr(logging, level.upper(), logging.INFO)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            _discreet,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        level=logging.WARNING,
        stream=sys.stdout,
        format='{"level":"%(levelname)s","logger":"%(name)s","event":"%(message)s"}',
        force=True,
    )
    for handler in logging.getLogger().handlers:
        handler.setFormatter(_Discreet(handler.formatter))
    # Faust's start-up spinner sets the root logger to DEBUG, which costs a tenth of the time.
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(service=service, worker=worker)
    return logger


def _discreet(_logger: object, _method: str, line: Any) -> str:
    return hide_subjects(line)
