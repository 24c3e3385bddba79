"""A source is tried, its tokens are given and taken; a day of it is told in a signed statement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import msgspec
from typer.testing import CliRunner

from creditbus.cli.main import app
from creditbus.domain.acts.events import EntryListed, EntryRemoved
from creditbus.domain.calendar import day_of
from creditbus.domain.ids import SubjectId
from creditbus.runtime.clock import SystemClock
from creditbus.stack.ports import HOST
from creditbus.wire.signatures import verified
from creditbus.wire.statements import KEYS_PATH, DayStatement, id_of
from tests.bus_fixtures import LiveBus, eventually, press
from tests.examples import a_bid_bar, a_removal
from tests.integration.bus.test_way_out import a_publisher


def gateway(live: LiveBus) -> str:
    return f"http://{HOST}:{live.file.ports.gateway}"


def asked(live: LiveBus, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{gateway(live)}/v1/numbers", headers=headers, timeout=10).status_code


def tokens_of(live: LiveBus, source: str) -> list[dict[str, Any]]:
    """Return the tokens that a source was ever given, in their order."""
    code, told = press(live, "sources", "tokens", source, "--json")
    assert code == 0, told
    return msgspec.json.decode(told, type=list[dict[str, Any]])


def test_a_source_is_tried_all_the_way_and_nothing_of_it_stays(live: LiveBus) -> None:
    code, told = press(live, "sources", "test", "tender")
    assert code == 0, told
    assert "the gateway took record trial-" in told
    assert "directives to apply went to" in told
    assert "directives to lift went to" in told
    assert "its record went all the way, and is taken back" in told

    # Who keeps no list is tried by a fact; the token of a trial is good for nothing afterwards.
    before = tokens_of(live, "metro")
    code, told = press(live, "sources", "test", "metro")
    assert (code, "kept as a fact" in told) == (0, True), told
    *kept, tried = tokens_of(live, "metro")
    assert kept == before
    assert tried["revoked_on"] is not None
    code, told = press(live, "sources", "test", "nobody")
    assert (code, "there is no source nobody" in told) == (2, True)


def test_a_token_is_changed_without_a_moment_in_which_none_is_good(
    live: LiveBus, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert press(live, "sources", "token", "post", "--into", str(first))[0] == 0
    assert press(live, "sources", "token", "post", "--into", str(second))[0] == 0
    old, new = first.read_text().strip(), second.read_text().strip()
    assert (asked(live, old), asked(live, new)) == (200, 200)
    assert first.stat().st_mode & 0o777 == 0o600

    ids = [row["id"] for row in tokens_of(live, "post")]
    assert press(live, "sources", "revoke", "post", "--token", ids[-2])[0] == 0
    assert (asked(live, old), asked(live, new)) == (401, 200)
    code, told = press(live, "sources", "revoke", "post", "--token", ids[-2])
    assert (code, "before" in told) == (2, True)
    code, told = press(live, "sources", "token", "post", "--into", str(second))
    assert (code, "there already" in told) == (2, True)


def a_day_of(subject: SubjectId) -> list[EntryListed | EntryRemoved]:
    """Return what the tender office sends on a day: a listing, its removal, and two more."""
    record, bids = f"stated {subject}", "BL-BID-ZT"
    of_it: dict[str, Any] = {"source": "tender", "subject_id": subject}
    removal = {"record_id": record, "record_revision": 2, "sequence": 900_002, "list_id": bids}
    return [
        a_bid_bar(**of_it, record_id=record, sequence=900_001),
        a_removal(**of_it, **removal),
        a_bid_bar(**of_it, record_id=f"{record} again", sequence=900_003),
        a_bid_bar(**of_it, record_id=f"{record} wrong", bases=(), sequence=900_004),
    ]


def test_a_dropped_record_is_named_by_a_statement_that_needs_no_bus_to_be_believed(
    live: LiveBus, subject: SubjectId, tmp_path: Path
) -> None:
    sent = a_day_of(subject)
    dropped = sent[2].envelope
    with a_publisher(live, "tender") as tender:
        for each in sent:
            if each.envelope is not dropped:
                tender.publish(each)
    ids, keys, file = tmp_path / "ids", tmp_path / "keys", tmp_path / "day.jws"
    named = [id_of(each.envelope.record_id, each.envelope.record_revision) for each in sent]
    ids.write_text("\n".join(named), encoding="utf-8")
    keys.write_bytes(httpx.get(f"{gateway(live)}{KEYS_PATH}", timeout=10).content)
    day = str(day_of(SystemClock().now()))
    way = ["--source", "tender", "--into", str(file)]

    def decided() -> DayStatement | None:
        # While views is behind for a moment, nothing is called missing: it is asked again.
        if press(live, "statement", "get", day, "--ids", str(ids), *way)[0] != 0:
            return None
        found = verified(file.read_text().strip(), keys.read_text())
        told_of = {each.id for each in (*found.accepted, *found.refused)}
        return found if {named[0], named[1], named[3]} <= told_of else None

    statement = eventually(decided, bound_s=90)
    gone = id_of(dropped.record_id, dropped.record_revision)
    assert gone in statement.missing.ids
    assert (900_003, 900_003) in statement.missing.sequences
    assert not set(named[:2] + named[3:]).intersection(statement.missing.ids)
    assert statement.adds_up
    assert statement.agrees is False

    code, told = verify(file, keys)
    assert (code, gone in told) == (3, True), told
    # Asked again without being told anything, it has what was announced before.
    assert press(live, "statement", "get", day, *way)[0] == 0
    again = verified(file.read_text().strip(), keys.read_text())
    assert gone in again.missing.ids
    content = file.read_text()
    place = len(content) // 2
    other = "A" if content[place] != "A" else "B"
    file.write_text(content[:place] + other + content[place + 1 :])
    code, told = verify(file, keys)
    assert (code, "not to be believed" in told) == (1, True), told


def verify(file: Path, keys: Path) -> tuple[int, str]:
    """Return what is said of a statement by somebody who has no bus at all."""
    done = CliRunner().invoke(app, ["statement", "verify", str(file), "--keys", str(keys)])
    return done.exit_code, done.output
