"""Which functions of the package read which field of the catalogue, as the type checker sees it.

A name alone does not say whose field is read: half the rows have a ``bases`` or an ``enabled``. So
mypy is asked, without the libraries, which takes some seconds.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import mypy.build
from mypy.find_sources import create_source_list
from mypy.options import Options
from mypy.plugin import AttributeContext, Plugin
from mypy.types import Instance, ProperType, Type, TypeVarType, UnionType, get_proper_type

from tests.tidy import sources

PACKAGE: Final = "services/creditbus"
_LAW: Final = "creditbus.domain."

PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "Basis": ("basis.",),
    "ListDefinition": ("list.",),
    "ForUnit": ("list.for_unit.",),
    "Term": ("list.tiers.", "list.grounds.term."),
    "Provision": ("list.grounds.",),
    "MeasureDefinition": ("measure.",),
    "Trigger": ("measure.triggers.",),
    "ServiceItem": ("item.",),
    "Source": ("source.",),
    "ExecutingBody": ("body.",),
    "Subscriber": ("subscriber.",),
    "Power": ("power.",),
    "Grant": ("power.lists.",),
    "TermClause": ("term.",),
    "Timer": ("timer.",),
    "Clause": ("term.", "timer."),
    "Length": ("term.length.", "timer.length."),
    "Row": tuple(
        f"{part}."
        for part in ("basis", "list", "measure", "item", "source", "body", "subscriber", "power")
    ),
}
"""Where the fields of each struct stand in a catalogue."""

_NOBODY: Final = ("domain.law.differences", "bench.", "demo.", "stack.")
"""They pass on whatever a row says, or play with it: nothing is decided there."""

_CHECKS: Final = (
    "domain.law.review",
    "domain.acts.power_review",
    "domain.entries.clock_review",
    "runtime.law.",
)
_TELLS: Final = (
    "domain.accounts.",
    "domain.law.explanations",
    "domain.terms.words",
    "console.",
    "cli.",
)


class Readers(dict[str, set[str]]):
    """The functions that read each field, by its path and by what they do with it."""

    def deciding(self, path: str) -> list[str]:
        """Return the functions in which something is decided by the field."""
        apart = (*_CHECKS, *_TELLS, *_NOBODY)
        return sorted(each for each in self.get(path, ()) if not each.startswith(apart))

    def telling(self, path: str) -> list[str]:
        """Return the functions that tell somebody what the field says."""
        return sorted(each for each in self.get(path, ()) if each.startswith(_TELLS))

    def checking(self, path: str) -> list[str]:
        """Return the functions for which a catalogue is not loaded that says something wrong."""
        return sorted(each for each in self.get(path, ()) if each.startswith(_CHECKS))


class _Reads(Plugin):
    """Notes each read of a field of one of the structs; changes no type."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.found: set[tuple[str, str, str, int]] = set()

    def get_attribute_hook(self, fullname: str) -> Callable[[AttributeContext], Type] | None:
        if not fullname.startswith(_LAW):
            return None

        def note(context: AttributeContext) -> Type:
            field, path = fullname.rpartition(".")[2], context.api.path
            for owner in _owners(get_proper_type(context.type)):
                self.found.add((owner, field, path, context.context.line))
            return context.default_attr_type

        return note


def _owners(kind: ProperType) -> Iterator[str]:
    match kind:
        case UnionType():
            for each in kind.items:
                yield from _owners(get_proper_type(each))
        case TypeVarType():
            yield from _owners(get_proper_type(kind.upper_bound))
        case Instance():
            yield kind.type.name


@cache
def readers() -> Readers:
    """Return who reads what, over the whole package."""
    found = Readers()
    for owner, field, path, line in _reads():
        for prefix in PARTS.get(owner, ()):
            function = _function(path, line)
            if function is not None:
                found.setdefault(f"{prefix}{field}", set()).add(function)
    return found


def _reads() -> set[tuple[str, str, str, int]]:
    options = Options()
    options.incremental = False
    options.python_version = (3, 11)
    options.mypy_path = [str(sources.ROOT / "services")]
    options.explicit_package_bases = True
    options.namespace_packages = True
    options.follow_imports = "skip"
    options.ignore_missing_imports = True
    plugin = _Reads(options)
    files = create_source_list([str(sources.ROOT / PACKAGE)], options)
    mypy.build.build(files, options, extra_plugins=[plugin])
    return plugin.found


def _function(path: str, line: int) -> str | None:
    """Return the function that a line is in, by its module; none for a class's own lines."""
    place = Path(path).resolve().relative_to(sources.ROOT / PACKAGE).with_suffix("")
    names: list[str] = []
    node: ast.AST = _tree(path)
    is_function = False
    while True:
        for each in ast.iter_child_nodes(node):
            if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and (
                each.lineno <= line <= (each.end_lineno or each.lineno)
            ):
                names.append(each.name)
                is_function = not isinstance(each, ast.ClassDef)
                node = each
                break
        else:
            return ".".join([*place.parts, *names]) if is_function or not names else None


@cache
def _tree(path: str) -> ast.Module:
    return ast.parse(Path(path).read_text(encoding="utf-8"))
