"""Listing and the other acts: what moves an entry, what is kept as a fact, what is forgotten."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import msgspec
import pytest

from creditbus.domain.acts.commitments import CommitmentStep
from creditbus.domain.acts.decisions import Procedure
from creditbus.domain.acts.events import Act, Fact, RemovalCause
from creditbus.domain.acts.kinds import KINDS, is_way_out, kinds_below
from creditbus.domain.acts.objections import ObjectionResult
from creditbus.domain.acts.refusals import Reason, Refusal, SilentEffect, Taken
from creditbus.domain.acts.registrations import Registration
from creditbus.domain.acts.repairs import RepairDocument, RepairStep
from creditbus.domain.acts.revocations import ReorganisationStep
from creditbus.domain.acts.suspensions import Stay
from creditbus.domain.entries.deadlines import DeadlineMissed
from creditbus.domain.entries.entry import Deadline, Stage
from creditbus.domain.entries.notes import Note
from creditbus.domain.entries.standings import Standing
from creditbus.domain.law.catalogue import Tier
from creditbus.domain.law.editions import Editions
from creditbus.domain.subjects import SubjectKind
from creditbus.engine.values import DictState, Output, Slice
from creditbus.listing.agenda import SUBJECTS
from creditbus.listing.decide import TABLES, build
from creditbus.listing.memory import DOSSIERS, DUE, NOTES, TOMBSTONES
from tests import acts
from tests.examples import (
    CATALOGUE_FOLDER,
    COURT_LIST,
    DECIDED_ON,
    ENDS_ON,
    FIRM,
    INDIVIDUAL_BUSINESS,
    PERSON,
    SCHEMA_FOLDER,
    a_catalogue,
    a_grade_a,
    a_listing,
    a_removal,
    a_turn,
    an_arrival,
    decided,
    restored,
    some_clocks,
)

DAY: Final = timedelta(days=1)


def with_competence() -> Editions:
    """The catalogue, in which the units of these tests may state what they state here."""
    catalogue = a_catalogue()
    events = tuple(f"E{number:02}" for number in range(1, 39))
    sources = {
        name: msgspec.structs.replace(source, events=events)
        for name, source in catalogue.sources.items()
    }
    return Editions.of(msgspec.structs.replace(catalogue, sources=sources))


DECIDE: Final = build(with_competence(), some_clocks())
STRICT: Final = build(Editions.of(a_catalogue()), some_clocks())


class Log:
    """A listing worker's partition: each step is one slice of its own."""

    def __init__(self, decide: object = DECIDE) -> None:
        self.state = DictState()
        self._decide = decide
        self._offset = 0

    def take(self, *events: msgspec.Struct) -> list[Output]:
        outputs = decided(self._decide, self.state, events, first=self._offset)  # type: ignore[arg-type]
        self._offset += len(events)
        self.state = restored(self.state, TABLES)
        return outputs

    @property
    def standing(self) -> Standing | None:
        return self.state.get_many(SUBJECTS, [FIRM])[0]

    @property
    def notes(self) -> list[Note]:
        return list(self.state.rows.get(NOTES.name, {}).values())


def reason_in(outputs: list[Output]) -> Reason:
    (output,) = outputs
    assert isinstance(output.value, Refusal)
    return output.value.reason


def every_fact() -> list[Act]:
    """Return the fact of each kind that the schemas have as an example, of the firm."""
    found: list[Act] = []
    for kind in kinds_below(Fact):
        example = (SCHEMA_FOLDER / KINDS[kind].record / "1.json").read_bytes()
        fact = msgspec.json.decode(example, type=kind)
        about_firm = msgspec.structs.replace(
            fact.envelope, subject_id=FIRM, subject_kind=SubjectKind.LEGAL_PERSON
        )
        found.append(msgspec.structs.replace(fact, envelope=about_firm))
    return found


def test_facts_are_kept_and_move_no_entry() -> None:
    log = Log()
    log.take(a_listing())
    before, facts = log.standing, set(kinds_below(Fact))
    outputs = log.take(*every_fact())
    assert [each.stream for each in outputs] == ["taken"] * len(every_fact())
    assert {effect_of(each) for each in outputs} == {SilentEffect.KEPT}
    assert log.standing == before
    assert {note.record for note in log.notes} == {KINDS[kind].record for kind in facts}
    assert {type(each) for each in every_fact()} == facts


def test_an_act_that_changes_nothing_to_see_is_told_as_what_it_is() -> None:
    log = Log()
    (waiting,) = log.take(acts.an_objection())
    assert effect_of(waiting) is SilentEffect.WAITING
    log.take(a_listing())
    (unchanged,) = log.take(a_listing(record_id="second report", source="court"))
    assert effect_of(unchanged) is SilentEffect.UNCHANGED


def effect_of(output: Output) -> SilentEffect:
    assert isinstance(output.value, Taken)
    assert output.origin == output.value.origin
    return output.value.effect


def test_no_entry_and_no_measure_spreads_to_a_legal_representative() -> None:
    log = Log()
    log.take(acts.a_relation(), a_listing(), acts.a_relation(record_revision=2))
    assert log.state.get_many(SUBJECTS, [PERSON]) == [None]
    assert log.state.get_many(DOSSIERS, [PERSON]) == [None]
    assert set(log.state.rows[SUBJECTS.name]) == {FIRM.encode()}


def test_unit_listed_and_legal_representative_changed_leaves_the_old_ones_view_gone() -> None:
    log = Log()
    log.take(a_listing(), acts.a_relation())
    ended = acts.a_relation(record_revision=2, valid_to=date(2026, 6, 30))
    log.take(ended, a_turn(date(2026, 6, 30)))
    assert [note.other for note in log.notes] == [PERSON]
    log.take(a_turn(date(2026, 7, 1)))
    assert log.notes == []


def test_the_newest_revision_of_a_fact_is_kept() -> None:
    log = Log()
    log.take(acts.a_commitment(record_revision=2, step=CommitmentStep.FULFILLED))
    assert reason_in(log.take(acts.a_commitment())) is Reason.REVISION_SUPERSEDED
    assert [note.said for note in log.notes] == ["FULFILLED"]


def test_a_fact_is_forgotten_when_its_time_is_over() -> None:
    log = Log()
    log.take(acts.a_penalty(published_until=date(2026, 9, 1)), a_turn(date(2026, 9, 1)))
    assert [note.said for note in log.notes] == [Tier.GENERAL]
    log.take(a_turn(date(2026, 9, 2)))
    assert log.notes == []
    log.take(acts.a_penalty(record_id="old", decided_on=date(2020, 1, 1)))
    assert log.notes == []


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (acts.an_evaluation(subject_id=INDIVIDUAL_BUSINESS), Reason.SUBJECT_NOT_ADMITTED),
        (acts.an_evaluation(subject_id=PERSON), Reason.SUBJECT_NOT_ADMITTED),
        (acts.a_penalty(procedure=Procedure.SIMPLE), Reason.OUTSIDE_CATALOGUE),
        (acts.a_penalty(document_number=""), Reason.DOCUMENT_MISSING),
        (
            acts.a_commitment(CommitmentStep.BREACHED, document_number=""),
            Reason.DOCUMENT_MISSING,
        ),
        (
            acts.an_application(documents=(RepairDocument.COMMITMENT,)),
            Reason.PACKAGE_INCOMPLETE,
        ),
        (acts.an_application(documents=(*RepairDocument, *RepairDocument)), "PACKAGE_INCOMPLETE"),
    ],
)
def test_what_the_law_keeps_out_is_refused(act: Act, reason: Reason) -> None:
    assert reason_in(Log().take(act)) == reason


@pytest.mark.parametrize(
    "act",
    [
        acts.a_registration(Registration.DEREGISTERED, source="tender"),
        acts.an_objection_ruling(ObjectionResult.REMOVED, source="gas-supply"),
        acts.a_reorganisation(ReorganisationStep.COMPLETED, source="tax"),
        acts.a_stay(source="tender", record_id="x"),
    ],
    ids=lambda act: type(act).__name__,
)
def test_who_is_not_registered_for_a_kind_of_event_moves_nothing(act: Act) -> None:
    assert reason_in(Log(STRICT).take(act)) is Reason.SOURCE_NOT_COMPETENT


@pytest.mark.parametrize(
    "act",
    [
        acts.an_objection(),
        acts.an_objection(source="court"),
        acts.an_application(),
        acts.an_application(source="court"),
    ],
    ids=lambda act: f"{type(act).__name__} {act.envelope.source}",
)
def test_a_subject_files_with_the_credit_office_or_whoever_decided(act: Act) -> None:
    log = Log(STRICT)
    log.take(a_listing())
    (output,) = log.take(act)
    assert isinstance(output.value, Standing)


def test_a_keeper_needs_no_register_for_its_own_entry() -> None:
    log = Log(STRICT)
    log.take(a_listing())
    (output,) = log.take(acts.a_stay())
    assert isinstance(output.value, Standing)
    assert output.value.entries[0].stage is Stage.SUSPENDED


@pytest.mark.parametrize(
    "act",
    [
        a_removal(record_revision=1),
        acts.a_stay(record_id="SX-2026-001"),
        acts.a_performance(record_id="SX-2026-001"),
        acts.an_objection_ruling(ObjectionResult.REMOVED, record_id="SX-2026-001"),
        acts.a_repair_ruling(RepairStep.GRANTED, record_id="SX-2026-001"),
        acts.a_revocation(record_id="SX-2026-001"),
    ],
    ids=lambda act: type(act).__name__,
)
def test_what_eases_passes_a_revision_that_was_used_before(act: Act) -> None:
    assert is_way_out(act)
    log = Log()
    log.take(a_listing())
    assert "refusals" not in [each.stream for each in log.take(act)]


def test_what_burdens_or_closes_a_way_out_is_a_conflict_there() -> None:
    for act in (
        acts.an_extension(record_revision=1),
        acts.a_stay(record_id="SX-2026-001", stay=Stay.ENDED),
        acts.an_objection_ruling(ObjectionResult.DISMISSED, record_id="SX-2026-001"),
    ):
        log = Log()
        log.take(a_listing())
        assert reason_in(log.take(act)) is Reason.CONTENT_CONFLICT


def test_every_kind_of_act_is_counted_once() -> None:
    log = Log()
    outputs = log.take(a_listing(), *every_fact(), acts.an_objection(), acts.a_stay())
    assert [each.stream for each in outputs] == [
        "standings",
        *["taken"] * len(every_fact()),
        *["standings"] * 2,
    ]


def forgotten() -> Log:
    """A log in which the entry has expired, was closed, and is forgotten."""
    log = Log()
    log.take(a_listing(), acts.an_objection(), a_turn(ENDS_ON + DAY))
    log.take(a_turn(ENDS_ON + 31 * DAY))
    assert log.standing is not None
    assert [entry.stage for entry in log.standing.entries] == [Stage.CLOSED]
    log.take(a_turn(ENDS_ON + 366 * DAY))
    return log


def test_an_erased_entry_leaves_a_tombstone_and_no_subject() -> None:
    log = forgotten()
    assert log.standing is not None
    assert log.standing.entries == ()
    (tombstone,) = log.state.rows[TOMBSTONES.name].values()
    assert (tombstone.list_id, tombstone.cause) == ("BL-COURT-SX", RemovalCause.EXPIRED)
    (raw,) = log.state.rows[TOMBSTONES.name]
    packed = raw + TOMBSTONES.pack_value(tombstone)
    assert FIRM.encode() not in packed
    assert a_listing().envelope.document_number.encode() not in packed
    assert log.state.scan(DUE, (date.min, ""), (date.max, ""), 100) == []


def test_late_duplicate_of_a_listing_after_its_removal_has_no_effect() -> None:
    log = forgotten()
    late = a_listing(provisions=("1",), ends_on=None, until_performed=True, record_revision=0)
    assert reason_in(log.take(late)) is Reason.REVISION_SUPERSEDED
    assert log.standing is not None
    assert log.standing.entries == ()


def test_only_a_newer_listing_comes_back_after_a_tombstone() -> None:
    log = forgotten()
    day = ENDS_ON + 366 * DAY
    anew = a_listing(
        record_revision=2,
        decided_on=day,
        notice_served_on=day,
        ends_on=day + 800 * DAY,
    )
    log.take(anew)
    assert log.standing is not None
    assert [entry.stage for entry in log.standing.entries] == [Stage.ACTIVE]
    assert not log.standing.entries[0].disputed


def test_a_clock_that_runs_out_is_seen_when_the_day_turns() -> None:
    log = Log()
    log.take(a_listing(), acts.an_objection(), a_turn(DECIDED_ON))
    assert log.take(a_turn(date(2026, 3, 24))) == []
    turned = a_turn(date(2026, 3, 25))
    stated, late = log.take(turned)
    assert isinstance(stated.value, Standing)
    assert stated.value.entries[0].overdue == ("OBJECTION_DECISION",)
    assert stated.value.entries[0].disputed
    assert late.stream == "breaches"
    assert late.value == DeadlineMissed(
        entry_id=stated.value.entries[0].entry_id,
        list_id=COURT_LIST,
        subject_id=FIRM,
        party="court",
        deadline=Deadline.OBJECTION_DECISION,
        timer_id="COURT-REVIEW",
        began_on=date(2026, 3, 9),
        last_on=date(2026, 3, 24),
        noticed_on=date(2026, 3, 25),
        caused_by=turned.envelope.event_id,
        synthetic=True,
    )
    assert log.take(a_turn(date(2026, 3, 26))) == [], "it is told once"


def test_a_clock_of_the_platform_runs_out_against_the_platform() -> None:
    log = Log()
    log.take(a_listing(), acts.an_application(), a_turn(date(2026, 9, 7)))
    (late,) = [
        each.value
        for day in range(8, 30)
        for each in log.take(a_turn(date(2026, 9, day)))
        if isinstance(each.value, DeadlineMissed)
    ]
    assert (late.party, late.deadline) == ("platform", Deadline.REPAIR_DECISION)
    assert late.noticed_on == late.last_on + DAY


def test_an_act_that_comes_late_tells_of_the_clock_that_ran_out_before_it() -> None:
    log = Log()
    log.take(a_turn(date(2026, 6, 1)), a_listing())
    filed = acts.an_objection()
    late = [each.value for each in log.take(filed) if isinstance(each.value, DeadlineMissed)]
    assert [(each.noticed_on, each.caused_by) for each in late] == [
        (date(2026, 6, 1), filed.envelope.event_id)
    ]


def test_a_red_entry_returns_on_the_day_a_stay_begins() -> None:
    log = Log()
    stay = acts.a_stay(from_on=DECIDED_ON + 5 * DAY)
    log.take(a_listing(), a_grade_a(), stay, a_turn(DECIDED_ON))
    (output,) = log.take(a_turn(DECIDED_ON + 5 * DAY))
    assert isinstance(output.value, Standing)
    assert {entry.list_id: entry.stage for entry in output.value.entries} == {
        "BL-COURT-SX": Stage.SUSPENDED,
        "RD-TAX-A": Stage.ACTIVE,
    }


def test_the_catalogue_that_ships_lets_somebody_state_every_kind_of_event() -> None:
    stated = {number for source in a_catalogue().sources.values() for number in source.events}
    wanted = {"E01", "E03", "E07", "E08", "E09", "E10", "E29", "E31", "E32", "E35", "E38"}
    assert wanted <= stated, CATALOGUE_FOLDER


def test_a_stay_ends_by_itself_on_the_day_after_its_last() -> None:
    log = Log()
    log.take(a_listing(), acts.a_stay(until_on=DECIDED_ON + 5 * DAY), a_turn(DECIDED_ON))
    assert log.take(a_turn(DECIDED_ON + 5 * DAY)) == []
    (output,) = log.take(a_turn(DECIDED_ON + 6 * DAY))
    assert isinstance(output.value, Standing)
    assert output.value.entries[0].stage is Stage.ACTIVE


def test_a_stay_that_an_overtaken_removal_made_void_ends_with_it() -> None:
    log = Log()
    log.take(a_listing(record_revision=3, decided_on=DECIDED_ON + DAY), acts.a_stay())
    late = a_removal(record_revision=2, decided_on=DECIDED_ON + DAY)
    told = log.take(late)
    assert reason_in(told[:1]) is Reason.REVISION_SUPERSEDED
    assert [output.stream for output in told] == ["refusals", "standings"]
    assert log.standing is not None
    assert [entry.stage for entry in log.standing.entries] == [Stage.ACTIVE]


def test_a_clock_that_runs_out_is_counted_once_by_authority_and_clock() -> None:
    state = DictState()
    counts: list[dict[str, int]] = []
    log = [a_turn(DECIDED_ON), a_listing(), acts.a_performance()]
    for offset, event in enumerate([*log, *(a_turn(DECIDED_ON + n * DAY) for n in range(1, 9))]):
        arrivals = [an_arrival(event, offset=offset)]
        outcome = STRICT(Slice(topic="log", partition=0, columns=arrivals), state)
        state.apply(outcome.changes)
        counts.append({name: n for name, n in outcome.counts.items() if name.startswith("missed")})
    assert [each for each in counts if each] == [{"missed court DELETION": 1}]
    # Three working days after 2 March; it is stated on the day after them.
    assert counts.index({"missed court DELETION": 1}) == len(log) + 3
    (standing,) = state.get_many(SUBJECTS, [FIRM])
    assert standing is not None
    assert standing.entries[0].overdue == (Deadline.DELETION,)
