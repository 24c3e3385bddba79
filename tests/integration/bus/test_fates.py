"""The fate of a record on real servers: told to its source alone, and as soon as it is decided."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import httpx
import msgspec
import pytest
from typer.testing import CliRunner

from creditbus.cli.main import app
from creditbus.domain.acts.decisions import PenaltyDecided, Procedure
from creditbus.domain.acts.events import Act
from creditbus.domain.calendar import day_of
from creditbus.domain.ids import SubjectId
from creditbus.domain.subjects import PersonNumber
from creditbus.runtime.clock import SystemClock
from creditbus.sdk.gateway import Gateway, GatewayRefused
from creditbus.sdk.publisher import NotPublished, Publisher, Unsendable
from creditbus.stack.bus import token_name
from creditbus.stack.inboxes import widen_inbox
from creditbus.stack.ports import HOST
from creditbus.wire.answers import FateState, RecordFates
from creditbus.wire.records import to_record
from creditbus.wire.signatures import verified
from creditbus.wire.statements import KEYS_PATH
from creditbus.wire.topics import inbox
from tests.acts import a_penalty
from tests.bus_fixtures import LiveBus, a_firm, eventually
from tests.examples import a_bid_bar, a_listing, a_removal

WAIT_S = 60
"""As long as may be waited; who is told only when that is over was not told of the decision."""


@pytest.fixture
def tender(live: LiveBus) -> Iterator[Publisher]:
    with Publisher(
        "tender",
        kafka=live.file.bootstrap,
        registry=live.file.registry_url,
        password=live.file.credentials["tender"],
    ) as publisher:
        yield publisher


def address(live: LiveBus) -> str:
    return f"http://{HOST}:{live.file.ports.gateway}"


def gateway(live: LiveBus, party: str = "tender") -> Gateway:
    return Gateway(address(live), live.file.secrets[token_name(party)])


def test_each_state_of_a_record_is_told_to_its_source(
    live: LiveBus, tender: Publisher, subject: SubjectId
) -> None:
    record = f"fate/of {subject}"  # an id may hold a stroke and a blank
    listing = a_bid_bar(subject_id=subject, record_id=record)
    with gateway(live) as door:
        receipt = tender.publish(listing)
        began = time.monotonic()
        applied = door.fate_at(receipt.offset, wait_s=WAIT_S)
        assert time.monotonic() - began < WAIT_S / 2
        assert (applied.state, applied.record_id) == (FateState.APPLIED, record)
        assert [(each.list_id, each.stage) for each in applied.entries] == [("BL-BID-ZT", "ACTIVE")]
        tender.publish(listing)
        eventually(lambda: door.fate(record).state is FateState.DUPLICATE)
        spoilt = a_bid_bar(subject_id=subject, record_id=record, record_revision=2, bases=())
        refused = door.fate_at(tender.publish(spoilt).offset, wait_s=WAIT_S)
        assert [each.reason for each in refused.reasons] == ["BASIS_MISSING"]
        removal = a_removal(
            source="tender",
            subject_id=subject,
            record_id=record,
            record_revision=3,
            list_id=listing.list_id,
        )
        removed = door.fate_at(tender.publish(removal).offset, wait_s=WAIT_S)
        assert removed.state is FateState.APPLIED
        assert removed.entries[0].stage in {"REMOVED", "CLOSED"}
        states = [each.state for each in door.fate(record).arrivals]
        assert states == ["APPLIED", "REFUSED", "DUPLICATE", "APPLIED"]
    with gateway(live, "tax") as other, pytest.raises(GatewayRefused) as refusal:
        other.fate(record)
    assert (refusal.value.problem.status, refusal.value.problem.reason) == (404, "RECORD_UNKNOWN")


def test_a_dead_letter_a_fact_and_a_removal_that_waits_are_told_as_what_they_are(
    live: LiveBus, tender: Publisher, subject: SubjectId
) -> None:
    offsets: list[int | None] = []
    tender.send_bytes(
        b"dead of tender", b"no record", on_receipt=lambda sent: offsets.append(sent.offset())
    )
    tender.flush()
    removal = a_removal(
        source="tender", subject_id=subject, record_id=f"never {subject}", list_id="BL-BID-ZT"
    )
    with gateway(live) as door:
        assert offsets[0] is not None
        dead = door.fate_at(offsets[0], wait_s=WAIT_S)
        assert (dead.state, dead.cause, dead.record_id) == (
            FateState.DEAD,
            "UNFRAMED",
            "dead of tender",
        )
        waiting = door.fate_at(tender.publish(removal).offset, wait_s=WAIT_S)
        assert (waiting.state, waiting.waits_for) == (FateState.WAITING, "entry")
        with pytest.raises(GatewayRefused):
            door.fate("never heard of")
    with Publisher(
        "market",
        kafka=live.file.bootstrap,
        registry=live.file.registry_url,
        password=live.file.credentials["market"],
    ) as market:
        penalty = a_penalty(source="market", subject_id=subject, record_id=f"fact {subject}")
        assert isinstance(penalty, PenaltyDecided)
        assert penalty.procedure is not Procedure.SIMPLE
        offset = market.publish(penalty).offset
    with gateway(live, "market") as door:
        fact = door.fate_at(offset, wait_s=WAIT_S)
    assert (fact.state, fact.effect) == (FateState.APPLIED, "KEPT")


def test_the_sdk_states_by_http_too_and_tells_mistakes_before_the_receipt(
    live: LiveBus, subject: SubjectId
) -> None:
    record = f"by http {subject}"
    with gateway(live) as door:
        listing = a_bid_bar(subject_id=subject, record_id=record)
        receipt = door.publish(listing)
        assert receipt.inbox == "credit.inbox.tender.v1"
        assert door.fate_at(receipt.offset, wait_s=WAIT_S).state is FateState.APPLIED
        with pytest.raises(GatewayRefused) as told:
            door.publish(a_bid_bar(subject_id=subject, record_id=record, bases=(), provisions=()))
        assert "/envelope/bases" in [each.pointer for each in told.value.problem.mistakes]
        with pytest.raises(Unsendable, match="/envelope/record_revision"):
            door.publish(a_bid_bar(record_revision="1"))
        with pytest.raises(GatewayRefused):
            door.publish(a_bid_bar(source="court", subject_id=subject))
    number = f"SYN-{crc32(subject.encode()) % 10**8:08d}-1980"
    person = PersonNumber(number_kind="synthetic", number=number)
    with gateway(live, "court") as door:
        listing = a_listing(record_id=f"person of {subject}", subject_name=None, synthetic=True)
        answer = door.fate_at(door.publish(listing, person).offset, wait_s=WAIT_S)
    assert answer.state is FateState.APPLIED


def test_an_id_that_has_named_another_subject_is_a_conflict(
    live: LiveBus, subject: SubjectId
) -> None:
    record, other, third = f"reused {subject}", a_firm(), a_firm()
    first = a_bid_bar(subject_id=subject, record_id=record)
    second = a_bid_bar(subject_id=other, record_id=record, record_revision=2)
    removal = a_removal(
        source="tender",
        subject_id=third,
        record_id=record,
        record_revision=3,
        list_id=first.list_id,
    )

    def filed(door: httpx.Client, act: Act) -> httpx.Response:
        content = to_record(act)
        del content["envelope"]["adult_on_decision"]
        return door.post("/v1/events", content=msgspec.json.encode(content))

    with gateway(live) as told, live.http("gateway", "tender") as door:
        receipt = filed(door, first).json()
        assert told.fate_at(receipt["offset"], wait_s=WAIT_S).state is FateState.APPLIED
        eventually(lambda: told.fate(record).arrivals[0].entries)  # whom it names is known as well
        answer = filed(door, second)
        assert (answer.status_code, answer.json()["reason"]) == (409, "CONTENT_CONFLICT")
        assert answer.json()["field"] == "envelope.record_id"
        line = door.post("/v1/batches", content=batched(second)).text.splitlines()[0]
        assert '"CONTENT_CONFLICT"' in line
        # What eases is asked nothing.
        assert filed(door, removal).status_code == 202


def test_an_id_that_has_named_another_subject_is_a_conflict_by_kafka_too(
    live: LiveBus, tender: Publisher, subject: SubjectId
) -> None:
    record, other = f"reused by kafka {subject}", a_firm()

    def sent(**changes: Any) -> int:
        return tender.publish(a_bid_bar(record_id=record, **changes)).offset

    with gateway(live) as told:

        def fate(offset: int) -> tuple[FateState, list[str]]:
            found = told.fate_at(offset, wait_s=WAIT_S)
            return found.state, [f"{each.reason} {each.field}" for each in found.reasons]

        # Its own mistake names nobody: the id may be used for the right subject then.
        assert fate(sent(subject_id=other, bases=()))[0] is FateState.REFUSED
        first, second = sent(subject_id=subject), sent(subject_id=other, record_revision=2)
        assert fate(first) == (FateState.APPLIED, [])
        conflict = (FateState.REFUSED, ["CONTENT_CONFLICT record_id"])
        assert fate(second) == conflict
        removal = a_removal(
            source="tender",
            subject_id=other,
            record_id=record,
            record_revision=3,
            list_id="BL-BID-ZT",
        )
        eased = told.fate_at(tender.publish(removal).offset, wait_s=WAIT_S)
        assert (eased.state, eased.waits_for) == (FateState.WAITING, "entry")
        assert fate(sent(subject_id=subject, record_revision=4)) == (FateState.APPLIED, [])
        assert fate(sent(subject_id=other, record_revision=5)) == conflict
        assert not told.fate(record).is_reused


def batched(act: Act) -> bytes:
    content = to_record(act)
    del content["envelope"]["adult_on_decision"]
    return msgspec.json.encode(content) + b"\n"


def test_the_command_line_asks_from_anywhere(
    live: LiveBus, tender: Publisher, subject: SubjectId, tmp_path: Path
) -> None:
    record = f"asked {subject}"
    tender.publish(a_bid_bar(subject_id=subject, record_id=record))
    token = tmp_path / "token"
    token.write_text(live.file.secrets[token_name("tender")] + "\n", encoding="utf-8")
    shown = ["--gateway", address(live), "--token-file", str(token)]
    run = CliRunner()

    eventually(lambda: run.invoke(app, ["fate", record, *shown]).exit_code == 0)
    told = run.invoke(app, ["fate", record, *shown, "--wait", f"{WAIT_S}", "--json"])
    assert told.exit_code == 0, told.output
    assert msgspec.json.decode(told.stdout, type=RecordFates).state is FateState.APPLIED
    assert run.invoke(app, ["fate", "nobody's", *shown]).exit_code == 2
    local = ["--source", "tender", "--home", str(live.sites.home)]
    assert run.invoke(app, ["fate", record, *local]).exit_code == 0


def test_a_gateway_that_is_away_or_is_none_is_told_in_a_sentence(live: LiveBus) -> None:
    with Gateway("http://127.0.0.1:9", "t") as away, pytest.raises(NotPublished, match="answer"):
        away.fate("x")
    other = f"http://{HOST}:{live.file.ports.metrics_of('gateway')}"
    with Gateway(other, "t") as none, pytest.raises(NotPublished, match="gateway's address"):
        none.fate("x")


def test_a_widened_inbox_tells_each_record_its_own_fate(live: LiveBus, subject: SubjectId) -> None:
    """Its partitions have the same offsets; the city of another test may send by it as well."""
    source, count = "gardens", 40
    known = live.bus.stack.admin().list_topics(timeout=WAIT_S).topics[inbox(source)]
    if len(known.partitions) == 1:  # or an earlier try has widened it
        assert widen_inbox(live.file, source, 3) == 1
    removals = [
        a_removal(source=source, subject_id=subject, record_id=f"{number} of {subject}")
        for number in range(count)
    ]
    with Publisher(
        source,
        kafka=live.file.bootstrap,
        registry=live.file.registry_url,
        password=live.file.credentials[source],
    ) as publisher:
        receipts = [publisher.publish(each) for each in removals]
    assert {each.partition for each in receipts} == {0, 1, 2}
    with gateway(live, source) as door:
        for removal, receipt in zip(removals, receipts, strict=True):
            partition = receipt.partition
            fate = door.fate_at(receipt.offset, WAIT_S, partition=partition)
            assert (fate.record_id, fate.partition) == (removal.envelope.record_id, partition)
            assert fate.waits_for != "listing"
    day = day_of(SystemClock().now())
    with live.http("gateway", source) as client:
        signed = eventually(lambda: _if_given(client.get(f"/v1/statements/{day}")))
        statement = verified(signed, client.get(KEYS_PATH).text)
    parts = (statement.accepted, statement.refused)
    told = {(each.partition, each.offset) for part in parts for each in part}
    assert told >= {(each.partition, each.offset) for each in receipts}
    assert statement.adds_up


def _if_given(answer: httpx.Response) -> str:
    """Return the text of an answer, nothing where views is behind for a moment."""
    return answer.text if answer.is_success else ""
