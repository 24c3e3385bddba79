"""A record that is redriven on a real broker: on record, and with no hole in its source's inbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pytest
from confluent_kafka import Message, Producer

from creditbus.console.interventions import ConsoleInterventions
from creditbus.console.staff import StaffRole, Visitor
from creditbus.domain.acts.interventions import Intervention, OperatorStep, Way
from creditbus.domain.acts.refusals import DeadLetter
from creditbus.domain.ids import SourceId
from creditbus.engine.values import Position
from creditbus.runtime.interventions.redrives import original, redrive
from creditbus.runtime.interventions.writer import InterventionWriter
from creditbus.runtime.kafka.appends import append
from creditbus.runtime.kafka.arrivals import position_of
from creditbus.runtime.kafka.clients import Record, bounds_of, read_to_end, record_at
from creditbus.runtime.kafka.written import Written
from creditbus.runtime.process import Process
from creditbus.runtime.redis.reads import Serving
from creditbus.runtime.redis.writes import Writes
from creditbus.runtime.registry import Registry
from creditbus.runtime.settings import Settings
from creditbus.stack.local import LocalStack
from creditbus.wire.headers import REDRIVEN
from creditbus.wire.records import Codec
from creditbus.wire.schemas import load_schemas
from creditbus.wire.topics import DEAD_LETTERS, INTERVENTIONS, OPERATOR, inbox
from tests.contract.test_serving import Served, served, url

__all__ = ["served", "url"]

INBOX: Final = inbox("court")
Headers = list[tuple[str, str | bytes | None]]
HEADERS: Final[Headers] = [("x", b"1"), ("y", None)]
ATTESTED: Final[Headers] = [("attestation", b"signed")]


@pytest.fixture
def operator(stack: LocalStack) -> Process:
    """The operator's process, over the broker of the tests."""
    return process_of(stack, OPERATOR, OPERATOR)


def process_of(stack: LocalStack, service: str, principal: str) -> Process:
    settings = Settings(
        kafka=stack.file.bootstrap,
        kafka_user=principal,
        kafka_password=stack.file.credentials[principal],
    )
    process = Process(service, 0, settings)
    schemas = load_schemas(settings.schemas)
    registry = Registry(stack.file.registry_url, stack.file.registry_login)
    process.codec = Codec(schemas, registry.publish(schemas), registry.text_of)
    return process


def sent(stack: LocalStack, headers: Headers = HEADERS) -> DeadLetter:
    """Let the court send what nobody can read, and return what its dead letter says."""
    producer = Producer({**stack.client_config("court"), "acks": "all"})
    found: list[Position] = []

    def report(_: object, message: Message) -> None:
        found.append(position_of(message))

    producer.produce(INBOX, b"no record", b"k", headers=headers, on_delivery=report)
    assert producer.flush(30) == 0
    return DeadLetter(
        source=SourceId("court"),
        topic=INBOX,
        partition=0,
        offset=found[0].offset,
        reason="UNFRAMED",
        detail="d",
        key=b"k",
        value=b"no record",
        size=9,
    )


def test_each_redrive_takes_one_offset_and_is_on_record(
    stack: LocalStack, operator: Process
) -> None:
    letter = sent(stack)
    at = Position(INBOX, 0, letter.offset)
    writer = InterventionWriter(operator, "wang", Way.COMMAND_LINE)
    acts = [redrive(writer, original(operator, at, lambda _: letter), f"why {n}") for n in range(2)]

    # A marker of a transaction would take an offset too, and be waited for until the day is over.
    assert bounds_of(operator, (INBOX, 0))[1] == letter.offset + 3
    for offset in (letter.offset + 1, letter.offset + 2):
        again = record_at(operator, (INBOX, 0), offset)
        assert again is not None
        assert (again.key, again.value) == (b"k", b"no record")
        assert tuple(again.headers) == (*HEADERS, (REDRIVEN, str(at).encode()))
    told: list[Intervention] = []

    def take(records: Sequence[Record]) -> None:
        values = operator.codec.decode_many([each.value for each in records])
        told.extend(each for each in values if isinstance(each, Intervention))

    read_to_end(operator, [INTERVENTIONS], {}, take)
    assert [each for each in told if each.place == str(at)] == acts
    assert {each.step for each in acts} == {OperatorStep.REDRIVE}


def test_it_is_on_record_that_mended_bytes_are_vouched_for_no_more(
    stack: LocalStack, operator: Process
) -> None:
    letter = sent(stack, ATTESTED)
    at = Position(INBOX, 0, letter.offset)
    writer = InterventionWriter(operator, "wang", Way.COMMAND_LINE)
    found = original(operator, at, lambda _: letter)
    assert redrive(writer, found, "why", b"no record").detail.startswith("as it came, 9 bytes")
    mended = redrive(writer, found, "why", b"other bytes")
    assert mended.detail.startswith("mended, its attestation dropped, 11 bytes")
    again = record_at(operator, (INBOX, 0), letter.offset + 2)
    assert again is not None
    assert [name for name, _ in again.headers] == [REDRIVEN]


def test_the_console_finds_a_letter_where_views_says_that_it_lies(
    stack: LocalStack, operator: Process, served: Served[None]
) -> None:
    letter = sent(stack)
    intake = process_of(stack, "intake", "svc.intake")
    value = operator.codec.encode(letter)
    at = append(intake, Written(topic=DEAD_LETTERS, key=b"court", value=value))

    async def steps(serving: Serving) -> None:
        writes = Writes(at.topic, at.partition, 0)
        writes.put_dead_letter(at.offset, letter)
        await serving.storing.write(writes)
        console = ConsoleInterventions(process_of(stack, "console", "svc.console"), serving)
        auditor = Visitor("li", StaffRole.AUDITOR)
        found = await console.bytes_of(auditor, letter.place)
        assert (found.key, found.value, found.headers) == (b"k", b"no record", tuple(HEADERS))
        done = await console.redrive(Visitor("zhao", StaffRole.REVIEWER), letter.place, "why")
        assert (done.author, done.way) == ("zhao", Way.CONSOLE)

    served(steps)
    again = record_at(operator, (INBOX, 0), letter.offset + 1)
    assert again is not None
    assert again.first_sent == letter.place


def test_what_the_broker_refuses_is_told_and_is_not_there(
    stack: LocalStack, operator: Process
) -> None:
    letter = sent(stack)
    with pytest.raises(Exception, match=r"(?i)size"):
        append(operator, Written(topic=INBOX, partition=0, value=b"x" * 8_000_000))
    assert bounds_of(operator, (INBOX, 0))[1] == letter.offset + 1
