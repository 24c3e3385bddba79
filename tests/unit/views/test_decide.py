"""When Redis must be caught up, and when it may be called complete."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from creditbus.views.decide import Place, is_behind, is_outdated
from creditbus.views.sightings import Sightings

ONE, TWO = ("standings", 0), ("standings", 1)
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.mark.parametrize(
    ("stored", "known", "is_begun", "expected"),
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
    stored: dict[Place, int], known: dict[Place, int], *, is_begun: bool, expected: bool
) -> None:
    assert is_behind(stored, known, is_begun=is_begun) is expected


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(0), False),
        (WEEK / 2, False),
        (WEEK / 2 + timedelta(milliseconds=1), True),
        (-timedelta(milliseconds=1), True),
        (None, True),
    ],
)
def test_redis_is_outdated_when_deletions_may_have_gone_unseen(
    age: timedelta | None, *, expected: bool
) -> None:
    caught_up_at = NOW - age if age is not None else None
    assert is_outdated(caught_up_at, NOW, WEEK) is expected


def seen(*ends: dict[Place, int]) -> Sightings:
    """Return looks at the instants 0, 2, 4, and so on."""
    sightings = Sightings(3)
    for number, each in enumerate(ends):
        sightings.see(number * 2, each)
    return sightings


@pytest.mark.parametrize(
    ("ends", "handled", "expected"),
    [
        ([], {ONE: 5}, None),
        ([{ONE: 5}], {ONE: 5}, 0),
        ([{ONE: 5}], {ONE: 4}, None),
        ([{ONE: 5, TWO: 1}], {ONE: 5}, None),
        ([{ONE: 5, TWO: 0}], {ONE: 5}, 0),
        ([{ONE: 5}, {ONE: 5}, {ONE: 5}], {ONE: 5}, 4),
        # A busy bus: the newest end is not reached, what lay there before is.
        ([{ONE: 5}, {ONE: 50}, {ONE: 500}], {ONE: 60}, 2),
        # Each place has reached an end, but not those of one and the same instant.
        ([{ONE: 5, TWO: 5}, {ONE: 6, TWO: 6}], {ONE: 6, TWO: 5}, 0),
        # Asleep: only an end of too long ago was reached, and that look is gone.
        ([{ONE: 5}, {ONE: 6}, {ONE: 6}, {ONE: 6}], {ONE: 5}, None),
    ],
)
def test_the_lease_runs_from_the_latest_look_whose_ends_are_handled(
    ends: list[dict[Place, int]], handled: dict[Place, int], expected: int | None
) -> None:
    assert seen(*ends).reached(handled) == expected


def test_what_is_missing_is_told_by_the_latest_look() -> None:
    sightings = seen({ONE: 9}, {ONE: 5, TWO: 6})
    assert sightings.missing({ONE: 5, TWO: 5}) == [TWO]
    assert sightings.missing({ONE: 5, TWO: 6}) == []
    assert seen().missing({ONE: 0}) == []


def test_what_one_lease_is_about_waits_for_nothing_else() -> None:
    sightings = seen({ONE: 5, ("directives", 0): 9}, {ONE: 6, ("directives", 0): 5000})
    handled = {ONE: 6, ("directives", 0): 8}
    assert sightings.reached(handled) is None
    assert sightings.reached(handled, {"standings"}) == 2
    assert sightings.reached(handled, {"directives"}) is None
