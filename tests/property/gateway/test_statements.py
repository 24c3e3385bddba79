"""Any day of any source: the sums add up, what was dropped is named, and no byte can be changed."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Final

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from creditbus.domain.acts.refusals import Fault, Reason
from creditbus.domain.ids import SourceId
from creditbus.gateway.statements import statement_of
from creditbus.runtime.redis.fates import ITS_ENTRY, LISTING, ArrivalFate
from creditbus.runtime.redis.numbers import Numbers
from creditbus.runtime.redis.served import place_in_inbox
from creditbus.wire.answers import FateState
from creditbus.wire.signatures import (
    KeyUnusable,
    StatementSigner,
    StatementUnsound,
    new_statement_key,
    verified,
)
from creditbus.wire.statements import ControlTotals, DayStatement, StatementSums, digest_of, id_of
from creditbus.wire.topics import INBOX_PARTITIONS

DAY: Final = date(2026, 11, 29)
LATER: Final = datetime(2026, 12, 1, tzinfo=UTC)
COURT: Final = SourceId("court")
FIRST: Final = 40
KEY: Final = new_statement_key()
NEWER: Final = new_statement_key()
SIGNER: Final = StatementSigner(KEY)
KEYS: Final = msgspec.json.encode(SIGNER.published).decode()


def rotated(*keys: str) -> str:
    """Return one set of the keys of several, the newest first."""
    rows = [row for each in keys for row in msgspec.json.decode(each)["keys"]]
    return msgspec.json.encode({"keys": rows}).decode()


def arrival(offset: int, state: FateState, number: int, revision: int = 1) -> ArrivalFate:
    is_dead = state is FateState.DEAD
    fault = Fault(Reason.BASIS_MISSING, "bases", "art. 8", "name it", "")
    return ArrivalFate(
        place=offset,
        record_id=f"R-{number}",
        record_revision=0 if is_dead else revision,
        event_id="" if is_dead else f"e-{number}",
        state=state,
        sequence=0 if is_dead else number,
        waits_for=LISTING if state is FateState.WAITING else "",
        reasons=(fault,) if state is FateState.REFUSED else (),
        cause="NOT_READABLE" if is_dead else "",
    )


def numbers(*seen: int) -> Numbers:
    """Return the runs of the numbers that were seen."""
    runs: list[tuple[int, int]] = []
    for each in sorted(set(seen)):
        if runs and runs[-1][1] == each - 1:
            runs[-1] = (runs[-1][0], each)
        else:
            runs.append((each, each))
    return Numbers(tuple(runs))


def told(
    totals: ControlTotals, arrivals: list[ArrivalFate], count: int | None = None
) -> DayStatement:
    end = FIRST + (len(arrivals) if count is None else count)
    known = numbers(*(each.sequence for each in arrivals if each.sequence))
    return statement_of(COURT, totals, arrivals, range(FIRST, end), known, LATER)


days = st.lists(st.sampled_from(FateState), max_size=30).map(
    lambda states: [
        arrival(FIRST + place, state, 100 + place) for place, state in enumerate(states)
    ]
)


@given(days, st.sets(st.integers(0, 29)), st.integers(0, 5))
def test_each_offset_of_the_day_is_told_once(
    day: list[ArrivalFate], unheard: set[int], behind: int
) -> None:
    heard = [each for each in day if each.offset - FIRST not in unheard]
    statement = told(ControlTotals(day=DAY), heard, len(day) + behind)

    parts = (
        *(statement.accepted, statement.duplicate, statement.refused),
        *(statement.dead, statement.waiting),
    )
    offsets = [each.offset for part in parts for each in part]
    assert sorted(offsets) == list(range(FIRST, FIRST + len(day) + behind))
    assert statement.adds_up
    assert statement.sums.received == len(offsets)
    assert statement.is_final == (not statement.waiting)


@given(days, st.data())
def test_a_day_in_several_partitions_is_told_as_a_day_in_one(
    day: list[ArrivalFate], data: st.DataObject
) -> None:
    heard: list[ArrivalFate] = []
    ends = Counter[int]()
    for each in day:
        number = data.draw(st.integers(0, INBOX_PARTITIONS - 1))
        heard.append(msgspec.structs.replace(each, place=place_in_inbox(number, ends[number])))
        ends[number] += 1
    places = [place_in_inbox(number, at) for number, end in ends.items() for at in range(end)]
    known = numbers(*(each.sequence for each in day if each.sequence))
    spread = statement_of(COURT, ControlTotals(day=DAY), heard, places, known, LATER)
    in_one = told(ControlTotals(day=DAY), day)

    assert spread.adds_up
    assert spread.sums == in_one.sums
    assert (spread.distinct, spread.digest) == (in_one.distinct, in_one.digest)
    assert spread.missing == in_one.missing
    stated = [(each.partition, each.offset) for each in spread.accepted]
    applied = [each for each in heard if each.state is FateState.APPLIED]
    assert sorted(stated) == sorted((each.partition, each.offset) for each in applied)


@given(days, st.data())
def test_a_dropped_record_is_named_by_its_id(day: list[ArrivalFate], data: st.DataObject) -> None:
    sent = [id_of(each.record_id, 1) for each in day]
    dropped = data.draw(st.sets(st.sampled_from([*sent, "R-none@1"]))) - {"R-none@1"}
    came = [each for each in day if id_of(each.record_id, 1) not in dropped]
    statement = told(
        ControlTotals(day=DAY, ids=tuple(sent)),
        [msgspec.structs.replace(each, place=FIRST + at) for at, each in enumerate(came)],
    )

    assert set(statement.missing.ids) == dropped
    assert statement.unannounced == ()
    assert len(set(sent)) == statement.distinct + len(dropped) + sum(
        each.state is FateState.DEAD for each in came
    )


@given(st.sets(st.integers(1, 40), min_size=1), st.integers(0, 45))
def test_a_dropped_record_is_named_by_its_number(seen: set[int], last: int) -> None:
    day = [
        arrival(FIRST + place, FateState.APPLIED, number)
        for place, number in enumerate(sorted(seen))
    ]
    statement = told(ControlTotals(day=DAY, first_sequence=1, last_sequence=last), day)

    named = {
        number for first, end in statement.missing.sequences for number in range(first, end + 1)
    }
    assert named == set(range(1, max(last, *seen) + 1)) - seen
    assert statement.backward_steps == 0


@given(st.lists(st.integers(1, 9), max_size=20))
def test_each_step_backward_is_counted(order: list[int]) -> None:
    day = [arrival(FIRST + place, FateState.APPLIED, number) for place, number in enumerate(order)]

    steps = sum(1 for before, after in pairwise(order) if after < before)
    assert told(ControlTotals(day=DAY), day).backward_steps == steps


def test_what_waits_for_its_entry_is_accepted_and_what_nobody_decided_waits() -> None:
    pending = msgspec.structs.replace(arrival(FIRST, FateState.WAITING, 1), waits_for=ITS_ENTRY)
    undecided = arrival(FIRST + 1, FateState.WAITING, 2)
    statement = told(ControlTotals(day=DAY), [pending, undecided])

    assert (statement.sums.accepted, statement.sums.waiting) == (1, 1)
    assert not statement.is_final


def test_totals_agree_only_when_count_digest_and_ids_do() -> None:
    day = [arrival(FIRST + place, FateState.APPLIED, place + 1) for place in range(3)]
    ids = tuple(id_of(each.record_id, 1) for each in day)

    def agrees(**announced: object) -> bool | None:
        return told(msgspec.convert({"day": DAY, **announced}, ControlTotals), day).agrees

    assert agrees() is None
    assert agrees(count=3, last_sequence=3, digest=digest_of(ids), ids=ids)
    assert not agrees(count=4)
    assert not agrees(last_sequence=4)
    assert not agrees(digest=digest_of(ids[:2]))
    assert not agrees(ids=ids[:2])


def test_a_gap_between_two_days_is_told_on_the_later_one() -> None:
    day = [arrival(FIRST, FateState.APPLIED, 12)]
    known = numbers(*range(1, 10), 12)
    statement = statement_of(
        COURT, ControlTotals(day=DAY), day, range(FIRST, FIRST + 1), known, LATER
    )

    assert statement.missing.sequences == ((10, 11),)


def a_redriven(offset: int, number: int, sent: int) -> ArrivalFate:
    return msgspec.structs.replace(arrival(offset, FateState.APPLIED, number), redriven=sent)


def test_what_was_sent_on_another_day_is_told_and_compared_with_nothing() -> None:
    day = [arrival(FIRST + place, FateState.APPLIED, 20 + place) for place in range(2)]
    ids = tuple(id_of(each.record_id, 1) for each in day)
    again = a_redriven(FIRST + 1, 3, FIRST - 9)
    last = msgspec.structs.replace(day[1], place=FIRST + 2)
    totals = ControlTotals(
        day=DAY, count=2, first_sequence=20, last_sequence=21, digest=digest_of(ids), ids=ids
    )
    for announced in (totals, msgspec.structs.replace(totals, first_sequence=None)):
        came, known = [day[0], again, last], numbers(*range(1, 22))
        statement = statement_of(COURT, announced, came, range(FIRST, FIRST + 3), known, LATER)
        assert statement.agrees
        assert (statement.unannounced, statement.backward_steps) == ((), 0)
        assert (statement.sums.received, statement.distinct) == (3, 2)
        assert statement.accepted[1].redriven == FIRST - 9
    # Whoever counts it to this day all the same has not lost it.
    named = told(ControlTotals(day=DAY, ids=(*ids, "R-3@1")), [day[0], again, last])
    assert named.missing.ids == ()


def test_what_was_sent_and_redriven_on_one_day_counts_once() -> None:
    dead, again = arrival(FIRST, FateState.DEAD, 20), a_redriven(FIRST + 2, 20, FIRST)
    other = arrival(FIRST + 1, FateState.APPLIED, 21)
    ids = (id_of("R-20", 1), id_of("R-21", 1))
    totals = ControlTotals(day=DAY, count=2, last_sequence=21, digest=digest_of(ids), ids=ids)
    statement = told(totals, [dead, other, again])
    assert statement.agrees
    assert (statement.distinct, statement.backward_steps) == (2, 0)
    assert (statement.sums.accepted, statement.sums.dead) == (2, 1)
    # One more was announced, and the dead one no longer stands for it.
    assert told(ControlTotals(day=DAY, count=3), [dead, other, again]).missing.count == 1


def test_what_is_dead_again_stands_for_one_record() -> None:
    dead = arrival(FIRST, FateState.DEAD, 20)
    again = msgspec.structs.replace(dead, place=FIRST + 1, redriven=FIRST)
    assert told(ControlTotals(day=DAY, count=2), [dead, again]).missing.count == 1
    assert told(ControlTotals(day=DAY, count=1), [dead, again]).missing.count == 0


@given(days, st.data())
def test_not_one_character_can_be_changed(day: list[ArrivalFate], data: st.DataObject) -> None:
    statement = told(ControlTotals(day=DAY), day)
    signed = SIGNER.sign(statement)
    assert verified(signed, KEYS) == statement

    place = data.draw(st.integers(0, len(signed) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda each: each != signed[place]))
    with pytest.raises(StatementUnsound):
        verified(signed[:place] + other + signed[place + 1 :], KEYS)


def test_published_keys_hold_no_private_part_and_sign_nothing() -> None:
    signer = StatementSigner(rotated(*(new_statement_key() for _ in range(3))))
    for key in signer.published.keys:
        assert key.keys() == {"kty", "crv", "x", "use", "kid"}
    for shown in (signer.published, StatementSigner(new_statement_key()).published):
        with pytest.raises(KeyUnusable, match="private"):
            StatementSigner(msgspec.json.encode(shown).decode())


@pytest.mark.parametrize("place", range(3))
def test_one_public_key_among_private_ones_signs_nothing(place: int) -> None:
    keys = [new_statement_key() for _ in range(3)]
    keys[place] = msgspec.json.encode(StatementSigner(keys[place]).published).decode()
    with pytest.raises(KeyUnusable, match="private"):
        StatementSigner(rotated(*keys))


def test_no_key_at_all_signs_nothing() -> None:
    with pytest.raises(KeyUnusable):
        StatementSigner('{"keys": []}')


@given(days)
def test_the_newest_key_signs_and_what_older_ones_have_signed_is_proved(
    day: list[ArrivalFate],
) -> None:
    statement = told(ControlTotals(day=DAY), day)
    earlier = SIGNER.sign(statement)
    both = StatementSigner(rotated(NEWER, KEY))
    published = msgspec.json.encode(both.published).decode()

    later = both.sign(statement)
    assert verified(earlier, published) == verified(later, published) == statement
    # Only the newest has signed: whoever got the keys before it was there cannot prove it.
    newest = msgspec.json.encode(StatementSigner(NEWER).published).decode()
    assert verified(later, newest) == statement
    for signed, keys in ((later, KEYS), (earlier, newest)):
        with pytest.raises(StatementUnsound):
            verified(signed, keys)


@given(
    days,
    st.sampled_from(StatementSums.__struct_fields__),
    st.integers(-3, 3).filter(lambda each: each != 0),
)
def test_sums_that_do_not_add_up_are_not_believed_whoever_signed_them(
    day: list[ArrivalFate], name: str, by: int
) -> None:
    statement = told(ControlTotals(day=DAY), day)
    sums = msgspec.structs.replace(
        statement.sums, **{name: max(0, getattr(statement.sums, name) + by)}
    )
    wrong = msgspec.structs.replace(statement, sums=sums)
    assume(wrong != statement)
    with pytest.raises(StatementUnsound, match="add up"):
        verified(SIGNER.sign(wrong), KEYS)


@given(days.filter(bool))
def test_sums_of_other_records_than_those_told_are_not_believed(day: list[ArrivalFate]) -> None:
    statement = told(ControlTotals(day=DAY), day)
    other = told(ControlTotals(day=DAY), day[:-1])
    assert other.sums.add_up
    with pytest.raises(StatementUnsound, match="add up"):
        verified(SIGNER.sign(msgspec.structs.replace(statement, sums=other.sums)), KEYS)


def test_another_key_of_the_same_name_does_not_sign_for_the_bus() -> None:
    other = StatementSigner(new_statement_key())
    with pytest.raises(StatementUnsound):
        verified(other.sign(told(ControlTotals(day=DAY), [])), KEYS)


def test_a_dead_record_that_was_redriven_on_a_later_day_says_how_it_ended() -> None:
    dead = arrival(FIRST, FateState.DEAD, 1)
    moved = msgspec.structs.replace(dead, again=FIRST + 9, ended=FateState.APPLIED)
    totals = ControlTotals(day=DAY)

    statement = statement_of(COURT, totals, [moved], range(FIRST, FIRST + 1), numbers(), LATER)

    # The day's sums are what they were: what was sent that day could not be read.
    assert statement.sums.dead == 1
    (told,) = statement.dead
    assert (told.again, told.ended) == (FIRST + 9, "APPLIED")
    assert told.why == f"NOT_READABLE, redriven since, at {FIRST + 9}: APPLIED"
