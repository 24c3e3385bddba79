"""What is sent next: lifts first, never twice at once, and nothing that is on record already."""

from __future__ import annotations

from datetime import timedelta

from creditbus.delivery.conditions import Condition
from creditbus.delivery.decide import Debt, stated, tried
from creditbus.delivery.lanes import APPLY_EVERY, Held, Item, Lanes
from creditbus.domain.effects.directives import Action, Lane
from tests.unit.delivery.test_decide import AT, attempt, directive


def lanes(concurrency: int = 64) -> Lanes:
    return Lanes(Condition(concurrency=concurrency, attempts=3))


def item(name: str, lane: Lane = Lane.APPLY, row: Debt | None = None) -> Item:
    return Item(0, name, lane, row)


def taken(box: Lanes, at: float = 0.0) -> str | None:
    found = box.take(at)
    return found.obligation_id if found is not None else None


def test_a_lift_goes_before_all_that_wait() -> None:
    box = lanes()
    for number in range(100):
        box.put(item(f"apply-{number}"))
    box.put(item("lift", Lane.LIFT))
    assert [taken(box), taken(box), taken(box)] == ["lift", "apply-0", "apply-1"]


def test_a_lift_goes_while_every_place_is_taken_by_applications() -> None:
    box = lanes(concurrency=1)
    box.put(item("slow"))
    box.put(item("waits"))
    assert (taken(box), taken(box)) == ("slow", None)
    box.put(item("lift", Lane.LIFT))
    assert (taken(box), taken(box)) == ("lift", None)


def test_an_obligation_is_never_on_its_way_twice() -> None:
    box = lanes()
    box.put(item("one"))
    assert taken(box) == "one"
    box.put(item("one"))
    lift = stated(Debt(), directive(2, Action.LIFT), AT)
    box.put_first(item("one", Lane.LIFT, lift))
    assert taken(box) is None
    del box.flying["one"]
    assert taken(box) == "one"


def test_what_the_express_brings_waits_in_front() -> None:
    box = lanes()
    box.put(item("older", Lane.LIFT))
    box.put_first(item("newer", Lane.LIFT, stated(Debt(), directive(2, Action.LIFT), AT)))
    assert [taken(box), taken(box)] == ["newer", "older"]


def test_what_is_on_record_is_not_sent_again_before_it_is_read() -> None:
    box = lanes()
    box.held["one"] = Held(revision=1, tries=1, until=60.0, has_failed=False)
    box.put(item("one"))
    assert taken(box) is None
    row = stated(Debt(), directive(1), AT)
    assert not box.heard("one", row), "the directive itself, read after it was tried"
    assert box.heard("one", tried(row, attempt(directive(1))))
    box.put(item("one"))
    assert taken(box) == "one"


def test_a_newer_directive_is_sent_whatever_is_on_record() -> None:
    box = lanes()
    box.held["one"] = Held(revision=1, tries=1, until=60.0, has_failed=False)
    later = AT + timedelta(seconds=1)
    assert box.heard("one", stated(stated(Debt(), directive(1), AT), directive(2), later))


def test_what_nobody_reads_is_released_and_a_failure_when_the_body_is_back() -> None:
    box = lanes()
    box.held["late"] = Held(revision=1, tries=1, until=60.0, has_failed=False)
    box.held["failed"] = Held(revision=1, tries=1, until=90.0, has_failed=True)
    box.release(59.0, failed=True)
    assert box.held.keys() == {"late"}
    box.release(60.0)
    assert not box.held


def test_a_lift_that_is_never_taken_does_not_hide_that_the_body_is_back() -> None:
    box = lanes()
    for _ in range(3):
        box.condition.failed(0.0, status=500, why="HTTP 500", retry_after_s=None)
    box.put(item("lift", Lane.LIFT))
    box.put(item("apply"))
    order = []
    for probe in range(APPLY_EVERY):
        box.probes = probe
        name = taken(box, at=100.0)
        assert name is not None
        order.append(name)
        box.put(box.flying.pop(name))
    assert order == ["lift", "lift", "lift", "apply"]


def test_another_workers_partition_is_forgotten() -> None:
    box = lanes()
    box.put(Item(1, "theirs", Lane.LIFT))
    box.put(Item(2, "ours", Lane.LIFT))
    box.more[Lane.LIFT] = {1, 2}
    box.forget(1)
    assert (taken(box), taken(box)) == ("ours", None)
    assert box.more[Lane.LIFT] == {2}
