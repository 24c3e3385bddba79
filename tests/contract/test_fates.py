"""What a source is told of its records, held against a real server of the Redis protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import structlog
from redis import Redis

from creditbus.demo.city import organisation
from creditbus.domain.acts.refusals import (
    TRIED,
    DeadLetter,
    Fault,
    Reason,
    SilentEffect,
    duplicate,
    refuse,
    taken,
)
from creditbus.domain.ids import SourceId
from creditbus.gateway.fates import FateDesk
from creditbus.gateway.refusals import page_after
from creditbus.gateway.streams import STREAMS_OF_ONE, FateStream
from creditbus.runtime.clock import SystemClock
from creditbus.runtime.http.problems import Busy, Unknown
from creditbus.runtime.kafka.clients import Record
from creditbus.runtime.redis.fates import Fates, told_plainly
from creditbus.runtime.redis.reads import Rebuilding, Serving
from creditbus.runtime.redis.recall import Respite, ThreadRecall, whom_named
from creditbus.runtime.redis.served import (
    PREFIX,
    TOLD_KEPT,
    place_in_inbox,
    record_key,
    told_key,
)
from creditbus.runtime.redis.told import KEPT, ToldFates
from creditbus.runtime.redis.writes import Writes
from creditbus.runtime.settings import Settings
from creditbus.stack.local import LocalStack
from creditbus.views.placement import put, values
from creditbus.wire.answers import FateState, RecordFate
from creditbus.wire.headers import ORIGIN, REDRIVEN
from creditbus.wire.topics import (
    DEAD_LETTERS,
    DUPLICATES,
    EVENTS,
    INBOX_PARTITIONS,
    REFUSALS,
    STANDINGS,
    TAKEN,
    inbox,
)
from tests.examples import a_codec, a_listing, a_removal, a_standing

COURT = SourceId("court")
OTHER = organisation(77)
EVENT = a_listing()
RECORD = EVENT.envelope.record_id
BASIS = Fault(Reason.BASIS_MISSING, "bases", "art. 8", "name it")


@pytest.fixture
def url(stack: LocalStack) -> str:
    """An address of Redis, with nothing of another test in it."""
    with Redis.from_url(stack.file.redis_url) as client:
        for key in client.scan_iter(match=f"{PREFIX}*"):
            client.delete(key)
    return stack.file.redis_url


class Told:
    """A Redis to which facts are told as views tells them, at a record's place in the inbox."""

    def __init__(self, serving: Serving) -> None:
        self.serving, self.desk = serving, FateDesk(serving)
        self._offsets: dict[str, int] = {}

    async def tell(
        self,
        topic: str,
        value: Any,
        at: int,
        *,
        age: timedelta = timedelta(),
        sent: int | None = None,
        partition: int = 0,
    ) -> None:
        """Tell of what came in at an offset; ``sent`` is where it was sent if it was redriven."""
        offset = self._offsets.get(topic, 0)
        self._offsets[topic] = offset + 1
        writes = Writes(topic, 0, offset)
        redriven = [] if sent is None else [(REDRIVEN, origin(sent).encode())]
        record = Record(
            topic=topic,
            partition=0,
            offset=offset,
            written_at=SystemClock().now() - age,
            key=b"",
            value=a_codec().encode(value),
            headers=[(ORIGIN, origin(at, partition).encode()), *redriven],
        )
        writes.pass_by(offset, record.origin)
        put(writes, record, *values([record], a_codec()))
        await self.serving.storing.write(writes)

    async def newest(self, record: str = RECORD, wait_s: float = 0) -> RecordFate:
        found = await self.desk.of_record(COURT, record, wait_s)
        assert found.state is found.arrivals[0].state
        return found.arrivals[0]


def origin(at: int, partition: int = 0) -> str:
    return f"{inbox(COURT)}/{partition}/{at}"


def run(url: str, steps: Callable[[Told], Awaitable[None]]) -> None:
    async def whole() -> None:
        serving = Serving(url)
        try:
            await serving.storing.begin()
            await serving.storing.complete()
            await steps(Told(serving))
        finally:
            await serving.close()

    asyncio.run(whole())


def test_a_listing_waits_and_is_applied_with_the_stage_of_its_entry(url: str) -> None:
    async def steps(told: Told) -> None:
        await told.tell(EVENTS, EVENT, 41)
        waiting = await told.newest()
        assert (waiting.state, waiting.waits_for) == (FateState.WAITING, "listing")
        assert (waiting.offset, waiting.record_revision) == (41, 1)
        await told.tell(STANDINGS, a_standing(EVENT), 41)
        applied = await told.newest()
        assert (applied.state, applied.waits_for, applied.effect) == (FateState.APPLIED, "", "")
        assert [each.list_id for each in applied.entries] == [EVENT.list_id]
        assert applied.decided_at is not None
        assert (await told.desk.at(COURT, 41, 0)) == applied

    run(url, steps)


def a_letter(offset: int, key: bytes) -> DeadLetter:
    return DeadLetter(
        source=COURT,
        topic=inbox(COURT),
        partition=0,
        offset=offset,
        reason="UNFRAMED",
        detail="the value does not begin with a zero byte",
        key=key,
        value=b"x",
        size=1,
    )


def test_whom_a_record_has_named_is_known_where_it_counted_or_is_undecided(url: str) -> None:
    other = a_listing(subject_id=OTHER, record_revision=2)
    mistyped = a_removal(record_id="never listed", subject_id=OTHER)
    letter = a_letter(5, b"dead")

    async def steps(told: Told) -> None:
        async def named(*records: str) -> list[set[str]]:
            found = await whom_named(told.serving, [(COURT, each) for each in records])
            return [set(each.subjects) for each in found]

        async def refused(record: str) -> set[tuple[int, int]]:
            (found,) = await whom_named(told.serving, [(COURT, record)])
            return set(found.refused)

        assert await whom_named(told.serving, []) == []
        assert await named(RECORD) == [set()]
        await told.tell(EVENTS, EVENT, 1)
        assert await named(RECORD) == [{EVENT.envelope.subject_id}]  # nobody has decided it yet
        await told.tell(STANDINGS, a_standing(EVENT), 1)
        assert await named("unheard of", RECORD) == [set(), {EVENT.envelope.subject_id}]
        assert not (await told.desk.of_record(COURT, RECORD, 0)).is_reused
        await told.tell(EVENTS, other, 2, partition=2)
        refusal = refuse(other.envelope, [BASIS], origin(2, 2))
        await told.tell(REFUSALS, refusal, 2, partition=2)
        await told.tell(EVENTS, mistyped, 3)
        await told.tell(TAKEN, taken(mistyped.envelope, SilentEffect.WAITING, origin(3)), 3)
        assert await named(RECORD, "never listed") == [{EVENT.envelope.subject_id}, set()]
        assert await refused(RECORD) == {(2, 2)}
        await told.tell(DEAD_LETTERS, letter, 5)
        assert (await named("dead"), await refused("dead")) == ([set()], {(0, 5)})
        await told.tell(EVENTS, other, 4)
        await told.tell(STANDINGS, a_standing(other), 4)
        assert await named(RECORD) == [{EVENT.envelope.subject_id, OTHER}]
        # A worker that asks from its own thread is told the same, and nothing of what is new.
        recall = ThreadRecall.of(Settings(redis=url), Respite(structlog.stdlib.get_logger()))
        records = [(COURT, each) for each in ("unheard of", RECORD, "never listed", "dead")]
        answers = await whom_named(told.serving, records)
        assert recall.named(records) == dict(list(zip(records, answers, strict=True))[1:])
        assert (await told.desk.of_record(COURT, RECORD, 0)).is_reused

    run(url, steps)


def test_a_worker_is_told_nothing_by_nobody_and_by_what_is_no_redis_of_ours(url: str) -> None:
    for address in ("redis://127.0.0.1:9/0", url.replace("://:", "://:not")):
        recall = ThreadRecall.of(Settings(redis=address), Respite(structlog.stdlib.get_logger()))
        assert recall.named([(COURT, RECORD)]) == {}
    with Redis.from_url(url) as client:
        client.set(record_key(COURT, RECORD), "no set of places")
    recall = ThreadRecall.of(Settings(redis=url), Respite(structlog.stdlib.get_logger()))
    assert recall.named([(COURT, RECORD)]) == {}


def test_whatever_is_told_first_the_outcome_stands(url: str) -> None:
    async def steps(told: Told) -> None:
        await told.tell(REFUSALS, refuse(EVENT.envelope, [BASIS], origin(5)), 5)
        await told.tell(EVENTS, EVENT, 5)
        refused = await told.newest()
        assert refused.state is FateState.REFUSED
        assert [(each.reason, each.field) for each in refused.reasons] == [(BASIS.reason, "bases")]
        assert refused.reasons[0].detail_zh
        await told.tell(DUPLICATES, duplicate(EVENT.envelope, origin(6)), 6)
        found = await told.desk.of_record(COURT, RECORD, 0)
        assert [(each.offset, each.state) for each in found.arrivals] == [
            (6, FateState.DUPLICATE),
            (5, FateState.REFUSED),
        ]

    run(url, steps)


def test_what_counts_in_silence_is_told_as_what_it_is(url: str) -> None:
    removal = a_removal(record_id="never listed")

    async def steps(told: Told) -> None:
        await told.tell(TAKEN, taken(EVENT.envelope, SilentEffect.KEPT, origin(1)), 1)
        assert ((await told.newest()).state, (await told.newest()).effect) == (
            FateState.APPLIED,
            "KEPT",
        )
        await told.tell(EVENTS, removal, 2)
        await told.tell(TAKEN, taken(removal.envelope, SilentEffect.WAITING, origin(2)), 2)
        waiting = await told.newest("never listed", wait_s=5)
        assert (waiting.state, waiting.waits_for) == (FateState.WAITING, "entry")

    run(url, steps)


def test_a_dead_letter_is_found_by_its_key_and_its_place(url: str) -> None:
    letter = a_letter(9, "（2026）鲁02执9号".encode())

    async def steps(told: Told) -> None:
        await told.tell(DEAD_LETTERS, letter, 9)
        dead = await told.newest("（2026）鲁02执9号")
        assert (dead.state, dead.cause, dead.offset) == (FateState.DEAD, "UNFRAMED", 9)
        assert dead.detail

    run(url, steps)


@pytest.mark.parametrize("sequence", [0, 5])
def test_where_a_redriven_record_was_sent_is_known_whatever_became_of_it(
    url: str, sequence: int
) -> None:
    event = a_listing(sequence=sequence)

    async def steps(told: Told) -> None:
        await told.tell(EVENTS, event, 11, sent=3)
        await told.tell(REFUSALS, refuse(event.envelope, [BASIS], origin(12)), 12, sent=4)
        await told.tell(EVENTS, event, 13)
        found = await Fates(told.serving).between(COURT, range(11, 14))
        assert [each.redriven for each in found] == [3, 4, None]
        assert (await told.newest()).redriven is None
        assert (await told.desk.at(COURT, 11, 0)).redriven == 3

    run(url, steps)


def test_of_a_widened_inbox_each_record_has_its_own_fate(url: str) -> None:
    """Two partitions have the same offsets, and one record lies in both: it moved in between."""
    revised = a_listing(record_revision=2)
    other = a_listing(record_id="another", subject_id=OTHER)
    last = INBOX_PARTITIONS - 1

    async def steps(told: Told) -> None:
        await told.tell(REFUSALS, refuse(EVENT.envelope, [BASIS], origin(7)), 7)
        await told.tell(EVENTS, revised, 2, partition=last)
        await told.tell(EVENTS, other, 7, partition=last)
        await told.tell(STANDINGS, a_standing(other), 7, partition=last)
        first = await told.desk.at(COURT, 7, 0)
        second = await told.desk.at(COURT, place_in_inbox(last, 7), 0)
        assert (first.state, first.partition, first.offset) == (FateState.REFUSED, 0, 7)
        assert (second.state, second.partition, second.offset) == (FateState.APPLIED, last, 7)
        ahead = await told.desk.at(COURT, place_in_inbox(last, 8), 0)
        assert (ahead.waits_for, ahead.partition, ahead.offset) == ("intake", last, 8)
        # Of one record the newest arrival is told first, whatever its offset.
        found = await told.desk.of_record(COURT, RECORD, 0)
        assert [(each.partition, each.offset) for each in found.arrivals] == [(last, 2), (0, 7)]
        page = await told.desk.between(COURT, place_in_inbox(last, 1), 500)
        assert [(each.partition, each.offset) for each in page.fates] == [(last, 2), (last, 7)]
        assert page.next == 8
        beyond = await told.desk.between(COURT, place_in_inbox(1, 0), 500)
        assert (beyond.fates, beyond.next) == ((), 0)
        overview = await told.serving.overview()
        assert overview.sources[COURT].received == 8 + 8

    run(url, steps)


def test_what_came_back_to_an_earlier_partition_is_newer_all_the_same(url: str) -> None:
    async def steps(told: Told) -> None:
        await told.tell(DUPLICATES, duplicate(EVENT.envelope, origin(3, 5)), 3, partition=5)
        await asyncio.sleep(0.01)
        await told.tell(DUPLICATES, duplicate(EVENT.envelope, origin(9, 2)), 9, partition=2)
        await told.tell(EVENTS, EVENT, 1, partition=2)
        found = await told.desk.of_record(COURT, RECORD, 0)
        assert [(each.partition, each.offset) for each in found.arrivals] == [
            (2, 1),
            (2, 9),
            (5, 3),
        ]

    run(url, steps)


def test_of_very_many_arrivals_the_newest_are_kept_wherever_they_lie(url: str) -> None:
    """The inbox was widened twice, and the record came back to a lower partition."""

    async def steps(told: Told) -> None:
        for number in range(60):
            sent = duplicate(EVENT.envelope, origin(number, 5))
            await told.tell(DUPLICATES, sent, number, partition=5)
        await asyncio.sleep(0.01)
        await told.tell(DUPLICATES, duplicate(EVENT.envelope, origin(1, 2)), 1, partition=2)
        found = await told.desk.of_record(COURT, RECORD, 0)
        places = [(each.partition, each.offset) for each in found.arrivals]
        assert places == [(2, 1), *((5, number) for number in range(59, 10, -1))]

    run(url, steps)


def test_nobody_is_told_of_anothers_record_and_old_ones_are_forgotten(url: str) -> None:
    async def steps(told: Told) -> None:
        await told.tell(EVENTS, EVENT, 3)
        await told.tell(DUPLICATES, duplicate(EVENT.envelope, origin(2)), 2, age=timedelta(days=31))
        found = await told.desk.of_record(COURT, RECORD, 0)
        assert [each.offset for each in found.arrivals] == [3]
        with pytest.raises(Unknown, match="nothing is known"):
            await told.desk.of_record(SourceId("tax"), RECORD, 0)
        with pytest.raises(Unknown) as old:
            await told.desk.at(COURT, 2, 0)
        assert old.value.reason == "RECEIPT_UNKNOWN"
        ahead = await told.desk.at(COURT, 4, 0)
        assert (ahead.state, ahead.waits_for) == (FateState.WAITING, "intake")

    run(url, steps)


def test_whoever_waits_is_told_long_before_the_wait_is_over(url: str) -> None:
    async def steps(told: Told) -> None:
        await told.tell(EVENTS, EVENT, 1)
        waiting = asyncio.create_task(told.newest(wait_s=120))
        await asyncio.sleep(0.5)
        began = asyncio.get_running_loop().time()
        await told.tell(STANDINGS, a_standing(EVENT), 1)
        assert (await waiting).state is FateState.APPLIED
        assert asyncio.get_running_loop().time() - began < 60

    run(url, steps)


def test_while_views_is_behind_what_is_known_is_told_and_nothing_else(url: str) -> None:
    async def steps(told: Told) -> None:
        await told.tell(EVENTS, EVENT, 1)
        with Redis.from_url(url) as client:
            for key in client.scan_iter(match=f"{PREFIX}complete*"):
                client.delete(key)
        assert (await told.newest()).state is FateState.WAITING
        with pytest.raises(Rebuilding):
            await told.newest("unheard of")

    run(url, steps)


def test_a_try_is_told_as_it_would_have_been_and_counts_nowhere(url: str) -> None:
    sound = a_listing(record_id="sound", sequence=10).envelope
    wrong = a_listing(record_id="wrong", sequence=900).envelope

    async def steps(told: Told) -> None:
        await told.tell(REFUSALS, refuse(sound, [TRIED], origin(1)), 1)
        await told.tell(REFUSALS, refuse(wrong, [BASIS, TRIED], origin(2)), 2)
        fine, refused = await told.newest("sound"), await told.newest("wrong")
        assert (fine.state, fine.sandbox, fine.reasons) == (FateState.APPLIED, True, ())
        assert (refused.state, refused.sandbox) == (FateState.REFUSED, True)
        assert [each.reason for each in refused.reasons] == [Reason.BASIS_MISSING]
        page = await page_after(told.serving, COURT, "", 10)
        assert [(each.record_id, len(each.faults)) for each in page.refusals] == [("wrong", 1)]
        # Neither the sums nor the running numbers of the source know of it.
        overview = await told.serving.overview()
        counts = overview.sources[COURT]
        assert (counts.tried, counts.refused, counts.missing) == (2, 0, 0)
        assert overview.reasons == {}

    run(url, steps)


class Followed:
    """A stream of the court's fates, read event by event."""

    def __init__(self, fates: ToldFates, last: str = "") -> None:
        self._events = FateStream(fates, COURT, last, lambda: True).events()
        self._left: list[bytes] = []

    async def next(self) -> tuple[str, str, dict[str, Any]]:
        """Return the id, the name and the content of the next event."""
        while True:
            while not self._left:
                some = await asyncio.wait_for(anext(self._events), 30)
                self._left = [each for each in some.split(b"\n\n") if each]
            told = dict(line.split(": ", 1) for line in self._left.pop(0).decode().splitlines())
            if "event" in told:
                return told["id"], told["event"], msgspec.json.decode(told["data"])

    async def close(self) -> None:
        await self._events.aclose()  # type: ignore[attr-defined]


def test_a_party_is_told_each_decision_once_and_goes_on_where_it_ended(url: str) -> None:
    async def steps(told: Told) -> None:
        fates = ToldFates(told.serving, told_plainly)
        async with fates.followed():
            await told.tell(EVENTS, EVENT, 1)
            await told.tell(STANDINGS, a_standing(EVENT), 1)
            first = Followed(fates)
            begun, name, _ = await first.next()
            assert name == "begin"  # what was decided before is in the pages
            wrong = a_listing(record_id="wrong").envelope
            await told.tell(REFUSALS, refuse(wrong, [BASIS], origin(2)), 2)
            # What is only admitted, or decided before, is no news.
            await told.tell(EVENTS, a_listing(record_id="waits"), 3)
            await told.tell(DUPLICATES, duplicate(EVENT.envelope, origin(1)), 1)
            await told.tell(DUPLICATES, duplicate(EVENT.envelope, origin(4)), 4)
            heard = [await first.next(), await first.next()]
            told_of = [(each[1], each[2]["offset"], each[2]["state"]) for each in heard]
            assert told_of == [("fate", 2, "REFUSED"), ("fate", 4, "DUPLICATE")]
            await first.close()
            for last, offsets in ((begun, [2, 4]), (heard[0][0], [4])):
                again = Followed(fates, last)
                assert [(await again.next())[2]["offset"] for _ in offsets] == offsets
                await again.close()

    run(url, steps)


def test_what_is_told_no_more_is_said_to_be_left_out(url: str) -> None:
    async def steps(told: Told) -> None:
        fates = ToldFates(told.serving, told_plainly)
        client = Redis.from_url(url)
        async with fates.followed():
            await told.tell(DUPLICATES, duplicate(EVENT.envelope, origin(1)), 1)
            stream = Followed(fates)
            begun, _, _ = await stream.next()
            build = begun.partition("-")[0]
            for last in ("nonsense", f"1{build}-1-0", f"{build}-{2**50}-0"):
                lost = Followed(fates, last)
                assert (await lost.next())[:2] == (begun, "reset")
                await lost.close()
            # A flood that pushes out what a reader has not heard.
            with client.pipeline() as ask:
                for number in range(TOLD_KEPT + 2 * KEPT):
                    ask.xadd(told_key(COURT), {"place": number + 10}, maxlen=TOLD_KEPT)
                ask.execute()
            late = Followed(fates, begun)
            for each in (stream, late):
                assert (await each.next())[1] == "reset"
            # From there on each hears all again.
            await told.tell(DUPLICATES, duplicate(EVENT.envelope, origin(2)), 2)
            for each in (stream, late):
                assert (await each.next())[2]["offset"] == 2
                await each.close()
        client.close()

    run(url, steps)


def test_views_that_are_built_anew_begin_a_stream_anew(url: str) -> None:
    async def steps(told: Told) -> None:
        fates = ToldFates(told.serving, told_plainly)
        async with fates.followed():
            stream = Followed(fates)
            assert (await stream.next())[1] == "begin"
            storing = told.serving.storing
            await storing.clear()
            await storing.begin()
            await storing.complete()
            assert (await stream.next())[1] == "reset"
            await told.tell(DUPLICATES, duplicate(EVENT.envelope, origin(7)), 7)
            assert (await stream.next())[2]["offset"] == 7
            others = [Followed(fates) for _ in range(STREAMS_OF_ONE - 1)]
            for each in others:
                await each.next()
            with pytest.raises(Busy):
                Followed(fates)
            for each in (stream, *others):
                await each.close()

    run(url, steps)


def test_where_a_record_was_sent_first_it_is_known_where_it_went_on(url: str) -> None:
    async def steps(told: Told) -> None:
        letter = DeadLetter(
            source=COURT,
            topic=inbox(COURT),
            partition=0,
            offset=3,
            reason="UNKNOWN_SCHEMA",
            detail="not yet",
            key=RECORD.encode(),
            value=b"",
            size=0,
        )
        await told.tell(DEAD_LETTERS, letter, 3)
        assert (await Fates(told.serving).between(COURT, [3]))[0].again is None
        await told.tell(EVENTS, EVENT, 11, sent=3)
        await told.tell(STANDINGS, a_standing(EVENT), 11, sent=3)
        # One of which nothing is kept any more is not made up.
        await told.tell(EVENTS, a_listing(record_id="other"), 12, sent=2)
        first, second = await Fates(told.serving).between(COURT, [2, 3, 11])
        assert (first.state, first.again) == (FateState.DEAD, 11)
        assert (second.state, second.redriven, second.again) == (FateState.APPLIED, 3, None)

    run(url, steps)
