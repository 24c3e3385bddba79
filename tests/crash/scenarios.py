"""Scenarios: what is struck, what happens then and what a reader sees, each beside its script.

The page docs/crashes.md is made of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.crash.run import Run

Script = Callable[[Run], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One way to come to grief: a script, and three sentences about it."""

    name: str
    strikes: str
    then: str
    readers: str
    script: Script
    is_short: bool  # whether every `make test` plays it
    partitions: int
    stage: type[Run]


class Chapter:
    """The scenarios of one module."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.scenarios: list[Scenario] = []

    def scenario(
        self,
        *,
        strikes: str,
        then: str,
        readers: str = "nothing",
        is_short: bool = False,
        partitions: int = 4,
        stage: type[Run] = Run,
    ) -> Callable[[Script], Script]:
        """Register a script under its name."""

        def register(script: Script) -> Script:
            self.scenarios.append(
                Scenario(
                    name=script.__name__.replace("_", "-"),
                    strikes=strikes,
                    then=then,
                    readers=readers,
                    script=script,
                    is_short=is_short,
                    partitions=partitions,
                    stage=stage,
                )
            )
            return script

        return register
