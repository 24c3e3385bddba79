"""Parameters: a question with one that nobody knows is told so, as a body with such a field is.

A misspelt ``dry_run`` that is passed over would send what its sender wanted to try.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from fastapi import FastAPI, Request

from creditbus.runtime.http.problems import Invalid

PARAMETER_UNKNOWN: Final = "PARAMETER_UNKNOWN"


async def only_known_parameters(asked: Request) -> None:
    """Raise ``Invalid`` for a query's parameter that the route's document does not name."""
    route = asked.scope.get("route")
    known = _known(asked.app, getattr(route, "path_format", ""), asked.method.lower())
    if known is None:
        return
    for name in asked.query_params:
        if name not in known:
            there_are = ", ".join(sorted(known)) or "none here"
            detail = f"there is no parameter {name[:100]!r}; there are: {there_are}"
            raise Invalid(PARAMETER_UNKNOWN, name[:100], detail)


@lru_cache(maxsize=256)
def _known(app: FastAPI, path: str, method: str) -> frozenset[str] | None:
    operation = app.openapi()["paths"].get(path, {}).get(method)
    if operation is None:
        return None
    asked = operation.get("parameters", ())
    return frozenset(each["name"] for each in asked if each["in"] == "query")
