"""What to try next, with ids of this very run: one check, one explain, one trace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from creditbus.demo.bodies import Received
from creditbus.domain.acts.events import EntryListed
from creditbus.domain.effects.directives import Action
from creditbus.domain.ids import ItemId, ListId, SubjectId
from creditbus.domain.law.catalogue import Catalogue
from creditbus.domain.subjects import USCC

PROGRAM: Final = ".venv/bin/creditbus"

Barred = Callable[[SubjectId, ItemId], bool]
"""Asks the running bus whether a subject is barred from a matter."""


def suggestions(
    listings: Iterable[EntryListed],
    received: Sequence[Received],
    catalogue: Catalogue,
    is_barred: Barred,
) -> list[tuple[str, str]]:
    """Return what each command shows, and the command; only what this run has an example of."""
    found = []
    example = next(
        (each for each in _candidates(listings, catalogue) if is_barred(*each)),
        None,
    )
    if example is not None:
        code, item = example[0].removeprefix(USCC), catalogue.items[example[1]]
        asked = f"--matter {example[1]} --purpose {item.purposes[0]}"
        found += [
            (f"May this firm go on? {item.name_en}", f"{PROGRAM} check {code} {asked}"),
            ("Why it may not: act, document, law, way out", f"{PROGRAM} explain {code}"),
        ]
    lifted = next((each for each in reversed(received) if each.action == Action.LIFT), None)
    if lifted is not None:
        found.append(
            (
                "The way of one lift, from the agency's record to the body's answer",
                f"{PROGRAM} trace {lifted.caused_by}",
            )
        )
    return found


def _candidates(
    listings: Iterable[EntryListed], catalogue: Catalogue
) -> Iterator[tuple[SubjectId, ItemId]]:
    """Yield the organisations that may be barred from a matter, and the matter."""
    matters = _matters(catalogue)
    for listing in listings:
        subject = listing.envelope.subject_id
        if subject.startswith(USCC) and listing.list_id in matters:
            yield subject, matters[listing.list_id]


def _matters(catalogue: Catalogue) -> dict[ListId, ItemId]:
    """Return for each list that bars from something one matter that it bars from."""
    return {
        trigger.list_id: name
        for name, item in reversed(catalogue.items.items())
        if item.enabled and item.purposes
        for measure in item.barred_by
        for trigger in catalogue.measures[measure].triggers
    }
