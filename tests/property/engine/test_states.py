"""One contract for every state a decision may see: plain dictionaries, and the store's overlay.

Whatever is written and read in whatever order, with checkpoints in between, each answers as the
dictionaries of the test do; and a draft over any of them answers as if its changes were applied.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbus.engine.overlay import Overlay
from creditbus.engine.store import Store, StoreMark
from creditbus.engine.values import Changes, DictState, Draft, State, Table
from tests.effort import examples

SMALL: Table[int, str] = Table(
    name="small",
    pack_key=lambda key: key.to_bytes(2, "big"),
    unpack_key=lambda raw: int.from_bytes(raw, "big"),
    pack_value=str.encode,
    unpack_value=bytes.decode,
    recent=2,
)
# Its name and keys come near the other's: a scan that strays would find them.
NEAR: Table[bytes, str] = Table(
    name="smalls",
    pack_key=bytes,
    unpack_key=bytes,
    pack_value=str.encode,
    unpack_value=bytes.decode,
)

# Every step touches many of few keys, so that deletions often stand before a scan's limit.
KEYS, KEPT, DELETED = 8, "kept", "deleted"
keys = st.integers(0, KEYS - 1)
rows = st.lists(st.sampled_from([KEPT, DELETED, "", "a"]), min_size=KEYS, max_size=KEYS).map(
    lambda words: {
        key: None if word == DELETED else word for key, word in enumerate(words) if word != KEPT
    }
)
steps = st.lists(st.tuples(rows, st.booleans()), min_size=1, max_size=4)
ranges = st.tuples(st.integers(0, 4), st.integers(2, 9), st.integers(0, 4))


class Subject(Protocol):
    """A state that can be changed, and settled as a checkpoint does."""

    @property
    def state(self) -> State: ...

    def apply(self, changes: Changes) -> None: ...

    def settle(self) -> None: ...


class Plain:
    """The state in dictionaries."""

    def __init__(self) -> None:
        self.state = DictState()

    def apply(self, changes: Changes) -> None:
        self.state.apply(changes)

    def settle(self) -> None:
        """Nothing is between its changes and its rows."""


class Stored:
    """The overlay over a store on disk."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder)
        self.state = Overlay(self.store, (SMALL, NEAR))

    def apply(self, changes: Changes) -> None:
        self.state.take(changes)

    def settle(self) -> None:
        self.store.write(self.state.rows, StoreMark(topic_id="t", offset=1, at=0))
        self.state.clear()


@contextmanager
def subject_of(kind: str) -> Iterator[Subject]:
    """Give an empty subject."""
    if kind == "dictionaries":
        yield Plain()
        return
    folder = Path(tempfile.mkdtemp())
    stored = Stored(folder / "p0")
    try:
        yield stored
    finally:
        stored.store.close()
        shutil.rmtree(folder)


def changes_of(values: dict[int, str | None]) -> Changes:
    """Return the values as changes."""
    return {SMALL: dict(values)}


def expected_scan(
    model: dict[int, str], start: int, stop: int, limit: int
) -> list[tuple[int, str]]:
    """Return what a scan of the model gives."""
    return [(key, model[key]) for key in sorted(model) if start <= key < stop][:limit]


@pytest.mark.parametrize("kind", ["dictionaries", "store"])
@examples(100)
@given(steps=steps, drafted=rows, asked=st.lists(keys, max_size=6), span=ranges)
def test_every_state_answers_as_the_model_does(
    kind: str,
    steps: list[tuple[dict[int, str | None], bool]],
    drafted: dict[int, str | None],
    asked: list[int],
    span: tuple[int, int, int],
) -> None:
    model: dict[int, str] = {}
    with subject_of(kind) as subject:
        subject.apply({NEAR: {b"": "stray", b"\0\x05": "stray"}})
        for values, settles in steps:
            subject.apply(changes_of(values))
            _fold(model, values)
            if settles:
                subject.settle()
        assert subject.state.get_many(SMALL, asked) == [model.get(key) for key in asked]
        assert subject.state.scan(SMALL, *span) == expected_scan(model, *span)
        draft = Draft(subject.state)
        draft.prefetch(SMALL, asked)
        for key, value in drafted.items():
            draft.put(SMALL, key, value)
            _fold(model, {key: value})
            assert draft.scan(SMALL, *span) == expected_scan(model, *span)
            assert draft.get(SMALL, key) == model.get(key)
        assert draft.get_many(SMALL, asked) == [model.get(key) for key in asked]
        assert draft.scan(SMALL, *span) == expected_scan(model, *span)
        subject.apply(draft.changes)
        subject.settle()
        assert subject.state.get_many(SMALL, asked) == [model.get(key) for key in asked]
        assert subject.state.scan(SMALL, *span) == expected_scan(model, *span)


def _fold(model: dict[int, str], values: dict[int, str | None]) -> None:
    for key, value in values.items():
        if value is None:
            model.pop(key, None)
        else:
            model[key] = value
