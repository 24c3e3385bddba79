"""The programme: every chapter of the siege, in the order of the page about it."""

from __future__ import annotations

from tests.siege import bodies, doors, inboxes, operators, rights, servers
from tests.siege.blows import Blow, Chapter

CHAPTERS: tuple[Chapter, ...] = (
    inboxes.CHAPTER,
    doors.CHAPTER,
    bodies.CHAPTER,
    rights.CHAPTER,
    servers.CHAPTER,
    operators.CHAPTER,
)
BLOWS: tuple[Blow, ...] = tuple(blow for chapter in CHAPTERS for blow in chapter.blows)
