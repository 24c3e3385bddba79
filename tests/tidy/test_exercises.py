"""Every runbook is played, and every line that is typed stands in the runbook."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator

from tests.exercises.exercise import Exercise, sections
from tests.exercises.programme import EXERCISES
from tests.tidy.sources import assert_tidy


def typed(exercise: Exercise) -> Iterator[str]:
    """Yield the lines that an exercise types, as far as they are written out."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(exercise.script)))
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="press"), args=[ast.Constant(value=str(line))]):
                yield line
            case _:
                pass


def unwritten(exercise: Exercise, told: dict[str, str]) -> list[str]:
    """Complain about an exercise without a runbook, and about lines that its runbook lacks."""
    section = told.get(exercise.runbook)
    if section is None:
        return [f"{exercise.name}: there is no section {exercise.runbook} in docs/runbooks.md"]
    return [
        f"{exercise.name}: {exercise.runbook} does not say: {line}"
        for line in typed(exercise)
        if line not in section
    ]


def test_what_is_typed_stands_in_the_runbook() -> None:
    assert_tidy(wrong for exercise in EXERCISES for wrong in unwritten(exercise, sections()))


def test_every_runbook_is_played() -> None:
    assert {exercise.runbook for exercise in EXERCISES} == set(sections())


def test_a_line_that_the_runbook_lacks_is_caught() -> None:
    (lost,) = [each for each in EXERCISES if each.name == "redis-is-lost"]
    assert list(typed(lost))
    assert unwritten(lost, {})
    assert len(unwritten(lost, {lost.runbook: "kill -9 PID"})) == len(list(typed(lost))) - 1
