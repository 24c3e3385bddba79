"""How a start tells a person what it does: sentences, and the progress of what is loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import Final

Say = Callable[[str], None]
"""Called with a sentence for the person who started the stack."""

Advance = Callable[[int], None]
"""Called from any thread with how many more bytes have come."""

Loading = Callable[[str, int], AbstractContextManager[Advance]]
"""Called with what is loaded and its bytes; shows the progress for as long as it is open."""

STEPS: Final = 4


def megabytes(count: int) -> str:
    """Return a number of bytes as a person reads it.

    >>> megabytes(203_682_154)
    '204 MB'
    """
    return f"{count / 1e6:,.0f} MB"


def by_sentences(say: Say) -> Loading:
    """Return a progress in a few sentences, for where no bar can be drawn."""

    @contextmanager
    def loading(what: str, total_bytes: int) -> Iterator[Advance]:
        say(f"fetching {what}: {megabytes(total_bytes)}")
        guard, come, told = Lock(), 0, 0

        def advance(count: int) -> None:
            nonlocal come, told
            with guard:
                come += count
                step = STEPS * come // max(total_bytes, 1)
                if told < step < STEPS:
                    told = step
                    say(f"{megabytes(come)} of {megabytes(total_bytes)}")

        yield advance
        say(f"fetched {megabytes(total_bytes)}")

    return loading


class Report:
    """What a start tells: called with a sentence; ``loading`` shows the progress of a download."""

    def __init__(self, say: Say, loading: Loading | None = None) -> None:
        self._say = say
        self.loading = by_sentences(say) if loading is None else loading

    def __call__(self, sentence: str) -> None:
        """Return a sentence."""
        self._say(sentence)
