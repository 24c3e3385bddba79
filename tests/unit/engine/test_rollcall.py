"""What the roll call makes of a group: who reads what, what nobody reads, and who should act."""

from __future__ import annotations

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from creditbus.engine.health import Source
from creditbus.engine.rollcall import Roll, assigned

PLACES: Final = [("log", number) for number in range(4)]


def roll(**members: list[Source]) -> Roll:
    readers = frozenset((member, frozenset(sources)) for member, sources in members.items())
    return Roll(readers, frozenset(PLACES))


def test_partitions_that_no_member_has_are_unread() -> None:
    assert roll(a=PLACES[2:], b=[]).unread == set(PLACES[:2])
    assert roll(a=PLACES[2:], b=PLACES[:2]).unread == set()


def test_member_with_the_least_to_lose_acts_and_among_equals_the_first() -> None:
    assert roll(a=PLACES[2:], b=[]).freest == "b"
    assert roll(b=PLACES[:1], a=PLACES[2:3]).freest == "a"


@given(st.dictionaries(st.text(max_size=9), st.sets(st.integers(0, 2**31 - 1)), max_size=4))
def test_assignment_is_read_as_it_was_written(topics: dict[str, set[int]]) -> None:
    written = b"\x00\x01" + len(topics).to_bytes(4, "big")
    for topic, partitions in topics.items():
        name = topic.encode()
        written += len(name).to_bytes(2, "big") + name + len(partitions).to_bytes(4, "big")
        written += b"".join(partition.to_bytes(4, "big") for partition in sorted(partitions))
    found = assigned(written + b"\x00\x00\x00\x00")
    assert found == [(topic, each) for topic, known in topics.items() for each in sorted(known)]
