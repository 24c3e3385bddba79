"""An operator stills a worker of the running bus and lets it go on, by the command line."""

from __future__ import annotations

import time

from creditbus.domain.effects.directives import Action
from creditbus.domain.ids import SubjectId
from tests.bus_fixtures import LiveBus, eventually, press
from tests.examples import a_bid_bar
from tests.integration.bus.test_way_out import a_publisher, actions, stated

SERVICE = "dispatch"
WORKER = "dispatch-0"
WHY = ("--reason", "a test of the modes")


def test_a_worker_is_paused_drained_and_resumed(live: LiveBus, subject: SubjectId) -> None:
    assert press(live, "pause", SERVICE, *WHY) == (0, f"{WORKER} is paused\n")
    try:
        code, printed = press(live, "status")
        assert code == 1
        assert "paused by an operator" in printed
        with a_publisher(live, "tender") as tender:
            tender.publish(a_bid_bar(subject_id=subject, record_id=f"paused-{subject}"))
        assert press(live, "drain", SERVICE, *WHY) == (0, f"{WORKER} is drained\n")
        time.sleep(1)  # far longer than a directive takes
        assert stated(live, subject) == []
    finally:
        assert press(live, "resume", SERVICE, *WHY) == (0, f"{WORKER} is running\n")
    eventually(lambda: actions(live, subject) == [Action.APPLY])


def test_what_is_no_slice_worker_is_not_paused(live: LiveBus) -> None:
    code, printed = press(live, "pause", "gateway", *WHY)
    assert code == 2
    assert "gateway is no slice worker" in printed
