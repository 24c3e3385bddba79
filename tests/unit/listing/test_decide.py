"""Listing case by case: what each event moves, what it is told, and what time alone moves."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import pytest

from creditbus.domain.acts.events import DayTurned, EntryListed, EntryRemoved, RemovalCause
from creditbus.domain.acts.refusals import Duplicate, Reason, Refusal
from creditbus.domain.calendar import end_of_day
from creditbus.domain.entries.entry import Stage
from creditbus.domain.entries.standings import Standing
from creditbus.engine.values import DictState, Output
from creditbus.listing.agenda import SUBJECTS
from creditbus.listing.decide import build
from creditbus.listing.memory import DUE, SEEN, SEEN_DAYS
from tests.examples import (
    DECIDED_ON,
    ENDS_ON,
    FIRM,
    OTHER_FIRM,
    a_bid_bar,
    a_grade_a,
    a_listing,
    a_removal,
    a_turn,
    decided,
    some_editions,
)

DECIDE: Final = build(some_editions())
DAY: Final = timedelta(days=1)

Event = EntryListed | EntryRemoved | DayTurned


class Log:
    """A listing worker's partition: each step is one slice of its own."""

    def __init__(self) -> None:
        self.state = DictState()
        self._offset = 0

    def take(self, *events: Event) -> list[Output]:
        outputs = decided(DECIDE, self.state, events, first=self._offset)
        self._offset += len(events)
        return outputs

    @property
    def standing(self) -> Standing | None:
        return self.state.get_many(SUBJECTS, [FIRM])[0]

    @property
    def stages(self) -> dict[str, Stage]:
        entries = self.standing.entries if self.standing is not None else ()
        return {entry.list_id: entry.stage for entry in entries}


def streams(outputs: list[Output]) -> list[str]:
    return [output.stream for output in outputs]


def refusal_in(outputs: list[Output]) -> Refusal:
    (output,) = outputs
    assert isinstance(output.value, Refusal)
    assert output.value.origin == output.origin
    return output.value


def test_listing_moves_its_subject_and_carries_the_origin_on() -> None:
    log = Log()
    (output,) = log.take(a_listing())
    assert output.stream == "standings"
    assert output.value == log.standing
    assert output.origin == "credit.events.v1/0/0"
    assert log.standing is not None
    assert (log.standing.revision, log.stages) == (1, {"BL-COURT-SX": Stage.ACTIVE})
    assert log.standing.caused_by == a_listing().envelope.event_id
    assert log.standing.entries[0].ends_at == end_of_day(ENDS_ON)


@pytest.mark.parametrize(
    ("event", "before"),
    [(a_listing(), []), (a_removal(), [a_listing()])],
    ids=["listing", "removal"],
)
@pytest.mark.parametrize("together", [True, False], ids=["one slice", "two slices"])
def test_repeat_is_a_duplicate_and_moves_nothing(
    event: EntryListed | EntryRemoved,
    before: list[EntryListed],
    together: bool,  # noqa: FBT001 - a case of the table
) -> None:
    log = Log()
    log.take(*before)
    repeat = a_listing(event_id="another", sequence=9) if isinstance(event, EntryListed) else event
    outputs = log.take(event, repeat) if together else [*log.take(event), *log.take(repeat)]
    assert streams(outputs) == ["standings", "duplicates"]
    duplicate = outputs[1].value
    assert isinstance(duplicate, Duplicate)
    assert duplicate.origin == f"credit.events.v1/0/{len(before) + 1}"
    assert log.standing == outputs[0].value


def test_same_identity_with_other_content_is_a_conflict() -> None:
    log = Log()
    log.take(a_listing())
    before = log.standing
    refusal = refusal_in(log.take(a_listing(provisions=("4",))))
    assert refusal.reason is Reason.CONTENT_CONFLICT
    assert log.standing == before


def test_conflict_is_no_content_so_the_original_stays_a_duplicate() -> None:
    log = Log()
    log.take(a_listing(), a_listing(provisions=("4",)))
    assert streams(log.take(a_listing())) == ["duplicates"]


def test_removal_passes_even_with_a_revision_that_was_used() -> None:
    log = Log()
    log.take(a_listing())
    assert streams(log.take(a_removal(record_revision=1))) == ["standings"]
    assert log.stages == {"BL-COURT-SX": Stage.REMOVED}


def test_removal_passes_though_it_names_another_list_and_no_basis() -> None:
    log = Log()
    log.take(a_listing(), a_removal(list_id="BL-NONE", document_number=""))
    assert [entry.stage for entry in log.standing.entries] == [Stage.REMOVED]  # type: ignore[union-attr]


def test_listing_that_arrives_after_its_removal_never_acts() -> None:
    log = Log()
    assert streams(log.take(a_removal())) == ["taken"]
    assert log.standing is None
    outputs = log.take(a_listing())
    assert streams(outputs) == ["refusals", "standings"]
    assert log.stages == {"BL-COURT-SX": Stage.REMOVED}


def test_removal_that_a_newer_revision_has_overtaken_is_told_and_not_called_applied() -> None:
    log = Log()
    outputs = log.take(a_listing(record_revision=2), a_removal(record_revision=1))
    refusal = outputs[-1].value
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.REVISION_SUPERSEDED
    assert log.stages == {"BL-COURT-SX": Stage.ACTIVE}


def test_future_decision_on_a_fresh_log_waits_once_the_first_day_has_turned() -> None:
    log = Log()
    log.take(a_listing(decided_on=date(2026, 6, 1), ends_on=date(2028, 6, 1)))
    log.take(a_turn(date(2026, 1, 2)))
    assert log.stages == {"BL-COURT-SX": Stage.GRACE}
    log.take(a_turn(date(2026, 6, 1)))
    assert log.stages == {"BL-COURT-SX": Stage.ACTIVE}


def test_same_record_of_another_subject_is_no_conflict() -> None:
    log = Log()
    log.take(a_listing(subject_id=OTHER_FIRM))
    outputs = log.take(a_listing())
    assert streams(outputs) == ["standings"]


def test_new_revision_lists_again_after_a_removal() -> None:
    log = Log()
    log.take(a_listing(), a_removal(), a_listing(record_revision=3))
    assert log.stages == {"BL-COURT-SX": Stage.ACTIVE}
    assert log.standing is not None
    assert log.standing.revision == 3


def test_removed_entry_keeps_no_facts() -> None:
    log = Log()
    log.take(a_listing(), a_removal())
    assert log.standing is not None
    (entry,) = log.standing.entries
    assert (entry.subject_name, entry.bases, entry.provisions, entry.ends_at) == (
        None,
        (),
        (),
        None,
    )
    assert entry.removal_cause is RemovalCause.PERFORMED


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"bases": ()}, Reason.BASIS_MISSING),
        ({"document_number": ""}, Reason.DOCUMENT_MISSING),
        ({"notice_served_on": None}, Reason.NOTICE_MISSING),
        ({"list_id": "BL-NONE"}, Reason.LIST_UNKNOWN),
        ({"ends_on": date(9999, 12, 31)}, Reason.DATE_MADE_UP),
        ({"decided_on": date(9999, 12, 31)}, Reason.DATE_MADE_UP),
    ],
)
def test_listing_that_fails_a_gate_is_refused_and_leaves_no_trace(
    changes: dict[str, object], reason: Reason
) -> None:
    log = Log()
    refusal = refusal_in(log.take(a_listing(**changes)))
    assert refusal.reason is reason
    assert (refusal.record_id, refusal.event_id) == (
        a_listing().envelope.record_id,
        a_listing().envelope.event_id,
    )
    assert log.standing is None
    assert streams(log.take(a_listing())) == ["standings"], "the mended record passes"


def test_term_ends_on_the_day_after_its_last() -> None:
    log = Log()
    log.take(a_listing())
    assert log.take(a_turn(ENDS_ON)) == []
    (output,) = log.take(a_turn(ENDS_ON + DAY))
    assert log.stages == {"BL-COURT-SX": Stage.REMOVED}
    assert log.standing is not None
    assert log.standing.entries[0].removal_cause is RemovalCause.EXPIRED
    assert log.standing.revision == 2
    assert output.origin == "", "time is no record of any inbox"


def test_decision_with_a_later_first_day_waits_for_it() -> None:
    log = Log()
    log.take(a_turn(DECIDED_ON), a_listing(effective_on=DECIDED_ON + 3 * DAY))
    assert log.stages == {"BL-COURT-SX": Stage.GRACE}
    assert log.take(a_turn(DECIDED_ON + 2 * DAY)) == []
    assert streams(log.take(a_turn(DECIDED_ON + 3 * DAY))) == ["standings"]
    assert log.stages == {"BL-COURT-SX": Stage.ACTIVE}


def test_day_skipped_over_still_begins_and_ends_what_was_due() -> None:
    log = Log()
    later = a_bid_bar(effective_on=DECIDED_ON + DAY)
    log.take(a_turn(DECIDED_ON), a_listing(provisions=("1",), ends_on=DECIDED_ON + 2 * DAY), later)
    log.take(a_turn(DECIDED_ON + 4 * DAY))
    assert log.stages == {"BL-COURT-SX": Stage.REMOVED, "BL-BID-ZT": Stage.ACTIVE}


def test_late_listing_of_an_ended_term_never_acts() -> None:
    log = Log()
    log.take(a_turn(ENDS_ON + DAY))
    (output,) = log.take(a_listing())
    assert isinstance(output.value, Standing)
    assert [entry.stage for entry in output.value.entries] == [Stage.REMOVED]


@pytest.mark.parametrize("days", [0, -1])
def test_day_that_has_turned_before_turns_nothing(days: int) -> None:
    log = Log()
    log.take(a_listing(), a_turn(ENDS_ON))
    assert log.take(a_turn(ENDS_ON + days * DAY)) == []
    assert log.stages == {"BL-COURT-SX": Stage.ACTIVE}


def test_red_entry_is_suspended_by_a_serious_black_one_and_returns_with_its_removal() -> None:
    log = Log()
    log.take(a_grade_a(), a_listing())
    assert log.stages == {"RD-TAX-A": Stage.SUSPENDED, "BL-COURT-SX": Stage.ACTIVE}
    log.take(a_removal())
    assert log.stages == {"RD-TAX-A": Stage.ACTIVE, "BL-COURT-SX": Stage.REMOVED}


def test_red_entry_returns_by_itself_when_the_black_term_ends() -> None:
    log = Log()
    log.take(
        a_grade_a(),
        a_listing(provisions=("1",), ends_on=DECIDED_ON + DAY),
        a_turn(DECIDED_ON + 2 * DAY),
    )
    assert log.stages == {"RD-TAX-A": Stage.ACTIVE, "BL-COURT-SX": Stage.REMOVED}


def test_red_entry_granted_during_a_serious_black_one_starts_suspended() -> None:
    log = Log()
    log.take(a_listing(), a_grade_a())
    assert log.stages["RD-TAX-A"] is Stage.SUSPENDED


def test_suspended_red_entry_still_ends_with_its_term() -> None:
    log = Log()
    grant = a_grade_a()
    assert grant.ends_on is not None
    log.take(grant, a_listing(), a_turn(grant.ends_on + DAY))
    assert log.stages["RD-TAX-A"] is Stage.REMOVED


def test_bar_that_is_not_serious_suspends_nothing() -> None:
    log = Log()
    log.take(a_grade_a(), a_bid_bar())
    assert log.stages["RD-TAX-A"] is Stage.ACTIVE


def test_revision_counts_every_change_and_nothing_else() -> None:
    log = Log()
    told = log.take(
        a_listing(),
        a_listing(),
        a_listing(provisions=("4",)),
        a_bid_bar(),
        a_turn(DECIDED_ON),
        a_removal(),
        a_removal(),
        a_listing(subject_id=OTHER_FIRM, record_id="SX-2026-002"),
        a_turn(ENDS_ON + DAY),
    )
    standings = [output.value for output in told if isinstance(output.value, Standing)]
    own = [standing.revision for standing in standings if standing.subject_id == FIRM]
    others = [standing.revision for standing in standings if standing.subject_id != FIRM]
    assert own == [1, 2, 3, 4, 5], "the day brings an edition that changes the court's list"
    assert others == [1, 2]


def test_date_index_holds_only_days_to_come() -> None:
    log, over = Log(), a_listing(provisions=("1",), ends_on=DECIDED_ON + DAY)
    log.take(a_bid_bar(), over, a_turn(DECIDED_ON + 2 * DAY))
    rows = log.state.scan(DUE, (date.min, ""), (date.max, ""), 100)
    closed, forgotten, unseen = (DECIDED_ON + days * DAY for days in (32, 367, SEEN_DAYS))
    days = (closed, forgotten, unseen, ENDS_ON + DAY)
    assert [key for key, _ in rows] == [(day, FIRM) for day in days]


def test_a_revision_is_known_by_its_content_for_a_while_and_held_off_for_good() -> None:
    log, listing = Log(), a_bid_bar()
    log.take(a_turn(DECIDED_ON), listing)
    assert streams(log.take(listing)) == ["duplicates"]
    last = DECIDED_ON + (SEEN_DAYS - 1) * DAY
    log.take(a_turn(last))
    assert streams(log.take(listing)) == ["duplicates"]
    log.take(a_turn(last + DAY))
    assert log.state.rows[SEEN.name] == {}
    before = log.standing
    [told] = log.take(listing)
    assert isinstance(told.value, Refusal)
    assert told.value.reason is Reason.REVISION_SUPERSEDED
    assert log.standing == before
