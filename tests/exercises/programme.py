"""The programme: every chapter of the exercises, in the order of the page about them."""

from __future__ import annotations

from tests.exercises import changes, losses, visitors
from tests.exercises.exercise import Chapter, Exercise

CHAPTERS: tuple[Chapter, ...] = (losses.CHAPTER, visitors.CHAPTER, changes.CHAPTER)
EXERCISES: tuple[Exercise, ...] = tuple(
    exercise for chapter in CHAPTERS for exercise in chapter.exercises
)
