"""The verdict of a chain: the last word about what it is about, in one sentence."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from creditbus.cli.chains import ChainLink, verdict


def a_chain(*records: str) -> list[ChainLink]:
    at = datetime(2026, 11, 30, tzinfo=UTC)
    return [
        ChainLink(
            at=at, position=f"t/0/{n}", record=record, says=f"{record} {n}", names=frozenset()
        )
        for n, record in enumerate(records)
    ]


@pytest.mark.parametrize(
    ("records", "says"),
    [
        (["entry_listed"], "waits: nobody has decided"),
        (["entry_listed", "entry_listed", "refusal"], "refused: refusal 2"),
        (["unreadable", "dead_letter"], "could not be read: dead_letter 1"),
        (["entry_listed", "entry_listed", "duplicate"], "a duplicate: it was here before"),
        (["entry_removed", "taken"], "applied, and moves no standing: taken 1"),
        (["entry_listed", "standing"], "applied: standing 1"),
        (
            ["entry_listed", "standing", "directive", "acknowledgement"],
            "applied: standing 1; 1 directives, 1 acknowledgements",
        ),
        (["entry_listed", "standing", "entry_listed", "refusal"], "applied: standing 1"),
    ],
)
def test_the_last_word_is_told(records: list[str], says: str) -> None:
    assert verdict(a_chain(*records)) == says
