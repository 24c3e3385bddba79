"""Sealed: who is struck by what, drawn by a seed, and whose keeper has been called since.

It lies in the hunt's folder, where whoever hunts does not look.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from creditbus.runtime.whole_files import write_whole

PLANTS: Final = (
    "dead_body",
    "silent_source",
    "poisoned_schema",
    "parked_inbox",
    "crash_loop",
    "overdue_lift",
)
LOOPING: Final = ("exposure", "dispatch")
"""Workers that may be struck: without them the others can still be found."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """The file of what is planted; ``struck`` names whom, by plant."""

    path: Path

    @classmethod
    def beside(cls, home: Path) -> Sealed:
        """Return the file of the hunt on the bus in this folder."""
        return cls(home.parent / "sealed.json")

    def plant(self, seed: str, sources: Sequence[str], bodies: Sequence[str]) -> dict[str, str]:
        """Draw whom each plant strikes, and seal it."""
        dice = Random(seed)
        silent, poisoned, parked = dice.sample(sorted(sources), 3)
        dead, lifting = dice.sample(sorted(bodies), 2)
        struck = dict(
            zip(
                PLANTS,
                (dead, silent, poisoned, parked, dice.choice(LOOPING), lifting),
                strict=True,
            )
        )
        write_whole(self.path, json.dumps({"seed": seed, "struck": struck}).encode())
        return struck

    def struck(self) -> dict[str, str]:
        """Return whom each plant strikes, nobody before anything is planted."""
        try:
            found: dict[str, str] = json.loads(self.path.read_bytes())["struck"]
        except FileNotFoundError:
            return {}
        return found

    def stands(self, plant: str, party: str) -> bool:
        """Return whether a plant strikes this party, whose keeper nobody has called yet."""
        return self.struck().get(plant) == party and not self._call(party).exists()

    def call(self, party: str) -> None:
        """Call a keeper, who then mends whatever is struck on that side."""
        self._call(party).parent.mkdir(exist_ok=True)
        self._call(party).touch()

    def _call(self, party: str) -> Path:
        return self.path.parent / "called" / party
