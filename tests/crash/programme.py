"""The programme: every chapter of the crash tests, in the order of the page about them."""

from __future__ import annotations

from tests.crash import broker, groups, inboxes, kills, network, records, stores
from tests.crash.scenarios import Chapter, Scenario

CHAPTERS: tuple[Chapter, ...] = (
    kills.CHAPTER,
    groups.CHAPTER,
    broker.CHAPTER,
    network.CHAPTER,
    stores.CHAPTER,
    records.CHAPTER,
    inboxes.CHAPTER,
)
SCENARIOS: tuple[Scenario, ...] = tuple(
    scenario for chapter in CHAPTERS for scenario in chapter.scenarios
)
