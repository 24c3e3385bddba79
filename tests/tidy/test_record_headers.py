"""Headers of a record are asked for in one place: asked twice, a bad name ends the process."""

from __future__ import annotations

import ast
from typing import Final

from tests.tidy import sources
from tests.tidy.sources import Source, assert_tidy

ASKED_IN: Final = "services/creditbus/runtime/kafka/arrivals.py"


def asked_elsewhere(source: Source) -> list[str]:
    """Complain about a call that asks a record of the client library for its headers."""
    if source.path == ASKED_IN or "confluent_kafka" not in source.text:
        return []
    return [
        source.at(node.lineno, "headers(): ask headers_or_none, once")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "headers"
    ]


def test_headers_are_asked_for_in_one_place() -> None:
    assert 'methodcaller("headers")' in next(
        each.text for each in sources.python() if each.path == ASKED_IN
    )
    assert_tidy(wrong for source in sources.python() for wrong in asked_elsewhere(source))


def test_another_place_is_caught() -> None:
    asking = "from confluent_kafka import Message\nfound = message.headers()\n"
    assert len(asked_elsewhere(Source("a.py", asking))) == 1
    assert asked_elsewhere(Source(ASKED_IN, asking)) == []
