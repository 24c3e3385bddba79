"""Every module says what it is for, and every public name of the domain says what it means."""

from __future__ import annotations

import ast
import re
from typing import Final, TypeAlias

from tests.tidy import sources
from tests.tidy.sources import Source, assert_tidy

SERVICES: Final = (
    *("gateway", "intake", "listing", "dispatch", "delivery", "exposure"),
    *("views", "clock", "query", "feed", "console", "audit"),
)
SERVICE_FORM: Final = re.compile(r"\bReads .+?\. Writes .+?\. Promises .+\.", re.DOTALL)
COLUMNS: Final = re.compile(r"^\s*(Args|Arguments|Returns|Raises|Parameters):\s*$", re.MULTILINE)

Named: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def missing_module_docstring(source: Source) -> list[str]:
    """Complain about a module that does not say what it is for."""
    if not source.text.strip() or ast.get_docstring(source.tree):
        return []
    return [source.at(1, "begin with one sentence that says what the module is for")]


def undocumented_names(source: Source) -> list[str]:
    """Complain about public classes, functions and methods that say nothing."""
    return [
        source.at(node.lineno, f"{node.name} has no docstring")
        for node in _public(source.tree)
        if ast.get_docstring(node) is None and not _is_overload(node)
    ]


def _is_overload(node: Named) -> bool:
    """Whether it only tells the types of the function that follows."""
    return any(isinstance(each, ast.Name) and each.id == "overload" for each in node.decorator_list)


def docstring_columns(source: Source) -> list[str]:
    """Complain about docstrings that list parameters instead of telling what is meant."""
    return [
        source.at(node.lineno, f"{node.name} lists its parameters; say what they mean instead")
        for node in ast.walk(source.tree)
        if isinstance(node, Named) and COLUMNS.search(ast.get_docstring(node) or "")
    ]


def service_form(source: Source) -> list[str]:
    """Complain about a service that does not say what it reads, writes and promises."""
    told = " ".join((ast.get_docstring(source.tree) or "").split())
    if SERVICE_FORM.search(told):
        return []
    return [source.at(1, "say: Reads ... Writes ... Promises ..., in this order")]


def _public(tree: ast.Module | ast.ClassDef) -> list[Named]:
    found: list[Named] = []
    for node in tree.body:
        if isinstance(node, Named) and not node.name.startswith("_"):
            found.append(node)
            if isinstance(node, ast.ClassDef):
                found.extend(_public(node))
    return found


def test_modules_say_what_they_are_for() -> None:
    every = sources.python()
    assert_tidy(wrong for source in every for wrong in missing_module_docstring(source))


def test_the_domain_is_documented() -> None:
    domain = [source for source in sources.package() if source.name.startswith("creditbus.domain")]
    assert domain
    assert_tidy(wrong for source in domain for wrong in undocumented_names(source))


def test_docstrings_tell_instead_of_listing() -> None:
    assert_tidy(wrong for source in sources.python() for wrong in docstring_columns(source))


def test_services_say_what_they_read_write_and_promise() -> None:
    found = [
        source
        for source in sources.package()
        if source.path.endswith("/__init__.py") and source.name.split(".")[-1] in SERVICES
    ]
    assert len(found) == len(SERVICES)
    assert_tidy(wrong for source in found for wrong in service_form(source))


def test_missing_module_docstring_is_caught() -> None:
    assert missing_module_docstring(Source("a.py", '"""Entries."""\n')) == []
    assert missing_module_docstring(Source("a.py", "x = 1\n")) == [
        "a.py:1: begin with one sentence that says what the module is for"
    ]


def test_undocumented_name_is_caught() -> None:
    text = 'class Entry:\n    """An entry."""\n    def end(self): ...\n    def _x(self): ...\n'
    assert undocumented_names(Source("a.py", text)) == ["a.py:3: end has no docstring"]


def test_docstring_columns_are_caught() -> None:
    text = 'def end(entry):\n    """End it.\n\n    Args:\n        entry: The entry.\n    """\n'
    assert docstring_columns(Source("a.py", text)) == [
        "a.py:1: end lists its parameters; say what they mean instead"
    ]


def test_service_without_a_promise_is_caught() -> None:
    assert service_form(Source("a.py", '"""X.\n\nReads a.\nWrites b. Promises c.\n"""')) == []
    assert service_form(Source("a.py", '"""X.\n\nReads a. Writes b.\n"""'))
