"""Lines: an answer that is a JSON value a line (NDJSON), told while it is being made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from creditbus.runtime.http.languages import Language, language_headers
from creditbus.runtime.http.server import documented, schema_of

NDJSON: Final = "application/x-ndjson"


class DuplexResponse(StreamingResponse):
    """An answer that is told while its request still arrives.

    The usual one listens for a caller that hangs up, and would eat the request's own body.
    """

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send the lines; whoever reads the request learns that the caller has hung up."""
        await self.stream_response(send)


async def streamed(
    lines: AsyncIterator[bytes], language: Language, *, is_duplex: bool = False
) -> Response:
    """Return an answer of lines; what is raised before the first of them is told as a problem."""
    first = await anext(lines, b"")

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for line in lines:
            yield line

    made = DuplexResponse if is_duplex else StreamingResponse
    return made(
        whole(),
        HTTPStatus.OK.value,
        headers={**language_headers(language), "Cache-Control": "no-store"},
        media_type=NDJSON,
    )


def documented_lines(*, takes: Sequence[str], gives: Any) -> dict[str, Any]:
    """Return what a route's decorator is told that takes bytes of some kinds and answers lines."""
    told = documented()
    told["responses"][HTTPStatus.OK.value]["content"] = {
        NDJSON: {"schema": schema_of(gives)},
    }
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in takes}
    told["openapi_extra"] = {"requestBody": {"required": True, "content": content}}
    return told
