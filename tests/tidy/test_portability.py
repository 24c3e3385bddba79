"""The project is bound to no machine, no package registry and no mode that drops assertions.

The patterns are written so that they do not find themselves.
"""

from __future__ import annotations

import re
from typing import Final

import pytest

from tests.tidy import sources
from tests.tidy.sources import Source, assert_tidy

PATTERNS: Final[dict[str, re.Pattern[str]]] = {
    "names a package registry": re.compile(
        r"pypi\.(org|python)|pythonhosted\.org|--[f]ind[-_]links"
        r"|repo1?\.maven|registry\.npmjs|proxy\.golang|[a]rtifactory|[j]frog"
    ),
    "sets a package registry": re.compile(r"(extra[-_])?[i]ndex[-_]url\b"),
    "names a folder of one machine": re.compile(r"(?<![\w.\-/$}])/(work|root|home|Users)/\w"),
    "drops assertions": re.compile(r"PYTHON[O]PTIMIZE|\bpython[\d.]*\s+(-\w+\s+)*-[O]{1,2}\b"),
}
LOCKS: Final = ("requirements.lock", "requirements-dev.lock")
READ_PIP: Final = ("deploy/setup/environment.py", "tests/unit/setup/test_environment.py")
"""Where pip's settings are read, and so named; an address may not stand there either."""

FOREIGN_LOCKS: Final = ("uv.lock", "pylock.toml", "poetry.lock", "Pipfile.lock")


def bound(source: Source) -> list[str]:
    """Complain about lines that tie the project to a machine, a registry or a mode."""
    return [
        source.at(number, f"{what}: {found.group()}")
        for number, line in enumerate(source.lines, start=1)
        for what, pattern in PATTERNS.items()
        if (found := pattern.search(line))
        and not (source.path in READ_PIP and what == "sets a package registry")
    ]


def loose_lock(lock: Source) -> list[str]:
    """Complain about a lock that holds more than pinned names, or a name without hashes."""
    complaints = []
    entries = re.split(r"\n(?=\S)", lock.text.strip())
    for entry in entries:
        if not re.match(r"[a-z0-9][a-z0-9.\-_]*(\[[^\]]+\])?==", entry):
            complaints.append(f"{lock.path}: {entry.splitlines()[0]} is no pinned name")
        elif "--hash=sha256:" not in entry:
            complaints.append(f"{lock.path}: {entry.splitlines()[0]} has no hash")
    return complaints


def test_the_project_is_bound_to_nothing() -> None:
    assert_tidy(wrong for source in sources.texts() for wrong in bound(source))


def test_the_lock_holds_pinned_names_and_hashes_only() -> None:
    locks = [source for source in sources.texts() if source.path in LOCKS]
    assert len(locks) == len(LOCKS)
    assert_tidy(wrong for lock in locks for wrong in loose_lock(lock))


def test_running_needs_nothing_that_tests_do_not_have() -> None:
    running, whole = (set((sources.ROOT / name).read_text().splitlines()) for name in LOCKS)
    assert running < whole


def test_there_is_no_other_lock() -> None:
    assert [name for name in FOREIGN_LOCKS if (sources.ROOT / name).exists()] == []


@pytest.mark.parametrize(
    "line",
    [
        "see https://pypi" + ".org/project/faust",
        "--index" + "-url https://example.com/simple",
        "index_" + "url = anything",
        "cp /" + "root/creditbus/data .",
        "DATA = '/" + "home/somebody/creditbus'",
        "ENV PYTHON" + "OPTIMIZE=1",
        "python3 " + "-O -m creditbus",
        "python -X dev".replace("-X dev", "-I -O" + "O") + " -m creditbus",
    ],
)
def test_bound_line_is_caught(line: str) -> None:
    assert bound(Source("a.txt", line))


@pytest.mark.parametrize(
    "line", ["COPY . /app/schemas", "GET /v1/home/page", "curl -O file", "python -m creditbus -o x"]
)
def test_free_line_is_left_alone(line: str) -> None:
    assert bound(Source("a.txt", line)) == []


def test_loose_lock_is_caught() -> None:
    good = "anyio==4.1 \\\n    --hash=sha256:00\n"
    assert loose_lock(Source("requirements.lock", good)) == []
    assert loose_lock(Source("requirements.lock", "--find" + "-links here\n" + good))
    assert loose_lock(Source("requirements.lock", "anyio==4.1\n" + good))
    assert loose_lock(Source("requirements.lock", "anyio>=4.1 \\\n    --hash=sha256:00\n"))
