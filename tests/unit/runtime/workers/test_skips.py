"""The wish of a skip: asked of the worker once, and there until the worker is done with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from creditbus.engine.worker import Skip, Worker
from creditbus.runtime.workers.skips import WantedSkip

SKIP = Skip(topic="credit.inbox.court.v1", partition=0, start=7, through=8)
NEXT = replace(SKIP, start=9, through=9)


class Asked:
    """A worker that notes what it is asked to skip, and is done when the test says so."""

    def __init__(self) -> None:
        self.skips: list[Skip] = []
        self.is_asked_to_skip = False

    def skip(self, skip: Skip) -> None:
        self.skips.append(skip)
        self.is_asked_to_skip = True


@pytest.fixture
def wish(tmp_path: Path) -> WantedSkip:
    return WantedSkip(tmp_path, "intake-0")


def pass_on(wish: WantedSkip, asked: Asked, times: int = 1) -> None:
    for _ in range(times):
        wish.pass_on(cast(Worker, asked))


def test_a_wish_stays_until_the_worker_is_done_and_is_asked_once(wish: WantedSkip) -> None:
    asked = Asked()
    pass_on(wish, asked)
    wish.write(SKIP)
    pass_on(wish, asked, times=3)
    assert asked.skips == [SKIP]
    assert wish.read() == SKIP
    asked.is_asked_to_skip = False
    pass_on(wish, asked, times=2)
    assert wish.read() is None
    assert asked.skips == [SKIP]


def test_the_next_process_is_asked_for_what_the_last_had_not_done(
    wish: WantedSkip, tmp_path: Path
) -> None:
    wish.write(SKIP)
    pass_on(wish, Asked())
    later = Asked()
    pass_on(WantedSkip(tmp_path, "intake-0"), later)
    assert later.skips == [SKIP]


@pytest.mark.parametrize("again", [SKIP, NEXT])
def test_what_is_wished_after_a_skip_is_asked_for_as_well(wish: WantedSkip, again: Skip) -> None:
    asked = Asked()
    for each in (SKIP, again):
        wish.write(each)
        pass_on(wish, asked)
        asked.is_asked_to_skip = False
        pass_on(wish, asked)
    assert asked.skips == [SKIP, again]


def test_a_file_that_is_no_wish_is_told_and_half_a_one_is_never_read(
    wish: WantedSkip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish.write(SKIP)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        wish.write(NEXT)
    assert wish.read() == SKIP
    (tmp_path / "intake-0" / "skip").write_text('{"topic": 3}')
    with pytest.raises(ValueError, match="topic"):
        wish.read()
