"""When Redis must be caught up: whenever it misses what it once held."""

from __future__ import annotations

import pytest

from creditbus.views.decide import Place, is_behind

ONE, TWO = ("standings", 0), ("standings", 1)


@pytest.mark.parametrize(
    ("stored", "known", "is_complete", "expected"),
    [
        ({ONE: 5}, {ONE: 5}, True, False),
        ({ONE: 6, TWO: 1}, {ONE: 5}, True, False),
        ({ONE: 5}, {ONE: 5}, False, True),
        ({ONE: 4}, {ONE: 5}, True, True),
        ({}, {ONE: 5}, True, True),
        ({}, {TWO: 0}, True, False),
        ({}, {}, True, False),
        ({}, {}, False, True),
    ],
)
def test_redis_is_behind_when_it_misses_what_it_held(
    stored: dict[Place, int], known: dict[Place, int], *, is_complete: bool, expected: bool
) -> None:
    assert is_behind(stored, known, is_complete=is_complete) is expected
