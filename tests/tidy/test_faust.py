"""Faust stays where its faults are held off: no tables, and no agent but those under discipline.

Docs/agents.md tells the faults. The bench is free, because it measures stock Faust.
"""

from __future__ import annotations

import ast
from typing import Final

import pytest

from tests.tidy import sources
from tests.tidy.sources import Source, assert_tidy

DISCIPLINE: Final = "services/creditbus/sdk/agents.py"
FREE: Final = "services/creditbus/bench/"
TABLES: Final = frozenset({"Table", "GlobalTable", "SetTable", "SetGlobalTable"})
AGENTS: Final = frozenset({"agent", "Agent", "noack_take", "noack"})


def unsound(source: Source) -> list[str]:
    """Complain about calls of Faust that lose records."""
    if "import faust" not in source.text and "runtime.workers.apps" not in source.text:
        return []
    complaints = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            if name in TABLES:
                complaints.append(source.at(node.lineno, f"{name}: a Faust table loses outputs"))
            if name in AGENTS and source.path != DISCIPLINE:
                complaints.append(source.at(node.lineno, f"{name}: agents go through Agents"))
        if isinstance(node, ast.Constant) and node.value == "exactly_once":
            complaints.append(source.at(node.lineno, "exactly_once does not roll tables back"))
    return complaints


def test_faust_is_used_where_its_faults_are_held_off() -> None:
    shipped = [source for source in sources.package() if not source.path.startswith(FREE)]
    assert DISCIPLINE in {source.path for source in shipped}
    assert_tidy(wrong for source in shipped for wrong in unsound(source))


@pytest.mark.parametrize(
    "text",
    ["app.Table('x')", "app.agent(t)(f)", "faust.App('x', processing_guarantee='exactly_once')"],
)
def test_unsound_use_is_caught(text: str) -> None:
    assert len(unsound(Source("a.py", f"import faust\n{text}\n"))) == 1


def test_the_discipline_may_have_agents() -> None:
    assert unsound(Source(DISCIPLINE, "import faust\napp.agent(t)(f)\n")) == []
