"""Files, functions and parameter lists stay small enough to be read in one go.

A limit is met by finding the missing noun, not by cutting in half.
"""

from __future__ import annotations

import ast
from pathlib import PurePosixPath
from typing import Final

from tests.tidy import sources
from tests.tidy.sources import Source, assert_tidy

FILE_LINES: Final = 400
TEST_FILE_LINES: Final = 600
APP_LINES: Final = 200
INIT_LINES: Final = 30
FUNCTION_LINES: Final = 50
PARAMETERS: Final = 6


def line_limit(path: str) -> int:
    """Return how many lines the file may have, by what it is for."""
    if path.startswith("tests/"):
        return TEST_FILE_LINES
    return {"app.py": APP_LINES, "__init__.py": INIT_LINES}.get(
        PurePosixPath(path).name, FILE_LINES
    )


def long_file(source: Source) -> list[str]:
    """Complain about a file with too many lines."""
    limit, count = line_limit(source.path), len(source.lines)
    return [source.at(limit, f"{count} lines, at most {limit}")] if count > limit else []


def long_functions(source: Source) -> list[str]:
    """Complain about functions with too many lines, the signature and docstring counted."""
    return [
        source.at(node.lineno, f"{node.name} has {lines} lines, at most {FUNCTION_LINES}")
        for node in _functions(source)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    ]


def many_parameters(source: Source) -> list[str]:
    """Complain about functions with too many parameters; the object itself is none."""
    complaints = []
    for node in _functions(source):
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        count = sum(1 for argument in every if argument.arg not in {"self", "cls"})
        if count > PARAMETERS:
            complaint = f"{node.name} takes {count} parameters, at most {PARAMETERS}"
            complaints.append(source.at(node.lineno, complaint))
    return complaints


def _functions(source: Source) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [
        node
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_files_are_short() -> None:
    assert_tidy(wrong for source in sources.python() for wrong in long_file(source))


def test_functions_are_short() -> None:
    assert_tidy(wrong for source in sources.python() for wrong in long_functions(source))


def test_functions_take_few_parameters() -> None:
    assert_tidy(wrong for source in sources.package() for wrong in many_parameters(source))


def test_long_file_is_caught() -> None:
    module = "services/creditbus/domain/entries/entry.py"
    assert long_file(Source(module, "x = 1\n" * 400)) == []
    assert long_file(Source(module, "x = 1\n" * 401)) == [f"{module}:400: 401 lines, at most 400"]
    assert long_file(Source("services/creditbus/listing/app.py", "x = 1\n" * 201))
    assert long_file(Source("services/creditbus/listing/__init__.py", "x = 1\n" * 31))
    assert long_file(Source("tests/unit/test_entries.py", "x = 1\n" * 600)) == []


def test_long_function_is_caught() -> None:
    body = "def settle():\n" + "    x = 1\n" * 49
    assert long_functions(Source("a.py", body)) == []
    assert long_functions(Source("a.py", "async " + body + "    x = 1\n")) == [
        "a.py:1: settle has 51 lines, at most 50"
    ]


def test_many_parameters_are_caught() -> None:
    assert many_parameters(Source("a.py", "def f(self, a, b, c, *, d, e, f): ...")) == []
    assert many_parameters(Source("a.py", "def f(a, b, c, *, d, e, f, g): ...")) == [
        "a.py:1: f takes 7 parameters, at most 6"
    ]
