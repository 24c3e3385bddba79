"""One word for one thing: the glossary's banned synonyms, abbreviations and empty names.

Banned in identifiers is what a glossary row writes in backticks in its last column; the other words
there are for the reader, because they are right elsewhere.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Final

import pytest

from tests.tidy import sources
from tests.tidy.sources import Source, assert_tidy

PART: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z]|\d|$|_)|[A-Z]?[a-z]+|[A-Z]+")
ABBREVIATIONS: Final = frozenset({"cfg", "ctx", "evt", "msg", "svc"})
EMPTY_ENDINGS: Final = ("Handler", "Helper", "Manager", "Service", "Util", "Utils")
DRAWERS: Final = frozenset(
    {"base", "common", "helper", "helpers", "misc", "models", "util", "utils"}
)
NOUNS: Final = frozenset({"listing", "training"})  # a decision of an authority; a run of Java
ALIKE: Final = frozenset({"Receipt"})  # the gateway's and the publisher's: one thing, two doors
NONE: Final = re.compile(r"(or |, |: |; )none\b")
LEFT_OVER: Final = re.compile(r"\b(" + "TO" + "DO|FIX" + "ME|XX" + "X)\\b")


def banned_synonyms(glossary: str) -> dict[str, str]:
    """Return each word banned in identifiers with the term to use instead."""
    banned: dict[str, str] = {}
    for line in glossary.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| **") and len(cells) == 4:
            term = cells[0].split("**")[1]
            banned |= dict.fromkeys(re.findall(r"`([a-z]+)`", cells[3]), term)
    return banned


def identifiers(source: Source) -> list[tuple[int, str]]:
    """Return the names that the file itself gives; those of libraries are not ours to choose."""
    found = [(1, PurePosixPath(source.path).stem)]
    for node in ast.walk(source.tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                found.append((node.lineno, node.name))
            case ast.arg():
                found.append((node.lineno, node.arg))
            case ast.Name(ctx=ast.Store()):
                found.append((node.lineno, node.id))
            case ast.Attribute(ctx=ast.Store()):
                found.append((node.lineno, node.attr))
            case _:
                pass
    return found


def wrong_words(source: Source, banned: dict[str, str]) -> list[str]:
    """Complain about identifiers with a banned word as a part."""
    return [
        source.at(line, f"{name}: say {banned[part]} instead of {part}")
        for line, name in identifiers(source)
        for part in (part.lower() for part in PART.findall(name))
        if part in banned
    ]


def abbreviations(source: Source) -> list[str]:
    """Complain about shortened words; id, http, url, ttl and utc are words."""
    return [
        source.at(line, f"{name}: write {part} out")
        for line, name in identifiers(source)
        for part in (part.lower() for part in PART.findall(name))
        if part in ABBREVIATIONS
    ]


def empty_names(source: Source) -> list[str]:
    """Complain about class names that end in a word without a meaning."""
    return [
        source.at(node.lineno, f"{node.name}: name what it is")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and node.name.endswith(EMPTY_ENDINGS)
    ]


def drawers(source: Source) -> list[str]:
    """Complain about modules and packages that are drawers: a module is a noun."""
    return [
        source.at(1, f"{part}: a module is a noun, no drawer")
        for part in PurePosixPath(source.path).with_suffix("").parts
        if part in DRAWERS
    ]


def doings(source: Source) -> list[str]:
    """Complain about a module or package that is named after a doing, not after what it holds."""
    return [
        source.at(1, f"{part}: a module is a noun, such as submissions for submitting")
        for part in PurePosixPath(source.path).with_suffix("").parts
        if part.endswith("ing") and part not in NOUNS
    ]


def shared_names(modules: Iterable[Source]) -> list[str]:
    """Complain about a class that is named like one of another module: a search finds both.

    What begins with an underscore is found in its own file alone.
    """
    places: dict[str, list[tuple[Source, int]]] = {}
    for source in modules:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append((source, node.lineno))
    return [
        source.at(line, f"{name}: another module has a class of this name; say which it is")
        for name, found in places.items()
        if name not in ALIKE and len({source.path for source, _ in found}) > 1
        for source, line in found
    ]


def told(source: Source) -> list[str]:
    """Complain about a docstring that tells where a function returns, or writes None as a word."""
    found = []
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        said = ast.get_docstring(node) or ""
        if said.startswith("Tell "):
            found.append(source.at(node.lineno, f"{node.name}: say what it returns, not tells"))
        may_be_none = node.returns is not None and ast.unparse(node.returns).endswith("| None")
        if may_be_none and NONE.search(said):
            found.append(source.at(node.lineno, f"{node.name}: write None, as Python does"))
    return found


def left_over(source: Source) -> list[str]:
    """Complain about notes to oneself."""
    return [
        source.at(number, f"{found.group()} is an issue or nothing")
        for number, line in enumerate(source.lines, start=1)
        if (found := LEFT_OVER.search(line))
    ]


def test_identifiers_use_the_words_of_the_glossary() -> None:
    banned = banned_synonyms((sources.ROOT / "docs/glossary.md").read_text(encoding="utf-8"))
    assert {"ack", "blacklist"} <= banned.keys()
    assert_tidy(wrong for source in sources.python() for wrong in wrong_words(source, banned))


def test_words_are_written_out() -> None:
    assert_tidy(wrong for source in sources.python() for wrong in abbreviations(source))


def test_classes_are_named_after_what_they_are() -> None:
    assert_tidy(wrong for source in sources.package() for wrong in empty_names(source))


def test_modules_are_nouns() -> None:
    assert_tidy(wrong for source in sources.python() for wrong in drawers(source))


def test_shipped_modules_are_named_after_what_they_hold() -> None:
    assert_tidy(wrong for source in sources.package() for wrong in doings(source))


def test_a_class_name_names_one_thing() -> None:
    assert_tidy(shared_names(sources.package()))


def test_docstrings_say_what_is_returned() -> None:
    assert_tidy(wrong for source in sources.package() for wrong in told(source))


def test_nothing_is_left_over() -> None:
    written = [source for source in sources.texts() if not source.path.endswith(".lock")]
    assert_tidy(wrong for source in written for wrong in left_over(source))


def test_glossary_row_bans_what_stands_in_backticks() -> None:
    row = "| **acknowledgement** 回执 | the answer | `Acknowledgement` | `ack`, receipt |"
    assert banned_synonyms(row) == {"ack": "acknowledgement"}


@pytest.mark.parametrize(
    "text", ["ack = 1", "def send_ack(): ...", "class AckReader: ...", "def f(lastAck): ..."]
)
def test_banned_synonym_is_caught(text: str) -> None:
    assert wrong_words(Source("a.py", text), {"ack": "acknowledgement"})


@pytest.mark.parametrize("text", ["back = 1", "producer(acks='all', ack=1)", "acknowledged = 1"])
def test_other_words_and_names_of_libraries_are_free(text: str) -> None:
    assert wrong_words(Source("a.py", text), {"ack": "acknowledgement"}) == []


def test_abbreviation_is_caught() -> None:
    assert abbreviations(Source("a.py", "def f(msg): ...")) == ["a.py:1: msg: write msg out"]


def test_empty_name_is_caught() -> None:
    assert empty_names(Source("a.py", "class EntryManager: ...")) == [
        "a.py:1: EntryManager: name what it is"
    ]


@pytest.mark.parametrize("path", ["services/creditbus/utils/x.py", "tests/unit/helpers.py"])
def test_drawer_is_caught(path: str) -> None:
    assert drawers(Source(path, ""))


@pytest.mark.parametrize(
    "path", ["services/creditbus/cli/submitting.py", "services/creditbus/storing/app.py"]
)
def test_doing_is_caught(path: str) -> None:
    assert doings(Source(path, ""))


def test_listing_is_a_thing() -> None:
    assert doings(Source("services/creditbus/listing/app.py", "")) == []


def test_name_of_two_classes_is_caught() -> None:
    twins = [Source(path, "class Row: ...\nclass _Own: ...") for path in ("a.py", "b.py")]
    assert len(shared_names(twins)) == 2
    assert shared_names(twins[:1]) == []


@pytest.mark.parametrize(
    ("said", "returned"),
    [("Tell whether it is.", "bool"), ("Return it, or none.", "int | None")],
)
def test_telling_docstring_is_caught(said: str, returned: str) -> None:
    assert told(Source("a.py", f'def f() -> {returned}:\n    """{said}"""\n'))


def test_none_of_a_sequence_is_a_word() -> None:
    assert told(Source("a.py", 'def f() -> list[int]:\n    """Return all, or none."""\n')) == []


def test_left_over_note_is_caught() -> None:
    assert left_over(Source("a.py", "x = 1\n# " + "TO" + "DO later\n")) == [
        "a.py:2: " + "TO" + "DO is an issue or nothing"
    ]
