"""What each service's OpenAPI document allows is asked, and what it does not; no answer surprises.

Schemathesis makes the questions. A question may be refused, with a problem; it is never our own
mistake, and every answer is one that the document names.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from creditbus.feed.app import WAIT_MAX_MS
from creditbus.feed.app import build as build_feed
from creditbus.gateway.app import build as build_gateway
from creditbus.gateway.fates import WAIT_MOST_S
from creditbus.query.app import build as build_query
from creditbus.runtime.http.server import Site, peers_of, server_config
from creditbus.runtime.process import Process
from tests.integration.http.conftest import PrivateRedis, ProcessOf, bearer

_LONGEST: Final = {"wait": WAIT_MOST_S, "wait_ms": WAIT_MAX_MS}
"""The waits that may be asked for, each with the longest that a document allows."""

CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]
FEW: Final = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@contextmanager
def served(process: Process, build: Callable[[Process], Site]) -> Iterator[str]:
    """Serve a site as its process does, in a thread; give its address."""
    site = build(process)
    server = uvicorn.Server(server_config(site, peers_of(process)))
    listener = socket.create_server(("127.0.0.1", 0))

    async def serve() -> None:
        await server.serve(sockets=[listener])

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()
        assert not thread.is_alive()


# Bytes of whatever they are: the same as where a document says nothing.
schemathesis.serializer.alias("application/x-ndjson", "application/octet-stream")

SERVICES: Final[Mapping[str, tuple[Callable[[Process], Site], str]]] = {
    "gateway": (build_gateway, "court"),
    "query": (build_query, "trade-centre"),
    "feed": (build_feed, "court-platform"),
}


def without_streams(schema: Any) -> Any:
    """Return a document without what is answered for as long as somebody listens."""
    return schema.exclude(path_regex="stream$")


@pytest.mark.parametrize("service", SERVICES)
def test_every_answer_is_one_that_the_document_names(
    process_of: ProcessOf, redis: PrivateRedis, tokens: Mapping[str, str], service: str
) -> None:
    build, party = SERVICES[service]
    with served(process_of(service), build) as address:
        schema = without_streams(schemathesis.openapi.from_url(f"{address}/openapi.json"))
        operations = [found.ok() for found in schema.get_all_operations()]
        assert operations
        for operation in operations:
            redis.hold()
            ask(operation, bearer(tokens[party]))


def _without_patience(case: Any) -> None:
    """Let nobody wait for a decision that will not come; what is no wait at all stays as it is."""
    for name in _LONGEST.keys() & (case.query or {}).keys():
        asked = str(case.query[name])
        if asked.isdecimal() and int(asked) <= _LONGEST[name]:
            case.query[name] = 0


def ask(operation: Any, shown: dict[str, str]) -> None:
    """Ask one operation what its document allows, and what it does not."""
    wanted = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    unwanted = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @FEW
    @given(case=wanted | unwanted)
    def answered(case: Any) -> None:
        _without_patience(case)
        case.call_and_validate(headers=shown, checks=CHECKS, timeout=30)

    answered()
