"""What Serving promises its readers, held against a real server of the Redis protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import msgspec
import pytest
from redis import Redis

from creditbus.domain.acts.letters import notice_of
from creditbus.domain.acts.refusals import DeadLetter, Duplicate, Reason, Refusal
from creditbus.domain.effects.directives import Action, Directive, Outcome
from creditbus.domain.effects.exposures import Exposure
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.entries.entry import Entry, Stage
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import (
    BodyId,
    DirectiveId,
    EntryId,
    EventId,
    ListId,
    MeasureId,
    ObligationId,
    SourceId,
    SubjectId,
)
from creditbus.domain.subjects import SubjectKind
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.redis.pages import Pages
from creditbus.runtime.redis.reads import CursorUnknown, Rebuilding, Serving
from creditbus.runtime.redis.served import LAYOUTS, LEASE_S, PREFIX, Cursor, Lease
from creditbus.runtime.redis.writes import Behind, Writes
from creditbus.stack.local import LocalStack

T = TypeVar("T")
Served = Callable[[Callable[[Serving], Awaitable[T]]], T]

FIRM = SubjectId("uscc:91370200MA00000T1X")
COURT = SourceId("court")
RAILWAY = BodyId("railway")
AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAY = date(2026, 11, 23)


@pytest.fixture
def url(stack: LocalStack) -> str:
    """An address of Redis, with nothing of another test in it."""
    address = stack.file.redis_url
    client = Redis.from_url(address)
    for key in client.scan_iter(match=f"{PREFIX}*"):
        client.delete(key)
    client.close()
    return address


@pytest.fixture
def served(url: str) -> Served[object]:
    """Run a test's steps against a Redis that is complete."""

    def run(steps: Callable[[Serving], Awaitable[T]]) -> T:
        async def whole() -> T:
            serving = Serving(url)
            try:
                await serving.storing.begin()
                await serving.storing.complete()
                return await steps(serving)
            finally:
                await serving.close()

        return asyncio.run(whole())

    return run


def entry(number: int = 1, stage: Stage = Stage.ACTIVE) -> Entry:
    return Entry(
        entry_id=EntryId(f"entry-{number}"),
        list_id=ListId("BL-COURT-SX"),
        source=COURT,
        record_id=f"record-{number}",
        record_revision=1,
        event_id=EventId(f"event-{number}"),
        stage=stage,
        decided_on=DAY,
        starts_on=DAY,
        document_number="（2026）鲁02执1号",
    )


def standing(revision: int, *entries: Entry) -> Standing:
    return Standing(
        subject_id=FIRM,
        subject_kind=SubjectKind.LEGAL_PERSON,
        revision=revision,
        entries=entries,
        synthetic=True,
    )


def exposure(revision: int = 1, number: int = 1) -> Exposure:
    return Exposure(
        entry_id=EntryId(f"entry-{number}"),
        list_id=ListId("BL-COURT-SX"),
        source=COURT,
        subject_kind=SubjectKind.LEGAL_PERSON,
        subject_id=FIRM,
        subject_name="（测）青岛甲公司",
        document_number="（2026）鲁02执1号",
        provisions=(),
        decided_on=DAY,
        ends_at=None,
        disputed=False,
        revision=revision,
        synthetic=True,
    )


def directive(revision: int, action: Action = Action.APPLY, number: int = 1) -> Directive:
    return Directive(
        directive_id=DirectiveId(f"directive-{number}-{revision}"),
        obligation_id=ObligationId(f"obligation-{number}"),
        body=RAILWAY,
        measure_id=MeasureId("A01"),
        action=action,
        revision=revision,
        subject_kind=SubjectKind.LEGAL_PERSON,
        subject_id=FIRM,
        subject_name="（测）青岛甲公司",
        grounds=(),
        bases=(),
        remedies=(),
        ends_at=None,
        human_review=False,
        disputed=False,
        edition="e",
        caused_by=EventId("event-1"),
        synthetic=True,
    )


def obligation(of: Directive, at: datetime = AT, **changes: Any) -> Obligation:
    stated = Obligation(
        obligation_id=of.obligation_id,
        directive_id=of.directive_id,
        body=of.body,
        measure_id=of.measure_id,
        action=of.action,
        lane=of.lane,
        revision=of.revision,
        subject_id=of.subject_id,
        stated_at=at,
        due_at=at,
    )
    return msgspec.structs.replace(stated, **changes)


def refusal(number: int) -> Refusal:
    return Refusal(
        source=COURT,
        record_id=f"record-{number}",
        record_revision=1,
        event_id=EventId(f"event-{number}"),
        reason=Reason.BASIS_MISSING,
        field="bases",
        article="",
        detail="name a basis",
        origin=f"credit.inbox.court.v1/0/{number}",
    )


def duplicate() -> Duplicate:
    return Duplicate(
        source=COURT, record_id="r", record_revision=1, event_id=EventId("e"), origin="o"
    )


def dead_letter() -> DeadLetter:
    return DeadLetter(
        source=COURT,
        topic="credit.inbox.court.v1",
        partition=0,
        offset=1,
        reason="UNREADABLE",
        detail="",
        key=None,
        value=b"?",
        size=1,
    )


def test_a_standing_is_served_as_it_was_put(served: Served[None]) -> None:
    async def steps(serving: Serving) -> None:
        writes = Writes("standings", 0, 0)
        writes.put_standing(0, standing(1, entry()))
        assert await serving.storing.write(writes) == [1]
        assert await serving.standing(FIRM) == standing(1, entry())
        assert await serving.standing(SubjectId("uscc:nobody")) is None

    served(steps)


def test_a_lower_or_equal_revision_changes_nothing(served: Served[None]) -> None:
    async def steps(serving: Serving) -> None:
        writes = Writes("standings", 0, 0)
        writes.put_standing(0, standing(2, entry()))
        writes.put_standing(1, standing(2, entry(stage=Stage.REMOVED)))
        writes.put_standing(2, standing(1, entry(stage=Stage.REMOVED), entry(2)))
        await serving.storing.write(writes)
        assert await serving.standing(FIRM) == standing(2, entry())
        assert (await serving.overview()).entries == {"BL-COURT-SX": {Stage.ACTIVE: 1}}

    served(steps)


def test_entries_are_counted_where_they_are_now(served: Served[None]) -> None:
    async def steps(serving: Serving) -> None:
        for offset, entries in enumerate(([entry()], [entry(), entry(2)], [entry(), entry(3)])):
            writes = Writes("standings", 0, offset)
            stage = Stage.REMOVED if offset == 2 else Stage.ACTIVE
            moved = [msgspec.structs.replace(each, stage=stage) for each in entries]
            writes.put_standing(offset, standing(offset + 1, *moved))
            await serving.storing.write(writes)
        overview = await serving.overview()
        assert overview.entries == {"BL-COURT-SX": {Stage.REMOVED: 2}}
        assert overview.subjects == 1
        assert overview.topics == {"standings": 3}

    served(steps)


def test_a_record_read_again_counts_once(served: Served[None]) -> None:
    async def steps(serving: Serving) -> None:
        for last in (3, 2, 5):
            writes = Writes("refusals", 1, 0)
            for offset in range(last):
                writes.put_refusal(offset, refusal(offset))
                writes.pass_by(offset, f"credit.inbox.court.v1/0/{offset + 40}")
            await serving.storing.write(writes)
        for kind in ("duplicates", "letters"):
            for _ in range(2):
                writes = Writes(kind, 0, 0)
                if kind == "duplicates":
                    writes.put_duplicate(7, duplicate())
                else:
                    writes.put_dead_letter(7, dead_letter())
                await serving.storing.write(writes)
        overview = await serving.overview()
        assert overview.reasons == {Reason.BASIS_MISSING: 5}
        (counts,) = overview.sources.values()
        assert (counts.received, counts.refused, counts.duplicate, counts.dead) == (45, 5, 1, 1)
        found = await serving.refusals_after(COURT, "", 3)
        assert [each.record_id for _, each in found] == ["record-0", "record-1", "record-2"]
        rest = await serving.refusals_after(COURT, found[-1][0], 10)
        assert [each.record_id for _, each in rest] == ["record-3", "record-4"]
        ((cursor, notice),) = await serving.unread_after(COURT, "", 3)
        assert notice == notice_of(dead_letter())
        assert await serving.unread_after(COURT, cursor, 3) == []
        pages = Pages(serving)
        assert await pages.unread(COURT, 0, 3) == ([notice], 1)
        assert await pages.unread(COURT, 1, 3) == ([], 1)
        newest, total = await pages.refusals(COURT, 1, 2)
        assert ([each.record_id for each in newest], total) == (["record-3", "record-2"], 5)
        every, total = await pages.refusals(COURT, 0, None)
        assert ([each.record_id for each in every][::-1], total) == (
            [f"record-{number}" for number in range(5)],
            5,
        )

    served(steps)


def test_a_withdrawn_exposure_leaves_nothing_but_its_id(served: Served[None], url: str) -> None:
    async def steps(serving: Serving) -> None:
        writes = Writes("exposures", 0, 0)
        writes.put_exposure(0, exposure(1))
        writes.put_exposure(1, exposure(1, number=2))
        await serving.storing.write(writes)
        found, cursor = await serving.exposures()
        assert found == [exposure(1), exposure(1, number=2)]
        again = Writes("exposures", 0, 2)
        again.put_exposure(2, exposure(2))
        again.withdraw_exposure(3, EntryId("entry-1"))
        again.withdraw_exposure(4, EntryId("entry-2"))
        await serving.storing.write(again)
        assert (await serving.exposures())[0] == []
        changes = await serving.exposures_after(cursor, 10)
        assert [(each.entry_id, each.exposure) for each in changes] == [
            ("entry-1", None),
            ("entry-2", None),
        ]
        assert await serving.exposures_after(changes[-1].cursor, 10) == []

    served(steps)
    assert not [key for key in _everything(url) if "甲公司" in key or FIRM in key]


def test_an_older_exposure_read_again_does_not_come_back(served: Served[None]) -> None:
    async def steps(serving: Serving) -> None:
        for _ in range(2):
            writes = Writes("exposures", 0, 0)
            writes.put_exposure(0, exposure(1))
            writes.withdraw_exposure(1, EntryId("entry-1"))
            await serving.storing.write(writes)
        late = Writes("exposures", 0, 0)
        late.put_exposure(0, exposure(1))
        await serving.storing.write(late)
        assert (await serving.exposures())[0] == []

    served(steps)


@pytest.mark.parametrize("cursor", [Cursor("", 1), Cursor("1", 5), Cursor("another-build", 10**15)])
def test_a_cursor_of_another_build_is_refused(served: Served[None], cursor: Cursor) -> None:
    async def steps(serving: Serving) -> None:
        with pytest.raises(CursorUnknown):
            await serving.exposures_after(cursor, 10)

    served(steps)


def test_a_cursor_ahead_of_every_change_is_of_another_log(served: Served[None]) -> None:
    async def steps(serving: Serving) -> None:
        _, cursor = await serving.exposures()
        assert await serving.exposures_after(cursor, 10) == []
        with pytest.raises(CursorUnknown):
            await serving.exposures_after(Cursor(cursor.build, cursor.number + 1), 10)

    served(steps)


def test_an_obligation_is_owed_until_it_is_settled(served: Served[None]) -> None:
    async def steps(serving: Serving) -> None:
        applied = obligation(directive(1), tries=1, status=200, detail="unreadable answer: DONE")
        lifted = obligation(directive(2, Action.LIFT), at=AT + timedelta(minutes=1))
        writes = Writes("obligations", 0, 0)
        writes.put_obligation(0, obligation(directive(1)))
        writes.put_obligation(1, obligation(directive(1, number=2)))
        writes.put_obligation(2, applied)
        await serving.storing.write(writes)
        owed = {str(each.directive_id): each for each in await serving.owed(RAILWAY)}
        assert owed["directive-1-1"] == applied
        counts = (await serving.overview()).owed[RAILWAY]
        assert (counts.applies, counts.lifts) == (2, 0)
        assert counts.said == "HTTP 200: unreadable answer: DONE"
        later = Writes("obligations", 0, 3)
        later.put_obligation(3, lifted)
        await serving.storing.write(later)
        first, second = await serving.owed()
        assert first == lifted
        assert second.directive_id == "directive-2-1"
        counts = (await serving.overview()).owed[RAILWAY]
        assert (counts.applies, counts.lifts) == (1, 1)
        assert counts.oldest_lift_at == AT + timedelta(minutes=1)
        settled = msgspec.structs.replace(lifted, outcome=Outcome.APPLIED, settled_at=AT)
        last = Writes("obligations", 0, 4)
        last.put_obligation(4, settled)
        last.put_obligation(5, applied)
        await serving.storing.write(last)
        assert await serving.obligation(lifted.obligation_id) == settled, "a lower one is ignored"
        counts = (await serving.overview()).owed[RAILWAY]
        assert (counts.lifts, counts.said) == (0, "")

    served(steps)


def test_what_is_only_counted_leaves_nothing_but_its_count(served: Served[None]) -> None:
    async def steps(serving: Serving) -> None:
        writes = Writes("directives", 0, 0)
        writes.pass_counted(0)
        writes.pass_counted(1)
        await serving.storing.write(writes)
        assert (await serving.overview()).topics == {"directives": 2}
        assert await serving.owed() == []

    served(steps)


def test_what_is_cleared_are_the_views_of_every_layout_and_nothing_else(
    served: Served[None], url: str
) -> None:
    async def steps(serving: Serving) -> None:
        with Redis.from_url(url) as client:
            client.set("creditbus:5:standing uscc:1", "of an earlier layout")
            client.set("creditbus:inventory:kept", "no view")
            await serving.storing.clear()
            assert not list(client.scan_iter(match=LAYOUTS))
            assert client.getdel("creditbus:inventory:kept") == b"no view"

    served(steps)


def test_nothing_is_answered_without_the_marker(served: Served[None]) -> None:
    async def steps(serving: Serving) -> None:
        _, cursor = await serving.exposures()
        await serving.storing.begin()
        await every_reader_raises(serving, cursor)
        await serving.storing.complete()
        assert await serving.exposures_after(cursor, 1) == []
        await serving.storing.clear()
        await serving.storing.begin()
        for reading in (serving.overview(), serving.exposure_log(cursor, 1)):
            with pytest.raises(Rebuilding):
                await reading
        await serving.storing.complete()
        with pytest.raises(CursorUnknown):
            await serving.exposures_after(cursor, 1)

    served(steps)


async def every_reader_raises(serving: Serving, cursor: Cursor) -> None:
    for reading in (
        serving.standing(FIRM),
        serving.exposures(),
        serving.exposures_after(cursor, 1),
        serving.refusals_after(COURT, "", 1),
        serving.owed(),
        serving.owed(RAILWAY),
        serving.obligation(ObligationId("o")),
    ):
        with pytest.raises(Rebuilding):
            await reading


async def of_when_it_is(serving: Serving, cursor: Cursor) -> datetime:
    """Return as of when the readers answer that may say something old."""
    overview = await serving.overview()
    log = await serving.exposure_log(cursor, 1)
    assert (overview.is_current, log.is_current) == (False, False)
    assert overview.as_of is not None
    assert overview.as_of == log.as_of
    return overview.as_of


def test_nothing_is_answered_after_the_lease(served: Served[None]) -> None:
    async def steps(serving: Serving) -> None:
        storing = serving.storing
        _, cursor = await serving.exposures()
        lease = int(LEASE_S * 1000)
        assert await storing.complete(await storing.now() - lease + 300)
        await serving.standing(FIRM)
        await asyncio.sleep(0.4)
        assert not await storing.complete(await storing.now() - lease), "too long ago"
        await every_reader_raises(serving, cursor)
        age = await storing.now() / 1000 - (await of_when_it_is(serving, cursor)).timestamp()
        assert LEASE_S < age < LEASE_S + 2
        await storing.begin()
        await of_when_it_is(serving, cursor)
        assert await storing.complete()
        assert await serving.exposures_after(cursor, 1) == [], "a lapse is no other build"

    served(steps)


def test_each_reader_trusts_the_lease_of_what_it_reads(served: Served[None]) -> None:
    async def steps(serving: Serving) -> None:
        storing = serving.storing
        _, cursor = await serving.exposures()
        await storing.begin()
        assert await storing.renew({Lease.STANDINGS: await storing.now()}) == {Lease.STANDINGS}
        assert await serving.standing(FIRM) is None
        with pytest.raises(Rebuilding):
            await serving.exposures_after(cursor, 1)
        with pytest.raises(Rebuilding):
            await serving.refusals_after(COURT, "", 1)
        await storing.renew({Lease.EXPOSURES: await storing.now()})
        assert await serving.exposures_after(cursor, 1) == []
        assert not await storing.is_complete()

    served(steps)


def test_a_redis_that_never_began_is_not_called_complete(served: Served[None]) -> None:
    async def steps(serving: Serving) -> None:
        await serving.storing.clear()
        assert not await serving.storing.complete()
        assert not await serving.storing.is_complete()

    served(steps)


def test_the_instant_of_having_caught_up_is_kept(served: Served[None]) -> None:
    async def steps(serving: Serving) -> None:
        assert await serving.storing.caught_up_at() is None
        await serving.storing.note_caught_up(AT)
        assert await serving.storing.caught_up_at() == AT
        await serving.storing.clear()
        assert await serving.storing.caught_up_at() is None

    served(steps)


def test_writes_that_redis_has_lost_are_noticed(served: Served[None]) -> None:
    async def steps(serving: Serving) -> None:
        writes = Writes("standings", 0, 0)
        writes.put_standing(4, standing(1, entry()))
        assert await serving.storing.write(writes) == [5]
        assert await serving.storing.positions() == {("standings", 0): 5}
        await serving.storing.clear()
        with pytest.raises(Behind):
            await serving.storing.write(Writes("standings", 0, 5))
        assert await serving.storing.positions() == {}

    served(steps)


def test_an_absent_redis_is_an_outage() -> None:
    async def ask() -> None:
        serving = Serving("redis://127.0.0.1:1/0")
        try:
            await serving.standing(FIRM)
        finally:
            await serving.close()

    with pytest.raises(Unavailable) as outage:
        asyncio.run(ask())
    assert outage.value.whom == "redis"
    assert not isinstance(outage.value, Rebuilding)


def _everything(url: str) -> list[str]:
    client = Redis.from_url(url)
    found = []
    for key in client.scan_iter(match=f"{PREFIX}*"):
        kind = client.type(key)
        content: object
        match kind:
            case b"hash":
                content = client.hgetall(key)
            case b"set":
                content = client.smembers(key)
            case b"zset":
                content = client.zrange(key, 0, -1)
            case _:
                content = client.get(key)
        values = content.items() if isinstance(content, dict) else [content]
        found += [repr(key), *(str(value) for value in values)]
        found += [part.decode() for part in _bytes(content)]
    client.close()
    return found


def _bytes(content: object) -> list[bytes]:
    match content:
        case bytes():
            return [content]
        case dict():
            return [part for pair in content.items() for part in pair]
        case _:
            return list(content)  # type: ignore[call-overload,no-any-return]
