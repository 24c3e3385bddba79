"""Documents have one title and lines that fit; decision records have all their parts."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final

import pytest

from tests.tidy import sources
from tests.tidy.sources import Source, assert_tidy

LINE: Final = 120
FENCE: Final = re.compile(r"^\s*(```|~~~)")
DECISION_NAME: Final = re.compile(r"^\d{4}-[a-z0-9-]+\.md$")
DECISION_PARTS: Final = (
    "Status",
    "Context",
    "Decision",
    "Consequences",
    "Rejected alternatives",
)


def prose(source: Source) -> list[tuple[int, str]]:
    """Return the numbered lines outside fenced blocks."""
    inside, kept = False, []
    for number, line in enumerate(source.lines, start=1):
        if FENCE.match(line):
            inside = not inside
        elif not inside:
            kept.append((number, line))
    return kept


def titles(source: Source) -> list[str]:
    """Complain unless the document has one title, and begins with it."""
    found = [number for number, line in prose(source) if line.startswith("# ")]
    if found == [1]:
        return []
    return [source.at(1, f"one title, in the first line; titles are in lines {found}")]


def long_lines(source: Source) -> list[str]:
    """Complain about prose that is too wide; tables and bare links may be."""
    return [
        source.at(number, f"{len(line)} columns, at most {LINE}")
        for number, line in prose(source)
        if len(line) > LINE
        and not line.lstrip().startswith("|")
        and not re.fullmatch(r"\s*(\[[^\]]+\]:\s*)?<?https?://\S+>?\s*", line)
    ]


def decision_parts(source: Source) -> list[str]:
    """Complain about a decision record that lacks a part, has others, or is misnamed."""
    found = tuple(line[3:].strip() for _, line in prose(source) if line.startswith("## "))
    complaints = []
    if found != DECISION_PARTS:
        complaints.append(source.at(1, f"the parts are {', '.join(DECISION_PARTS)}"))
    if not DECISION_NAME.match(PurePosixPath(source.path).name):
        complaints.append(source.at(1, "the name is four digits and the decision in short"))
    return complaints


def test_documents_have_one_title() -> None:
    assert sources.documents()
    assert_tidy(wrong for source in sources.documents() for wrong in titles(source))


def test_prose_fits_the_page() -> None:
    assert_tidy(wrong for source in sources.documents() for wrong in long_lines(source))


def test_decisions_have_all_their_parts_and_one_number_each() -> None:
    folder = "docs/decisions/"
    records = [source for source in sources.documents() if source.path.startswith(folder)]
    numbers = [PurePosixPath(source.path).name[:4] for source in records]
    assert numbers == [f"{number:04}" for number in range(len(records))]
    assert_tidy(wrong for source in records for wrong in decision_parts(source))


@pytest.mark.parametrize("text", ["no title\n", "# One\n\n# Two\n", "\n# Late\n"])
def test_missing_or_second_title_is_caught(text: str) -> None:
    assert titles(Source("a.md", text))


def test_title_in_a_fenced_block_is_none() -> None:
    assert titles(Source("a.md", "# One\n\n```sh\n# a comment\n```\n")) == []


def test_wide_prose_is_caught() -> None:
    wide = "word " * 30
    assert long_lines(Source("a.md", f"# A\n\n{wide}\n")) == ["a.md:3: 150 columns, at most 120"]
    assert long_lines(Source("a.md", f"| {wide} |\n```\n{wide}\n```\n")) == []


def test_incomplete_decision_is_caught() -> None:
    whole = "# A\n" + "".join(f"\n## {part}\n" for part in DECISION_PARTS)
    assert decision_parts(Source("docs/decisions/0002-a-b.md", whole)) == []
    assert decision_parts(Source("docs/decisions/0002-a-b.md", "# A\n\n## Status\n"))
    assert decision_parts(Source("docs/decisions/second.md", whole))
