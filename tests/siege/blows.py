"""Blows: what strikes a door of the bus from outside, what is right there, and what others see.

A row of the siege is one function with one decorator. To add one:

1. Choose the module of its door (``inboxes``; a new door is a new module with a ``Chapter``, named
   in ``programme.CHAPTERS``).
2. Write a function that strikes, and asserts what must happen *at the door it strikes*::

       CHAPTER = Chapter("The gateway", door="gateway")

       @CHAPTER.blow(
           strikes="100,000 nested arrays before `type`",
           then="400 with the place where it became too deep",
           is_short=True,
       )
       def nested_arrays(siege: Siege) -> None:
           with siege.live.http("gateway", siege.culprit) as caller:
               answer = caller.post("/v1/events", content=b"[" * 100_000)
           assert answer.status_code == 400

   Its name, with dashes, is the row's name. ``siege`` (``tests.siege.siege.Siege``) has the running
   bus, the culprit (a source that no bystander is), a raw producer, and dice drawn from the seed.
3. Say nothing about the others: every blow is watched by the bystanders of
   ``tests.siege.bystanders``, from the first line of the function to a moment after its last. The
   test fails when one of them gets an error or waits more than twice as long at its 99th
   percentile, when a process ends, or when a record is lost (``tests.siege.test_siege``). Where a
   blow must hurt a bystander (the broker itself is killed), name it in ``spares``, the processes
   that may end in ``ends``, and say in ``others`` what they see instead.
4. ``is_short=True`` if it takes under ten seconds: every ``make test`` plays it. Put back what was
   struck (a right, a topic, a frozen server) in a ``finally``: the bus is shared with other tests.
5. ``.venv/bin/python -m tests.tidy.pages`` writes its line of ``docs/crashes.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.siege.siege import Siege

Script = Callable[[Siege], None]
NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blow:
    """One way to strike a door: a script, and three sentences about it."""

    name: str
    door: str
    strikes: str
    then: str
    others: str
    script: Script
    is_short: bool  # whether every `make test` plays it
    spares: frozenset[str]  # bystanders that this blow may hurt
    ends: frozenset[str]  # services that it may end


class Chapter:
    """The blows against one door."""

    def __init__(self, title: str, *, door: str) -> None:
        self.title = title
        self.door = door
        self.blows: list[Blow] = []

    def blow(
        self,
        *,
        strikes: str,
        then: str,
        others: str = NOTHING,
        is_short: bool = False,
        spares: tuple[str, ...] = (),
        ends: tuple[str, ...] = (),
    ) -> Callable[[Script], Script]:
        """Register a script under its name."""

        def register(script: Script) -> Script:
            self.blows.append(
                Blow(
                    name=script.__name__.replace("_", "-"),
                    door=self.door,
                    strikes=strikes,
                    then=then,
                    others=others,
                    script=script,
                    is_short=is_short,
                    spares=frozenset(spares),
                    ends=frozenset(ends),
                )
            )
            return script

        return register
