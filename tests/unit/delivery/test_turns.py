"""Whose turn it is: each source's in its lane, however many the others have brought."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from creditbus.delivery.conditions import Condition
from creditbus.delivery.dues import Due, pack_due, unpack_due
from creditbus.delivery.lanes import OF_EACH, WAITING_AT_MOST, Held, Item, Lanes
from creditbus.delivery.turns import Turns
from creditbus.domain.effects.directives import Lane
from creditbus.domain.ids import BodyId

RAILWAY = BodyId("railway")
SOURCES = st.sampled_from(["", "court", "court-east", "tax", "customs"])
DUES = st.builds(
    Due,
    st.sampled_from([RAILWAY, BodyId("railway-north")]),
    st.sampled_from(Lane),
    st.integers(0, 1 << 50),
    st.text("abc0", max_size=4),
    SOURCES,
)


def item(name: str, queue: str = "") -> Item:
    return Item(0, name, Lane.APPLY, queue=queue)


def taken(turns: Turns[Item]) -> list[str]:
    found = []
    while (each := turns.take(())) is not None:
        found.append(each.obligation_id)
    return found


def test_sources_take_turns_and_each_keeps_its_order() -> None:
    turns: Turns[Item] = Turns()
    for number in range(4):
        turns.put(item(f"court-{number}", "court"))
    for number in range(2):
        turns.put(item(f"tax-{number}", "tax"))
    assert taken(turns) == ["court-0", "tax-0", "court-1", "tax-1", "court-2", "court-3"]
    assert len(turns) == 0


def test_what_comes_first_is_next_and_what_is_excepted_keeps_its_place() -> None:
    turns: Turns[Item] = Turns()
    for name, queue in (("a", "court"), ("b", "court"), ("c", "tax")):
        turns.put(item(name, queue))
    turns.put_first(item("d", "tax"))
    found = turns.take({"d"})
    assert found is not None
    assert found.obligation_id == "c"
    assert taken(turns) == ["a", "d", "b"]


@given(st.lists(st.tuples(st.text("abcdef", min_size=1, max_size=2), SOURCES), max_size=40))
def test_nothing_is_in_it_twice_and_nothing_is_lost(puts: list[tuple[str, str]]) -> None:
    turns: Turns[Item] = Turns()
    for name, queue in puts:
        turns.put(item(name, queue))
    assert len(turns) == len({name for name, _ in puts})
    assert sorted(taken(turns)) == sorted({name for name, _ in puts})


def test_whose_others_do_not_wait_goes_before_a_flood_that_lies_in_the_store() -> None:
    box = Lanes(Condition(concurrency=64, attempts=3))
    for number in range(WAITING_AT_MOST + 50):
        box.arrange(0, Due(RAILWAY, Lane.APPLY, number, f"flood-{number}", "court"), 10_000)
    assert len(box.waiting[Lane.APPLY]) == WAITING_AT_MOST
    assert box.more[Lane.APPLY] == {0}
    for number in range(OF_EACH + 1):
        box.arrange(1, Due(RAILWAY, Lane.APPLY, number, f"tax-{number}", "tax"), 10_000)
    assert box.more[Lane.APPLY] == {0, 1}, "the one beyond waits in the store"
    found = [box.take(0.0) for _ in range(4)]
    assert [each.obligation_id for each in found if each] == [
        "flood-0",
        "tax-0",
        "flood-1",
        "tax-1",
    ]


def test_what_is_due_later_is_looked_for_when_the_first_of_it_is() -> None:
    box = Lanes(Condition(concurrency=64, attempts=3))
    for at in (20, 15, 30):
        box.arrange(0, Due(RAILWAY, Lane.LIFT, at, f"at-{at}", "court"), 10)
    assert box.later == {Lane.LIFT: 15, Lane.APPLY: None}
    assert len(box.waiting[Lane.LIFT]) == 0
    box.arrange(0, Due(RAILWAY, Lane.LIFT, 10, "now", "court"), 10)
    assert "now" in box.waiting[Lane.LIFT]


def test_what_lies_in_the_store_goes_before_what_comes_now_of_the_same_source() -> None:
    box = Lanes(Condition(concurrency=64, attempts=3))
    for number in range(OF_EACH):
        box.arrange(0, Due(RAILWAY, Lane.APPLY, number, f"one-{number}", "court"), 10)
    box.more[Lane.APPLY].add(3)
    box.arrange(0, Due(RAILWAY, Lane.APPLY, 9, "newer", "court"), 10)
    assert "newer" not in box.waiting[Lane.APPLY]
    assert box.more[Lane.APPLY] == {0, 3}


def test_what_is_on_its_way_does_not_wait_as_well_and_is_counted_as_known() -> None:
    box = Lanes(Condition(concurrency=64, attempts=3))
    box.put(item("one"))
    box.put(item("two"))
    assert box.take(0.0) == item("one")
    box.put(item("one"))
    assert not box.fill(0, [Due(RAILWAY, Lane.APPLY, 1, "one", "")], 3)
    box.held["three"] = Held(revision=1, tries=1, until=60.0, has_failed=False)
    assert (len(box.waiting[Lane.APPLY]), box.known(Lane.APPLY)) == (1, 3)


def test_a_share_is_filled_with_what_does_not_wait_yet() -> None:
    box = Lanes(Condition(concurrency=64, attempts=3))
    dues = [Due(RAILWAY, Lane.APPLY, number, f"one-{number}", "court") for number in range(5)]
    assert box.fill(0, dues, 3)
    assert not box.fill(0, dues, 2)
    assert len(box.waiting[Lane.APPLY]) == 5


@given(DUES)
def test_a_place_is_read_as_it_was_written(due: Due) -> None:
    assert unpack_due(pack_due(due)) == due


@given(st.lists(DUES, max_size=20), SOURCES)
def test_the_bounds_of_a_queue_hold_it_and_nothing_else(dues: list[Due], queue: str) -> None:
    def inside(bounds: tuple[Due, Due]) -> set[Due]:
        low, high = map(pack_due, bounds)
        return {each for each in dues if low <= pack_due(each) < high}

    of_lane = {each for each in dues if (each.body, each.lane) == (RAILWAY, Lane.APPLY)}
    own = {each for each in of_lane if each.queue == queue}
    assert inside(Due.between(RAILWAY, Lane.APPLY, 0, queue=queue)) == own
    later = {each for each in of_lane if each.queue > queue}
    assert inside(Due.beyond(RAILWAY, Lane.APPLY, queue)) == later
    assert inside(Due.beyond(RAILWAY, Lane.APPLY, None)) == of_lane
