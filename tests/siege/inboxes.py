"""The inboxes: what a source may put there that nobody can read."""

from __future__ import annotations

from tests.bus_fixtures import eventually
from tests.siege.blows import Chapter
from tests.siege.siege import Siege

CHAPTER = Chapter("The inboxes", door="inbox")


@CHAPTER.blow(
    strikes="bytes that are no record, under a key that is no text",
    then="a dead letter with the offset",
    is_short=True,
)
def bytes_that_are_no_record(siege: Siege) -> None:
    place = siege.put(b"no record at all", key=b"\xc0\xb4\xd4\xb4")
    letter = eventually(lambda: siege.letters().get(place))
    assert letter.reason == "UNFRAMED"
