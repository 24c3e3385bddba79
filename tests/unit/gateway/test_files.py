"""Whose file is read when: nobody's files hold another's, and a name is no reason to fail."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from pathlib import Path

import pytest

from creditbus.domain.acts.mistakes import Mistake
from creditbus.domain.ids import SourceId
from creditbus.gateway.columns import rests_on
from creditbus.gateway.files import FILES_WAITING, FileTurns, plain_name
from creditbus.runtime.http.problems import Busy
from tests.examples import a_listing

COURT, TAX = SourceId("court"), SourceId("tax")


def test_a_source_with_many_files_does_not_hold_another() -> None:
    read: list[str] = []

    async def files() -> None:
        turns, over = FileTurns(), asyncio.Event()

        async def one(source: SourceId) -> None:
            async with turns.turn(source):
                read.append(source)
                await over.wait()

        waiting = [asyncio.create_task(one(source)) for source in (COURT, COURT, COURT, TAX)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert read == ["court", "tax"]
        over.set()
        await asyncio.gather(*waiting)

    asyncio.run(files())
    assert sorted(read) == ["court", "court", "court", "tax"]


def test_a_source_may_have_so_many_files_here_and_a_place_is_given_back() -> None:
    turns = FileTurns()
    with ExitStack() as held:
        for _ in range(FILES_WAITING):
            held.enter_context(turns.place(COURT))
        with pytest.raises(Busy, match="wait for the answer"), turns.place(COURT):
            pass
        with turns.place(TAX):
            pass
    with turns.place(COURT):
        pass


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("../../etc/list.xlsx", "list.xlsx"),
        (".csv", "csv"),
        ("a\x00b\n.csv", "ab.csv"),
        ("..", "file"),
    ],
)
def test_a_name_is_plain_in_a_folder_of_our_own(name: str, plain: str) -> None:
    assert plain_name(name) == plain


@pytest.mark.parametrize("letter", ["a", "名", "😀"])
def test_a_long_name_is_one_that_a_folder_takes(tmp_path: Path, letter: str) -> None:
    (tmp_path / plain_name(letter * 200 + ".xlsx")).write_bytes(b"")
    (kept,) = tmp_path.iterdir()
    assert kept.suffix == ".xlsx"


@pytest.mark.parametrize(
    ("field", "changes", "unsound", "rests"),
    [
        ("notice_served_on", {}, {"published"}, True),
        ("envelope.bases", {}, {"decided"}, True),
        ("ends_on", {}, {"notice"}, True),
        ("envelope.subject_id", {}, {"code"}, True),
        # What is not there is missing whatever the day.
        ("notice_served_on", {"notice_served_on": None}, {"published"}, False),
        ("envelope.document_number", {"document_number": ""}, {"published", "code"}, False),
        ("notice_served_on", {}, {"code"}, False),
    ],
)
def test_nothing_is_concluded_from_what_stands_in_for_a_cell(
    field: str,
    changes: dict[str, object],
    unsound: set[str],
    rests: bool,  # noqa: FBT001
) -> None:
    mistake = Mistake(reason="ANY", field=field, pointer="", detail="", detail_zh="")
    assert rests_on(mistake, a_listing(**changes), unsound) is rests
