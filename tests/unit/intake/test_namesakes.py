"""Namesakes at intake: an id that has named another subject is refused, its own record never is."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any, Final

import pytest

from creditbus.demo.city import organisation
from creditbus.domain.acts.events import Act
from creditbus.domain.acts.refusals import Reason, Refusal
from creditbus.domain.aliases.namesakes import MANY, NOTHING_KNOWN, NamedBefore
from creditbus.domain.aliases.resolution import Aliases
from creditbus.domain.ids import SourceId, SubjectId
from creditbus.engine.values import Arrival, DictState, Slice
from creditbus.intake.decide import build
from creditbus.intake.namesakes import Recalled, RecentRecords
from creditbus.wire.topics import inbox, party_of_inbox
from tests.acts import a_penalty
from tests.examples import (
    FIRM,
    a_bid_bar,
    a_listing,
    a_mapping,
    a_removal,
    a_restriction,
    an_acknowledgement,
    an_arrival,
    some_editions,
)
from tests.unit.domain.aliases.test_aliases import known
from tests.unit.intake.test_decide import a_directive
from tests.unit.intake.test_names import OLD

A, B, C = organisation(1), organisation(2), organisation(3)
RECORD: Final = "ZB-2026-001"
ROW: Final = (("attestation", b"signed"), ("sheet", b"1"))
Said = tuple[int, Act] | tuple[int, Act, tuple[tuple[str, bytes | None], ...]]


def at(party: str, offset: int, partition: int = 0) -> str:
    return f"{inbox(party)}/{partition}/{offset}"


class Views:
    """What views knows of the tender office's one record, and how often it was asked."""

    def __init__(self, known: NamedBefore = NOTHING_KNOWN) -> None:
        self.known = known
        self.asked: list[tuple[SourceId, AbstractSet[str]]] = []

    def __call__(self, source: SourceId, records: AbstractSet[str]) -> Recalled:
        self.asked.append((source, records))
        return dict.fromkeys(records & {RECORD}, self.known)


class Door:
    """Intake before the tender office's inbox."""

    def __init__(
        self, views: Views | None = None, aliases: Aliases | None = None, most: int = 100
    ) -> None:
        self.records = RecentRecords(views or Views(), most)
        signed = lambda stated, _: stated == b"signed"  # noqa: E731 - as short as what it says
        self._decide = build(some_editions(), party_of_inbox, signed, aliases, records=self.records)

    def decide(self, *said: Said, partition: int = 0) -> list[str]:
        """Return what became of each act that lies at an offset, all of one slice."""
        arrivals: list[Arrival[Any]] = []
        for offset, act, *headers in said:
            more = headers[0] if headers else ()
            arrivals.append(an_arrival(act, origin=at("tender", offset, partition), headers=more))
        arrived = Slice(topic=inbox("tender"), partition=partition, columns=arrivals)
        outputs = self._decide(arrived, DictState()).outputs
        return [
            each.value.reason if isinstance(each.value, Refusal) else "admitted" for each in outputs
        ]


def bar(subject: SubjectId, **more: Any) -> Act:
    return a_bid_bar(subject_id=subject, record_id=RECORD, **more)


def lift(subject: SubjectId) -> Act:
    return a_removal(source="tender", subject_id=subject, record_id=RECORD)


CONFLICT: Final = Reason.CONTENT_CONFLICT
KEPT: Final = "admitted"


def test_two_of_one_slice_are_met_and_each_slice_is_asked_about_once() -> None:
    views = Views()
    told = Door(views).decide((0, bar(A)), (1, bar(B)), (2, bar(A)), (3, lift(B)), (4, bar(B)))
    assert told == [KEPT, CONFLICT, KEPT, KEPT, CONFLICT]
    assert views.asked == [("tender", {RECORD})]


def test_the_refusal_names_the_way_on_in_both_languages() -> None:
    door = Door()
    door.decide((0, bar(A)))
    fault = door.records.fault_in(bar(B), at("tender", 1), {})
    assert fault is not None
    assert (fault.field, "record id of its own" in fault.detail) == ("record_id", True)
    assert "新的记录编号" in fault.detail_zh


@pytest.mark.parametrize(
    "act",
    [
        lift(B),
        a_bid_bar(subject_id=OLD, record_id=RECORD),
        a_bid_bar(subject_id=A, record_id=RECORD, record_revision=2),
        a_bid_bar(subject_id=B, record_id="another"),
    ],
    ids=["removal", "old-code", "same", "another-id"],
)
def test_what_is_asked_nothing_or_says_the_same_passes(act: Act) -> None:
    door = Door(aliases=known(a_mapping()))
    door.decide((0, bar(A)))
    assert door.decide((1, act)) == [KEPT]


def test_a_subject_that_was_named_by_its_old_code_is_the_same_one() -> None:
    door = Door(aliases=known(a_mapping()))
    assert door.decide((0, a_bid_bar(subject_id=OLD, record_id=RECORD))) == [KEPT]
    assert door.decide((1, bar(FIRM)), (2, bar(B))) == [KEPT, CONFLICT]


def test_what_was_refused_here_or_eases_names_nobody() -> None:
    door = Door()
    nameless = a_restriction(source="tender", record_id=RECORD)
    door.decide((0, nameless), (1, lift(C)))
    assert door.decide((2, bar(B)), (3, bar(A))) == [KEPT, CONFLICT]


def test_the_rows_of_an_official_sheet_are_not_asked() -> None:
    door = Door()
    rows: list[Said] = [(0, bar(A), ROW), (1, bar(B), ROW)]
    assert door.decide(*rows) == [KEPT, KEPT]
    # Its own word for it is none: the gateway says so, and signs.
    said: tuple[tuple[str, bytes | None], ...] = (("attestation", b"forged"), ("sheet", b"1"))
    assert door.decide((2, bar(C), said)) == [CONFLICT]
    assert door.decide((3, bar(C), ROW[:1])) == [CONFLICT]


def test_a_case_of_many_debtors_may_go_on_about_each_and_takes_no_more_room() -> None:
    door = Door()
    debtors = [organisation(number) for number in range(10, 10 + 2 * MANY)]
    rows: list[Said] = [(place, bar(each), ROW) for place, each in enumerate(debtors)]
    assert door.decide(*rows[: MANY - 1], (90, bar(C))) == [KEPT] * (MANY - 1) + [CONFLICT]
    assert door.decide(*rows) == [KEPT] * len(rows)
    assert door.decide((91, bar(debtors[0])), (92, bar(debtors[-1]))) == [KEPT, KEPT]
    recent = door.records._of_source[SourceId("tender")]  # noqa: SLF001 - the bound is the point
    assert len(recent[RECORD]) == MANY
    many = NamedBefore(frozenset(debtors))
    assert Door(Views(many)).decide((93, bar(C))) == [KEPT]


@pytest.mark.parametrize("start", [0, 1, 2])
def test_what_is_decided_again_is_no_conflict_of_its_own(start: int) -> None:
    door = Door(Views())
    said: list[Said] = [(0, bar(A)), (1, bar(B)), (2, bar(A, record_revision=2)), (3, bar(C))]
    told = [KEPT, CONFLICT, KEPT, CONFLICT]
    assert door.decide(*said) == told
    assert door.decide(*said[start:]) == told[start:]


def test_who_has_named_first_is_found_again_when_all_is_read_again() -> None:
    """Views had told that the first was refused; it is read again, and so is what came after it."""
    views = Views()
    door = Door(views)
    door.decide((0, bar(A)))
    views.known = NamedBefore(refused=frozenset({(0, 0)}))
    assert door.decide((1, bar(B))) == [KEPT]
    assert door.decide((1, bar(B)), (2, bar(A))) == [KEPT, CONFLICT]
    # And what lies behind it does not keep it out.
    assert door.decide((0, bar(A))) == [KEPT]


def test_what_lies_behind_is_undecided_when_what_lies_before_it_is_read_again() -> None:
    views = Views()
    door = Door(views)
    door.decide((0, bar(A)))
    # The transaction of these is lost, and meanwhile views hears that the first was refused.
    assert door.decide((1, bar(B)), (2, bar(A))) == [CONFLICT, KEPT]
    views.known = NamedBefore(refused=frozenset({(0, 0)}))
    assert door.decide((1, bar(B)), (2, bar(A))) == [KEPT, CONFLICT]


def test_what_is_read_again_from_further_back_has_named_from_there_on() -> None:
    records = RecentRecords()
    for offset in (5, 3):
        records.take(bar(A), at("tender", offset))
    assert records.fault_in(bar(B), at("tender", 4), {}) is not None
    assert records.fault_in(bar(B), at("tender", 2), {}) is None


@pytest.mark.parametrize(
    ("views", "told"),
    [
        (NOTHING_KNOWN, CONFLICT),
        (NamedBefore(refused=frozenset({(0, 0)})), KEPT),
        (NamedBefore(refused=frozenset({(0, 9)})), CONFLICT),
        (NamedBefore(frozenset({A}), frozenset({(0, 0)})), CONFLICT),
        (NamedBefore(frozenset({A})), CONFLICT),
        (NamedBefore(frozenset({C}), frozenset({(0, 0)})), CONFLICT),
        (NamedBefore(frozenset({A, B})), KEPT),
    ],
    ids=["undecided", "refused", "another-refused", "counted-once", "counts", "third", "two"],
)
def test_an_id_may_be_used_again_where_its_first_record_was_refused(
    views: NamedBefore, told: str
) -> None:
    known = Views()
    door = Door(known)
    door.decide((0, bar(A)))
    known.known = views
    assert door.decide((1, bar(B))) == [told]


def test_what_counted_is_not_forgotten_for_a_refusal_of_the_same_subject() -> None:
    views = Views()
    door = Door(views)
    door.decide((0, bar(A)))
    views.known = NamedBefore(frozenset({A}), frozenset({(0, 0)}))
    assert door.decide((1, bar(B))) == [CONFLICT]
    views.known = NOTHING_KNOWN  # it cannot be asked any more
    assert door.decide((2, bar(B))) == [CONFLICT]


def test_nobody_is_asked_about_answers() -> None:
    views = Views()
    RecentRecords(views).recall(SourceId("railway"), [an_acknowledgement(a_directive())])
    assert views.asked == []


def test_what_was_said_again_after_its_refusal_is_undecided_again() -> None:
    views = Views()
    door = Door(views)
    door.decide((0, bar(A)), (1, bar(A, record_revision=2)))
    views.known = NamedBefore(refused=frozenset({(0, 0)}))
    assert door.decide((2, bar(B))) == [CONFLICT]
    views.known = NamedBefore(refused=frozenset({(0, 0), (0, 1)}))
    assert door.decide((2, bar(B))) == [KEPT]
    # Of what comes later nothing was known when the one before it was decided.
    assert door.decide((3, bar(A)), (4, bar(B))) == [CONFLICT, KEPT]


def test_what_views_knows_holds_after_a_restart() -> None:
    assert Door(Views(NamedBefore(frozenset({A})))).decide((7, bar(B)), (8, bar(A))) == [
        CONFLICT,
        KEPT,
    ]


def test_partitions_of_a_widened_inbox_are_of_one_source() -> None:
    door = Door()
    door.decide((40, bar(A)))
    assert door.decide((2, bar(B)), partition=1) == [CONFLICT]
    # There is no order between them: what is read again meets what lies in the other one.
    assert door.decide((40, bar(A))) == [KEPT]


def test_only_so_many_are_remembered_those_that_came_last() -> None:
    records = RecentRecords(most=2)
    for offset, name in enumerate(["first", "second", "first", "third"]):
        act = a_listing(subject_id=A, record_id=name)
        records.take(act, at("court", offset))

    def is_met(name: str) -> bool:
        act = a_listing(subject_id=B, record_id=name)
        return records.fault_in(act, at("court", 9), {}) is not None

    assert [is_met(name) for name in ("first", "second", "third")] == [True, False, True]


def test_a_fact_is_asked_too_and_each_source_has_its_own_ids() -> None:
    records = RecentRecords()
    first, second = (a_penalty(subject_id=subject) for subject in (A, B))
    records.take(first, at("market", 0))
    assert records.fault_in(second, at("market", 1), {}) is not None
    other = a_listing(subject_id=B, record_id=second.envelope.record_id)
    assert records.fault_in(other, at("court", 1), {}) is None
