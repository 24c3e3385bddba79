"""Whoever logs in to the brokers does it in one of few ways, each of which knows of TLS.

A sixth spelling would speak in the clear to brokers that show certificates, and nobody would see it
on a bus without them.
"""

from __future__ import annotations

import ast
from typing import Final

import pytest

from tests.tidy import sources
from tests.tidy.sources import Source, assert_tidy

MADE_IN: Final = {
    "AdminClient": {
        "services/creditbus/engine/connection.py",
        "services/creditbus/stack/principals.py",
    },
    "sasl.password": {
        "services/creditbus/runtime/process.py",
        "services/creditbus/sdk/links.py",
        "services/creditbus/stack/principals.py",
    },
}
"""What is made or named in these files alone."""


def spelt_anew(source: Source) -> list[str]:
    """Complain about an admin, or a password for one, that is not made where TLS is known."""
    complaints = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            named = getattr(node.func, "id", getattr(node.func, "attr", ""))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            named = node.value
        else:
            continue
        if source.path not in MADE_IN.get(named, {source.path}):
            complaints.append(source.at(node.lineno, f"{named}: creditbus.stack.principals"))
    return complaints


def test_nobody_logs_in_to_the_brokers_in_a_way_of_their_own() -> None:
    shipped = sources.package()
    assert {path for paths in MADE_IN.values() for path in paths} <= {each.path for each in shipped}
    assert_tidy(wrong for source in shipped for wrong in spelt_anew(source))


@pytest.mark.parametrize(
    "text", ["AdminClient({})", "admin.AdminClient(x)", "login = {'sasl.password': 'secret'}"]
)
def test_a_way_of_ones_own_is_caught(text: str) -> None:
    assert len(spelt_anew(Source("services/creditbus/stack/a.py", f"{text}\n"))) == 1
