"""The board and its end: words for a newcomer, no line too wide, commands that show something."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from typing import Any

from rich.console import Console

from creditbus.audit.decide import Reconciliation, Sum
from creditbus.cli.summary import tell_outcome, tell_suggestions
from creditbus.demo.board import WIDTH, CityBoard
from creditbus.demo.bodies import Received
from creditbus.demo.latencies import Latency
from creditbus.demo.run import DemoResult
from creditbus.demo.suggestions import suggestions
from creditbus.domain.acts.refusals import Reason
from creditbus.domain.effects.directives import Action
from creditbus.domain.entries.entry import Stage
from creditbus.domain.ids import BodyId, ItemId, ListId, SubjectId
from creditbus.runtime.redis.served import Overview, OwedCounts
from creditbus.wire.topics import STANDINGS
from tests.examples import a_catalogue, a_listing

AT = datetime(2026, 11, 23, 4, tzinfo=UTC)


def received(action: Action, cause: str = "cause") -> Received:
    return Received(
        body="railway",
        caused_by=cause,
        obligation_id="o",
        measure_id="A13",
        action=action,
        revision=1,
        subject_id="person:0",
        outcome="APPLIED",
        received_at=AT,
    )


def an_overview(**changes: Any) -> Overview:
    stated: dict[str, Any] = {
        "subjects": 3,
        "exposures": 1,
        "topics": {STANDINGS: 1234},
        "entries": {name: {Stage.ACTIVE: 1, Stage.GRACE: 2} for name in a_catalogue().lists},
        "sources": {},
        "reasons": dict.fromkeys(Reason, 7),
        "owed": {BodyId("railway"): OwedCounts(applies=2, lifts=1)},
    }
    return Overview(**(stated | changes))


def drawn(width: int, board: CityBoard, overview: Overview | None) -> list[str]:
    """Return the lines of a board in a window of this width."""
    console = Console(file=StringIO(), width=width, highlight=False)
    latency = {Action.APPLY: Latency(3, 210.4, 630.0), Action.LIFT: Latency(0, 0, 0)}
    came = [received(Action.APPLY), received(Action.LIFT), received(Action.LIFT)]
    console.print(board.draw(2001, overview, came, latency))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


def test_the_board_says_in_words_what_happens() -> None:
    lines = drawn(WIDTH, CityBoard(a_catalogue(), ["Look here"]), an_overview())
    text = "\n".join(lines)
    for words in (
        "2,001         0  agencies have published",
        "1,234         0  times a subject's standing changed",
        "    2         0  restrictions lifted again",
        "    3            directives that a body still has to answer",
        "half in 210 ms, 99 of 100 in 630 ms",
        "Look here",
    ):
        assert words in text
    assert "from published to lifted" not in text


def test_no_line_of_the_board_is_wider_than_a_window() -> None:
    board = CityBoard(a_catalogue(), [])
    assert max(map(len, drawn(WIDTH, board, an_overview()))) <= WIDTH
    assert max(map(len, drawn(200, board, an_overview()))) <= WIDTH
    assert len(drawn(WIDTH, board, an_overview())) <= 40


def test_a_view_that_is_being_built_is_said_to_be() -> None:
    assert drawn(WIDTH, CityBoard(a_catalogue(), []), None) == ["the views are being built …"]


def a_sum(party: str, **changes: int) -> Sum:
    counts = {"received": 9, "applied": 9, "duplicate": 0, "refused": 0, "dead": 0, "open": 0}
    return Sum(party=party, twice=0, **(counts | changes))


def told(*sums: Sum) -> str:
    """Return what is said at the end of a run with these sums."""
    console = Console(file=StringIO(), width=40)
    outcome = DemoResult(
        sums=list(sums),
        total=a_sum("total"),
        reconciliation=Reconciliation(obligations=1, applies=1, lifts=0, settled=1, owed=0),
        expected={},
        latency=dict.fromkeys(Action, Latency(2, 1.0, 2.0)),
        seconds=1.0,
        sent=9,
        repeats=False,
    )
    tell_outcome(outcome, console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_the_end_names_sources_with_something_to_tell_and_counts_the_rest() -> None:
    quiet = [a_sum(f"quiet-{number}") for number in range(50)]
    said = told(*quiet, a_sum("court", applied=7, refused=2))
    assert "court received=9 applied=7 duplicate=0 refused=2 dead=0 ok\n" in said
    assert "50 more add up as well\n" in said
    assert "quiet-" not in said


def test_whatever_does_not_add_up_is_named_however_many() -> None:
    said = told(*(a_sum(f"wrong-{number}", applied=8, open=1) for number in range(20)))
    assert said.count("WRONG") == 20


LISTED = a_listing(list_id=ListId("BL-BID-ZT"), subject_id=SubjectId("uscc:91370200000000000Y"))


def test_each_command_has_ids_of_this_run_and_shows_what_it_says() -> None:
    asked: list[tuple[SubjectId, ItemId]] = []

    def is_barred(subject: SubjectId, matter: ItemId) -> bool:
        asked.append((subject, matter))
        return True

    came = [received(Action.APPLY, "applied"), received(Action.LIFT, "lifted")]
    found = suggestions([LISTED], came, a_catalogue(), is_barred)
    commands = [command for _, command in found]
    assert commands[0].startswith(".venv/bin/creditbus check 91370200000000000Y --matter ")
    assert commands[1:] == [
        ".venv/bin/creditbus explain 91370200000000000Y",
        ".venv/bin/creditbus trace lifted",
    ]
    assert asked == [(LISTED.envelope.subject_id, asked[0][1])]


def test_what_this_run_has_no_example_of_is_not_suggested() -> None:
    nobody = suggestions([LISTED], [], a_catalogue(), lambda _subject, _matter: False)
    assert nobody == []
    console = Console(file=StringIO(), width=40)
    tell_suggestions(nobody, console)
    assert isinstance(console.file, StringIO)
    assert ".venv/bin/creditbus audit\n" in console.file.getvalue()
