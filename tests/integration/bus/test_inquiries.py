"""An engineer asks the running bus by command: who is silent, what is owed, what is dead."""

from __future__ import annotations

import asyncio
import json
import signal
from typing import Any

import pytest

from creditbus.cli.roster import BODIES
from creditbus.console import rounds
from creditbus.domain.ids import SubjectId
from creditbus.runtime.process import Process
from creditbus.stack.services import HOSTED
from creditbus.wire.topics import inbox, service_principal
from tests.bus_fixtures import LiveBus, eventually, press
from tests.examples import a_bid_bar
from tests.integration.bus.test_way_out import a_publisher

GARBAGE = b"\x1b[2Jno record"


def ask(live: LiveBus, *words: str) -> Any:
    """Return what a command tells machines."""
    code, told = press(live, *words, "--json")
    assert code == 0, told
    return json.loads(told)


def test_what_a_stopped_body_owes_is_told_with_its_measure_and_subject(
    live: LiveBus, subject: SubjectId
) -> None:
    live.bus.services.kill(BODIES, signal.SIGSTOP)
    try:
        with a_publisher(live, "tender") as tender:
            tender.publish(a_bid_bar(subject_id=subject, record_id=f"owed-{subject}"))

        def owed() -> list[dict[str, Any]]:
            lines = ask(live, "owed", "--limit", "10000")
            return [line for line in lines if line["subject"] == subject]

        found = eventually(owed)
        assert {line["action"] for line in found} == {"APPLY"}
        body = found[0]["body"]
        assert all(line["body"] == body for line in ask(live, "owed", "--body", body))
        code, told = press(live, "owed", "--body", body, "--limit", "10000")
        assert code == 0
        assert [line for line in told.splitlines() if subject in line and body in line]
    finally:
        live.bus.services.kill(BODIES, signal.SIGCONT)
    code, told = press(live, "owed", "--body", "nobody")
    assert code == 2
    assert "tender-platform" in told


def test_a_source_is_told_with_its_last_record_and_a_dead_letter_with_its_bytes(
    live: LiveBus,
) -> None:
    before = {line["place"] for line in ask(live, "dead-letters", "list", "--source", "tender")}
    with a_publisher(live, "tender") as tender:
        tender.send_bytes(b"key", GARBAGE)
        tender.flush()

    def new() -> list[dict[str, Any]]:
        letters = ask(live, "dead-letters", "list", "--source", "tender")
        return [line for line in letters if line["place"] not in before]

    (letter,) = eventually(new)
    assert letter["place"].startswith(inbox("tender"))
    assert letter["size"] == len(GARBAGE)
    code, told = press(live, "dead-letters", "show", letter["place"])
    assert code == 0
    assert "\x1b" not in told
    assert GARBAGE[:16].hex(" ") in told
    code, told = press(live, "dead-letters", "show", "nowhere/0/0")
    assert (code, "dead-letters list" in told) == (2, True)
    lines = {line["source"]: line for line in ask(live, "sources")}
    assert lines.keys() == set(live.bus.catalogue.sources)
    assert 0 <= lines["tender"]["silent_seconds"] < 600
    eventually(lambda: {row["source"]: row for row in ask(live, "sources")}["tender"]["dead"] >= 1)


def test_the_console_knows_when_a_source_spoke_before_intake_began(
    live: LiveBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_publisher(live, "tender") as tender:
        tender.send_bytes(b"key", GARBAGE)
        tender.flush()
    monkeypatch.setattr(rounds, "LOOK_BACK_AFTER_S", 0.0)
    console = Process("console", 0, live.settings(service_principal("console")))
    told = rounds.Rounds(console)
    asyncio.run(told.look_back())
    now = console.clock.now().timestamp()
    assert 0 <= now - told.last_records["tender"] < 60
    assert set(told.last_records) <= set(live.bus.catalogue.sources)


def test_status_tells_servers_services_and_bodies(live: LiveBus) -> None:
    lines = {line["name"]: line for line in ask(live, "status")}
    kinds = {name: line["kind"] for name, line in lines.items()}
    assert [name for name, kind in kinds.items() if kind == "server"] == [
        "valkey",
        "kafka",
        "registry",
    ]
    assert [name for name, kind in kinds.items() if kind == "service"] == [
        f"{service}-0" for service in HOSTED
    ]
    assert kinds[BODIES] == "bodies"
    assert all(line["pid"] for line in lines.values())


def test_the_log_of_a_worker_is_told(live: LiveBus) -> None:
    code, told = press(live, "logs", "listing", "-n", "5")
    assert code == 0
    assert told.strip()
