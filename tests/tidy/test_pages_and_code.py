"""What pages say of the code is there: cited laws, the tests behind each law, the glossary's names.

A page that cites what does not exist is believed once and never again.
"""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from collections.abc import Iterable
from typing import Final

import pytest

from creditbus.stack.services import HOSTED, SLICED
from tests.tidy import sources
from tests.tidy.sources import Source, assert_tidy

LAWS: Final = "docs/laws.md"
GLOSSARY: Final = "docs/glossary.md"
README: Final = "README.md"
ARCHITECTURE: Final = "docs/architecture.md"
LAW: Final = re.compile(r"^(\d+)\. ", re.MULTILINE)
CITED: Final = re.compile(r"\b[Ll]aws? (\d+)\b")
TEST_LINK: Final = re.compile(r"\]\(\.\./(tests/[^)#]+)\)")
CODE: Final = re.compile(r"`([\w.]+)`")
CAMEL: Final = re.compile(r"[A-Z]\w*[a-z]\w*")


def laws(page: Source) -> dict[int, str]:
    """Return the text of each numbered law."""
    parts = LAW.split(page.text)
    return {int(number): text for number, text in zip(parts[1::2], parts[2::2], strict=True)}


def unknown_laws(source: Source, known: Iterable[int]) -> list[str]:
    """Complain about a cited law that the page of laws does not have."""
    numbers = set(known)
    return [
        source.at(line, f"{found.group()} is not in {LAWS}")
        for line, text in enumerate(source.lines, start=1)
        for found in CITED.finditer(text)
        if int(found.group(1)) not in numbers
    ]


def untested_laws(page: Source, files: frozenset[str]) -> list[str]:
    """Complain about a law without a test, and about a test file that is not there."""
    complaints = []
    for number, text in laws(page).items():
        tests = TEST_LINK.findall(text)
        if not tests:
            complaints.append(f"{page.path}: law {number} names no test")
        complaints += [f"{page.path}: there is no {name}" for name in tests if name not in files]
    return complaints


def names(source: Source) -> set[str]:
    """Return the classes, new types and members of enums that a module declares."""
    found: set[str] = set()
    for node in ast.walk(source.tree):
        match node:
            case ast.ClassDef(name=name, body=body):
                found.add(name)
                members = (target for each in body for target in _targets(each))
                found |= {f"{name}.{member}" for member in members}
            case ast.Assign(value=ast.Call(func=ast.Name(id="NewType"))):
                found |= set(_targets(node))
            case ast.Assign(value=ast.BinOp(op=ast.BitOr())):  # a union, such as Event
                found |= set(_targets(node))
            case _:
                pass
    return found


def _targets(node: ast.stmt) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def invented(glossary: Source, known: set[str]) -> list[str]:
    """Complain about a name of the column "in code" that no shipped module declares."""
    complaints = []
    for number, line in enumerate(glossary.lines, start=1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("| **") or len(cells) != 4:
            continue
        for name in CODE.findall(cells[2]):
            parts = name.split(".")
            while parts and not parts[0][0].isupper():  # the module that a name is qualified with
                parts.pop(0)
            short = ".".join(parts)
            if parts and CAMEL.match(parts[0]) and short not in known:
                complaints.append(glossary.at(number, f"{name} is not in the code"))
    return complaints


def _page(path: str) -> Source:
    [found] = [source for source in sources.documents() if source.path == path]
    return found


def test_there_are_ten_laws() -> None:
    assert list(laws(_page(LAWS))) == list(range(1, 11))


def test_every_cited_law_is_on_its_page() -> None:
    known = laws(_page(LAWS))
    places = ("services/", "docs/", "tests/integration/", "tests/property/")
    cited = [source for source in sources.texts() if source.path.startswith(places)]
    assert any(CITED.search(source.text) for source in cited)
    assert_tidy(wrong for source in cited for wrong in unknown_laws(source, known))


def test_every_law_has_a_test_that_is_there() -> None:
    files = frozenset(source.path for source in sources.python())
    assert_tidy(untested_laws(_page(LAWS), files))


def test_every_name_of_the_glossary_is_in_the_code() -> None:
    known = {name for source in sources.package() for name in names(source)}
    assert_tidy(invented(_page(GLOSSARY), known))


def test_unknown_law_is_caught() -> None:
    source = Source("a.py", '"""Told\n(law 11), by law 6."""')
    assert unknown_laws(source, [6]) == [f"a.py:2: law 11 is not in {LAWS}"]


def test_law_without_a_living_test_is_caught() -> None:
    text = "# Laws\n\n1. One.\n   [x](../tests/a.py)\n2. Two.\n3. [x](../tests/b.py)\n"
    page = Source(LAWS, text)
    assert untested_laws(page, frozenset({"tests/a.py"})) == [
        f"{LAWS}: law 2 names no test",
        f"{LAWS}: there is no tests/b.py",
    ]


def test_names_are_classes_new_types_unions_and_members() -> None:
    text = "Id = NewType('Id', str)\nEvent = A | B\nX = 1\nclass Lane(StrEnum):\n    LIFT = 'l'\n"
    assert names(Source("a.py", text)) == {"Id", "Event", "Lane", "Lane.LIFT"}


@pytest.mark.parametrize("cell", ["`Alias`", "`Entry`, `Alias`", "`Lane.SLOW`", "`a.b.Alias`"])
def test_invented_name_is_caught(cell: str) -> None:
    row = Source(GLOSSARY, f"| **term** | what | {cell} | other |")
    assert len(invented(row, {"Entry", "Lane", "Lane.LIFT"})) == 1


@pytest.mark.parametrize("cell", ["", "`Entry`", "`Lane.LIFT`", "`ends_on`", "`a.b.Entry`"])
def test_declared_name_or_field_or_empty_cell_is_left_alone(cell: str) -> None:
    row = Source(GLOSSARY, f"| **term** | what | {cell} | other |")
    assert invented(row, {"Entry", "Lane", "Lane.LIFT"}) == []


def held(page: Source) -> dict[str, list[str]]:
    """Return the tables that each row of the table of services names in its last column."""
    rows = [line.strip("| ").split(" | ") for line in page.lines if line.startswith("| ")]
    return {row[0]: CODE.findall(row[-1]) for row in rows if row[0] in HOSTED}


def test_every_service_is_told_with_all_tables_that_it_holds() -> None:
    [page] = [source for source in sources.documents() if source.path == README]
    keeping = [name for name in SLICED if name != "intake"]
    tables = {
        name: [table.name for table in importlib.import_module(f"creditbus.{name}.decide").TABLES]
        for name in keeping
    }
    assert held(page) == {name: tables.get(name, []) for name in HOSTED}


def floors() -> dict[str, set[str]]:
    """Return, of each package with floors, what stands on them by the contracts."""
    project = tomllib.loads((sources.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {
        package: set(re.findall(r"\w+", " ".join(contract["layers"])))
        for contract in project["tool"]["importlinter"]["contracts"]
        for package in contract.get("containers", ())
    }


def untold_floors(package: str, told: str, page: Source) -> list[str]:
    """Complain about what stands on a floor and is not told of, by the package or by the page."""
    named = set(CODE.findall(page.text))
    return [
        f"{where} does not tell of {package}.{name}"
        for where, known in ((package, set(re.findall(r"\w+", told))), (page.path, named))
        for name in sorted(floors()[package] - known)
    ]


@pytest.mark.parametrize("package", ["creditbus.domain", "creditbus.runtime"])
def test_all_that_stands_on_a_floor_is_told_of(package: str) -> None:
    told = str(importlib.import_module(package).__doc__)
    assert untold_floors(package, told, _page(ARCHITECTURE)) == []
    assert len(untold_floors(package, "", Source(ARCHITECTURE, ""))) == 2 * len(floors()[package])


def test_every_package_is_on_the_page_of_the_architecture() -> None:
    assert floors()["creditbus"] - set(CODE.findall(_page(ARCHITECTURE).text)) == set()
