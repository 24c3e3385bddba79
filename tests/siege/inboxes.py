"""The inboxes: what a source may put there that nobody can read, and what may befall one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Final

import fastavro
import httpx
from confluent_kafka.admin import AclBindingFilter, AdminClient

from creditbus.stack.ports import HOST
from creditbus.stack.rights import bindings
from creditbus.wire.records import to_record
from creditbus.wire.schemas import load_schemas
from creditbus.wire.topics import inbox, service_principal, topics
from tests.bus_fixtures import LiveBus, eventually, press
from tests.examples import SCHEMA_FOLDER, a_listing, a_removal
from tests.siege.batches import put_named
from tests.siege.blows import Chapter
from tests.siege.siege import Headers, Siege

CHAPTER: Final = Chapter("The inboxes", door="inbox")

HUGE: Final = 150_000_000
UNDER: Final = 1_900_000
FLOOD: Final = 50_000
BOUND_S: Final = 60.0
PACKED: Final[dict[str, Any]] = {"compression.codec": "zstd"}
YEAR_1: Final = -62_135_625_600_000_000
YEAR_9999: Final = 253_402_304_399_000_000
"""Microseconds of 0001-01-01T00:00:00+08:00 and of 9999-12-31T23:59:59-01:00, which no date has."""


def parked(live: LiveBus) -> dict[str, dict[str, Any]]:
    """Return what intake says of the inboxes that it cannot read, by topic."""
    url = f"http://{HOST}:{live.file.ports.metrics_of('intake')}/health/ready"
    told = httpx.get(url, timeout=5).json()
    assert told["ready"] is True, told
    return {each["topic"]: each for each in told.get("parked", ())}


def throw(siege: Siege, codec: str, size: int, **given: Any) -> int:
    """Put one record into the culprit's inbox that is small packed and huge unpacked."""
    room = {"message.max.bytes": 2 * HUGE, "batch.size": 2 * HUGE}
    return siege.put(b"\0" * size, **{"compression.codec": codec, **room, **given})


def listed(siege: Siege) -> bytes:
    """Return a good record of the culprit."""
    subject = siege.subject()
    record = a_listing(subject_id=subject, record_id=f"siege-{subject}")
    return siege.live.process().codec.encode(record)


def see_parked(siege: Siege, place: int) -> None:
    """See that the culprit's inbox waits at a place, and that every watcher is told."""
    live, topic = siege.live, inbox(siege.culprit)
    found = eventually(lambda: parked(live).get(topic), BOUND_S)
    assert (found["position"], found["reason"]) == (place, "batch_unreadable")
    url = f"http://{HOST}:{live.file.ports.metrics_of('intake')}/metrics"
    metric = f'creditbus_parked{{reason="batch_unreadable",source="{siege.culprit}"}} 1.0'
    assert metric in httpx.get(url, timeout=5).text
    assert f"{topic}/0/{place} waits" in press(live, "status", "--json")[1]
    code, printed = press(live, "inbox", "list", "--json")
    assert (code, f'"position":{place}' in printed) == (0, True)
    assert press(live, "trace", f"{topic}/0/{place}")[0] == 0
    assert place in {each.offset for each in live.reader().unread(topic)}


def skip(siege: Siege, offset: int) -> tuple[int, str]:
    """Skip what the culprit's inbox stands at, with a reason."""
    why = ("--reason", "it is broken on purpose")
    return press(siege.live, "inbox", "skip", siege.culprit, "--offset", str(offset), *why)


def let_go_on(siege: Siege, place: int, *, behind: int) -> None:
    """Skip what cannot be read, and see the dead letter and that what lay behind is decided."""
    code, printed = skip(siege, place)
    assert code == 0, printed
    letters = eventually(lambda: (told := siege.letters()).get(place) and told)
    assert letters[place].reason == "BATCH_UNREADABLE"
    assert behind not in letters
    eventually(lambda: inbox(siege.culprit) not in parked(siege.live))
    code, printed = skip(siege, behind)
    assert (code, "does not wait" in printed) == (2, True)


@CHAPTER.blow(
    strikes="bytes that are no record, under a key that is no text",
    then="a dead letter with the offset",
    is_short=True,
)
def bytes_that_are_no_record(siege: Siege) -> None:
    place = siege.put(b"no record at all", key=b"\xc0\xb4\xd4\xb4")
    letter = eventually(lambda: siege.letters().get(place))
    assert letter.reason == "UNFRAMED"


@CHAPTER.blow(
    strikes="header names that are not UTF-8, on records that are else good and on bad ones",
    then="a dead letter with the offset for each",
    is_short=True,
)
def header_names_that_are_no_text(siege: Siege) -> None:
    good = listed(siege)
    names = (b"\xc0\xb4\xd4\xb4", b"\xff", b"\x80\xfe", b"\xed\xa0\x80")
    topic = inbox(siege.culprit)
    places = [
        put_named(siege.live, siege.culprit, topic, value, [b"ce_id", name, b"ce_id"])
        for name in names
        for value in (good, b"no record at all", None)
    ]
    letters = eventually(lambda: (told := siege.letters()).keys() >= {*places} and told)
    assert {letters[place].reason for place in places} == {"HEADERS_UNREADABLE"}
    assert press(siege.live, "trace", str(places[0]))[0] == 1  # no such id, and no traceback


@CHAPTER.blow(
    strikes="times of year 1 and of year 9999 that no calendar of UTC has",
    then="a dead letter with the offset for each",
    is_short=True,
)
def times_that_no_calendar_has(siege: Siege) -> None:
    codec, places = siege.live.process().codec, []
    schema = load_schemas(SCHEMA_FOLDER).newest["entry_removed"].parsed
    for micros in (YEAR_1, YEAR_9999, 2**62, -(2**62)):
        removal = a_removal(source=siege.culprit, subject_id=siege.subject())
        content = to_record(removal)
        content["envelope"]["occurred_at"] = micros
        body = BytesIO()
        fastavro.schemaless_writer(body, schema, content)
        places.append(siege.put(codec.encode(removal)[:5] + body.getvalue()))
    letters = eventually(lambda: (told := siege.letters()).keys() >= {*places} and told)
    assert {letters[place].reason for place in places} <= {"INVALID_VALUE", "UNREADABLE"}


@CHAPTER.blow(
    strikes="a batch of 5 KB that unpacks to 150 MB, and a good record behind it",
    then="the inbox waits alone and says where and why; skipped, it is a dead letter and the record"
    " behind it goes on",
    is_short=True,
)
def a_batch_that_unpacks_hugely(siege: Siege) -> None:
    place = throw(siege, "zstd", HUGE)
    behind = siege.put(listed(siege))
    see_parked(siege, place)
    let_go_on(siege, place, behind=behind)


@CHAPTER.blow(
    strikes="the same of a hundred records in one batch",
    then="the same; all records of the batch are skipped together",
)
def a_batch_of_many_records(siege: Siege) -> None:
    room: dict[str, Any] = {"message.max.bytes": HUGE, "batch.size": HUGE, "linger.ms": 500}
    producer = siege.producer(**room, **PACKED)
    for _ in range(100):
        producer.produce(inbox(siege.culprit), b"\0" * 100_000, b"one of a hundred")
    assert producer.flush(BOUND_S) == 0
    behind = siege.put(listed(siege))
    see_parked(siege, behind - 100)
    let_go_on(siege, behind - 100, behind=behind)


@CHAPTER.blow(
    strikes="batches that unpack to 37 MB by gzip and by lz4",
    then="a dead letter with the offset for each: those the client unpacks, however large",
)
def batches_of_other_codecs(siege: Siege) -> None:
    places = [throw(siege, codec, HUGE // 4) for codec in ("gzip", "lz4")]
    letters = eventually(lambda: (told := siege.letters()).keys() >= {*places} and told, BOUND_S)
    assert {letters[place].reason for place in places} == {"OVERSIZED"}


@CHAPTER.blow(
    strikes="forty batches in a row that unpack to nearly what is always taken",
    then="a dead letter for each, and intake holds no more than before",
)
def many_batches_just_under_the_limit(siege: Siege) -> None:
    places = [throw(siege, "zstd", UNDER, key=b"just under") for _ in range(40)]
    letters = eventually(lambda: (told := siege.letters()).keys() >= {*places} and told, BOUND_S)
    assert {letters[place].reason for place in places} == {"OVERSIZED"}


@CHAPTER.blow(
    strikes="records whose key, whose one header or whose ten thousand headers are as large as an "
    "inbox takes, good and bad ones, and a batch that unpacks hugely by snappy",
    then="each is decided or a dead letter with the offset, and no output of them is too large",
)
def keys_and_headers_at_the_limit(siege: Siege) -> None:
    good, large = listed(siege), 250_000
    many: Headers = [(f"name-{number}", b"0123456789") for number in range(10_000)]
    places = [
        siege.put(value, key=key, headers=headers)
        for value in (good, b"no record at all")
        for key, headers in (
            (b"k" * large, ()),
            (b"", [("one", b"h" * large)]),
            (None, many),
            (b"k" * (large // 2), [("one", b"h" * (large // 3))]),
        )
    ]
    snappy = throw(siege, "snappy", 4_000_000)
    bad = {*places[4:], snappy}
    letters = eventually(lambda: (told := siege.letters()).keys() >= bad and told, BOUND_S)
    assert letters[snappy].reason == "OVERSIZED"
    assert inbox(siege.culprit) not in parked(siege.live)
    for place in places:
        assert press(siege.live, "trace", f"{inbox(siege.culprit)}/0/{place}")[0] == 0


@CHAPTER.blow(
    strikes="records in the frames of other registries' serializers: ids of 8 bytes, unknown, none",
    then="a dead letter each, which their sender is told with its place, its reason and a hint",
    is_short=True,
)
def frames_of_other_registries(siege: Siege) -> None:
    body = listed(siege)[5:]
    places = [
        siege.put(frame + body, key=b"framed elsewhere")
        for frame in (b"\0" + bytes(7) + b"\7", b"\0\x7f\xff\xff\xff", b"\2", b"\1\0\0\0\7")
    ]
    eventually(lambda: siege.letters().keys() >= {*places})

    def told() -> dict[int, Any]:
        found: dict[int, Any] = {}
        with siege.live.http("gateway", siege.culprit) as gateway:
            after = ""
            while (page := gateway.get("/v1/refusals", params={"after": after})).is_success:
                content = page.json()
                found |= {each["offset"]: each for each in content["dead_letters"]}
                if content["next"] == after or not content["dead_letters"]:
                    break
                after = content["next"]
        return found

    shown = eventually(lambda: (found := told()).keys() >= {*places} and found)
    reasons = [shown[place]["reason"] for place in places]
    assert reasons == ["LONG_SCHEMA_ID", "UNKNOWN_SCHEMA", "UNFRAMED", "UNFRAMED"]
    assert all(shown[place]["advice"] and shown[place]["advice_zh"] for place in places)


@CHAPTER.blow(
    strikes="the right to read one inbox is taken away for a while, as records come in",
    then="the inbox waits alone, and goes on by itself when the right is back",
)
def a_right_that_is_taken_away(siege: Siege) -> None:
    topic = inbox(siege.culprit)
    with without_right(siege.live, topic):
        behind = siege.put(b"no record at all")
        found = eventually(lambda: parked(siege.live).get(topic), BOUND_S)
        assert found["reason"] == "rights_missing"
        assert behind not in siege.letters()
    eventually(lambda: behind in siege.letters(), BOUND_S)
    eventually(lambda: topic not in parked(siege.live), BOUND_S)


@contextmanager
def without_right(live: LiveBus, topic: str) -> Iterator[None]:
    """Take the right of intake to read a topic, and give it back."""
    admin = AdminClient(live.bus.stack.client_config("admin"))
    principal = f"User:{service_principal('intake')}"
    right = next(
        each
        for each in bindings(topics(list(live.bus.catalogue.sources), ()), (), ())
        if (each.name, each.principal) == (topic, principal)
    )
    narrow = AclBindingFilter(
        right.restype,
        right.name,
        right.resource_pattern_type,
        right.principal,
        right.host,
        right.operation,
        right.permission_type,
    )
    for taken in admin.delete_acls([narrow]).values():
        taken.result(BOUND_S)
    try:
        yield
    finally:
        for given in admin.create_acls([right]).values():
            given.result(BOUND_S)


@CHAPTER.blow(
    strikes="50,000 listings of one source at once",
    then="each is counted",
    others="an event's way takes a second more, and nobody who reads waits",
)
def a_flood_of_one_source(siege: Siege) -> None:
    with siege.publisher() as publisher:
        for number in range(FLOOD):
            subject = siege.subject()
            publisher.send(a_listing(subject_id=subject, record_id=f"flood-{number}-{subject}"))
        publisher.flush()
    time.sleep(BOUND_S)
