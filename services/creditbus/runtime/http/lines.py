"""Lines: an answer that is a JSON value a line (NDJSON), told while it is being made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi.responses import Response, StreamingResponse

from creditbus.runtime.http.languages import Language, language_headers
from creditbus.runtime.http.server import documented, schema_of

NDJSON: Final = "application/x-ndjson"


async def streamed(lines: AsyncIterator[bytes], language: Language) -> Response:
    """Return an answer of lines; what is raised before the first of them is told as a problem."""
    first = await anext(lines, b"")

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for line in lines:
            yield line

    return StreamingResponse(
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
