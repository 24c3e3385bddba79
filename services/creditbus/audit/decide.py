"""Audit: for every inbox, received = applied + duplicate + refused + dead (law 1).

Everything that intake or listing writes carries where it came from, so the sums are counted from
the topics alone. Whatever is received and has not become anything yet is *open*; when the bus is
idle nothing may be open, and nothing may ever have become two things.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from creditbus.domain.effects.directives import Action, Directive
from creditbus.domain.effects.obligations import Obligation

FATES: Final = ("duplicate", "refused", "dead")
BURIED: Final = "buried"
"""The fate of an event that intake admitted and listing could not read; it counts as dead."""


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the records of one source or body."""

    party: str
    received: int
    applied: int
    duplicate: int
    refused: int
    dead: int
    open: int
    twice: int

    @property
    def adds_up(self) -> bool:
        """Return whether every record became exactly one thing."""
        return self.open == 0 and self.twice == 0


def tally(
    received: Mapping[str, set[str]],
    admitted: Mapping[str, int],
    fates: Iterable[tuple[str, str]],
    undecided: set[str],
) -> list[Sum]:
    """Return a sum for each party.

    ``received`` are the positions in each party's inbox, ``admitted`` how often each position
    became an event or an acknowledgement, ``fates`` are (position, fate) of the other topics,
    ``undecided`` the admitted positions that listing has not come to yet.
    """
    fate_of: dict[str, list[str]] = {}
    for position, fate in fates:
        fate_of.setdefault(position, []).append(fate)
    return [
        _sum(party, positions, admitted, fate_of, undecided)
        for party, positions in sorted(received.items())
    ]


def merged(
    copies: Mapping[str, Mapping[str, int]], fates: Iterable[tuple[str, str]]
) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Return how often each position was admitted, and its fates, with its copies as one.

    ``copies`` counts what each position became by its subject. A removal under an old code reaches
    every subject that the code has stood for: that is one act, applied if it moved any of them.
    """
    rest: list[tuple[str, str]] = []
    of_copies: dict[str, list[tuple[str, str]]] = {
        position: [] for position, by_subject in copies.items() if len(by_subject) > 1
    }
    for position, fate in fates:
        of_copies.get(position, rest).append((position, fate))
    for position, found in of_copies.items():
        # A fate for each copy is one for the act; more than that is one too many, and is told.
        rest += found[: max(0, len(found) - len(copies[position]) + 1)]
    return {position: max(by.values()) for position, by in copies.items()}, rest


def total(sums: Iterable[Sum]) -> Sum:
    """Return the sum over all parties."""
    rows = list(sums)
    names = ("received", "applied", "duplicate", "refused", "dead", "open", "twice")
    return Sum(party="total", **{name: sum(getattr(row, name) for row in rows) for name in names})


def _sum(
    party: str,
    positions: set[str],
    admitted: Mapping[str, int],
    fate_of: Mapping[str, list[str]],
    undecided: set[str],
) -> Sum:
    counts = dict.fromkeys(("applied", *FATES, "open", "twice"), 0)
    for position in positions:
        fates = fate_of.get(position, [])
        times = admitted.get(position, 0)
        if times > 1 or len(fates) > 1 or (times and "dead" in fates):
            counts["twice"] += 1
        elif BURIED in fates:
            counts["dead"] += 1
        elif fates:
            counts[fates[0]] += 1
        elif times and position not in undecided:
            counts["applied"] += 1
        else:
            counts["open"] += 1
    return Sum(party=party, received=len(positions), **counts)


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """Every obligation's last directive against what became of it."""

    obligations: int
    applies: int
    lifts: int
    settled: int
    owed: int

    @property
    def adds_up(self) -> bool:
        """Return whether nothing is owed."""
        return self.owed == 0


def reconcile(directives: Iterable[Directive], obligations: Iterable[Obligation]) -> Reconciliation:
    """Return how many of the obligations, as last stated, their bodies have settled.

    One whose last directive delivery has not taken in yet is owed like any other.
    """
    last = {directive.obligation_id: directive for directive in directives}
    known = {each.obligation_id: each for each in obligations}
    settled = lifts = 0
    for name, directive in last.items():
        found = known.get(name)
        is_known = found is not None and found.revision >= directive.revision
        settled += is_known and found is not None and not found.is_owed
        lifts += directive.action is Action.LIFT
    return Reconciliation(
        obligations=len(last),
        applies=len(last) - lifts,
        lifts=lifts,
        settled=settled,
        owed=len(last) - settled,
    )
