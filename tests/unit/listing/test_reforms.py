"""A changed law reaches who stands already: at once, from its first day, and nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import msgspec
import pytest

from creditbus.dispatch.decide import build as build_dispatch
from creditbus.domain.acts.activations import edition_activated
from creditbus.domain.calendar import DAY
from creditbus.domain.effects.directives import Directive
from creditbus.domain.entries.entry import Stage
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import ListId, MeasureId
from creditbus.domain.law.catalogue import Catalogue, Publication
from creditbus.domain.law.editions import Edition, Editions, reformed
from creditbus.engine.values import DictState
from creditbus.exposure.decide import Withdrawal
from creditbus.exposure.decide import build as build_exposure
from creditbus.listing.agenda import SUBJECTS
from creditbus.listing.decide import build as build_listing
from creditbus.listing.memory import TOMBSTONES
from tests.examples import (
    BID_LIST,
    COURT_LIST,
    DECIDED_ON,
    FIRM,
    OTHER_FIRM,
    a_bid_bar,
    a_catalogue,
    a_listing,
    a_removal,
    a_turn,
    decided,
)

TODAY: Final = DECIDED_ON + 10 * DAY
BAR: Final = MeasureId("A03")
OLD: Final = Edition(catalogue=a_catalogue())


def a_reform(in_force_from: date = TODAY, **parts: Any) -> Edition:
    """Return an edition that follows the shipped one, with other rows in some parts."""
    catalogue = msgspec.structs.replace(a_catalogue(), edition="reform", **parts)
    return Edition(catalogue=catalogue, in_force_from=in_force_from, follows=OLD.id)


def with_list(list_id: ListId, **fields: Any) -> dict[ListId, Any]:
    """Return the shipped lists with one that reads otherwise."""
    lists = a_catalogue().lists
    return {**lists, list_id: msgspec.structs.replace(lists[list_id], **fields)}


def with_measure(measure_id: MeasureId, **fields: Any) -> dict[MeasureId, Any]:
    """Return the shipped measures with one that reads otherwise."""
    measures = a_catalogue().measures
    return {**measures, measure_id: msgspec.structs.replace(measures[measure_id], **fields)}


class City:
    """Listing, dispatch and exposure over one partition, where the old edition is active."""

    def __init__(self, reform: Edition) -> None:
        editions = Editions(OLD, {OLD.id: OLD, reform.id: reform}.get)
        self.reform = edition_activated(reform, 0)
        self.state = DictState()
        self._listing = build_listing(editions)
        self._readers = [
            (build(editions), DictState()) for build in (build_dispatch, build_exposure)
        ]
        self._offset = 0
        self.take(edition_activated(OLD, 0), a_turn(TODAY))

    def take(self, *events: msgspec.Struct) -> list[Any]:
        """Return the standings that follow from the events, and what follows from these."""
        outputs = decided(self._listing, self.state, events, first=self._offset)
        self._offset += len(events)
        standings = [each.value for each in outputs if isinstance(each.value, Standing)]
        return [*standings, *self._followed(standings)]

    def _followed(self, standings: Sequence[Standing]) -> list[Any]:
        return [
            output.value
            for decide, state in self._readers
            for output in decided(decide, state, standings, topic="credit.standings.v1")
        ]

    def stage(self) -> Stage | None:
        """Where the firm's only entry is, none when it has none."""
        (standing,) = self.state.get_many(SUBJECTS, [FIRM])
        assert standing is not None
        return next((entry.stage for entry in standing.entries), None)


def actions(told: Sequence[Any]) -> dict[str, str]:
    """Return what each measure was told to do."""
    directives = (each for each in told if isinstance(each, Directive))
    return {directive.measure_id: str(directive.action) for directive in directives}


def test_an_abolished_measure_is_lifted_when_its_abolition_is_published() -> None:
    city = City(a_reform(measures=with_measure(BAR, enabled=False, note="abolished")))
    assert actions(city.take(a_bid_bar()))[BAR] == "APPLY"
    assert actions(city.take(city.reform)) == {BAR: "LIFT"}


def test_an_abolished_measure_is_lifted_on_the_first_day_without_it() -> None:
    measures = {key: row for key, row in a_catalogue().measures.items() if key != BAR}
    city = City(a_reform(TODAY + 2 * DAY, measures=measures))
    city.take(a_bid_bar())
    assert city.take(city.reform, a_turn(TODAY + DAY)) == []
    assert actions(city.take(a_turn(TODAY + 2 * DAY))) == {BAR: "LIFT"}


def test_a_new_burden_moves_nobody_who_stands() -> None:
    bar = a_catalogue().measures[BAR]
    measures = with_measure(MeasureId("A04"), bodies=bar.bodies, triggers=bar.triggers)
    city = City(a_reform(measures={**measures, MeasureId("A99"): bar}))
    city.take(a_bid_bar())
    assert "APPLY" not in actions(city.take(city.reform)).values()


def test_a_list_that_is_shown_no_longer_is_withdrawn_at_once() -> None:
    city = City(a_reform(lists=with_list(COURT_LIST, publication=Publication.NONE)))
    city.take(a_listing())
    told = city.take(city.reform)
    assert [type(each) for each in told] == [Standing, Withdrawal]


def test_a_shorter_disclosure_ends_an_entry_whose_time_is_over() -> None:
    city = City(a_reform(lists=with_list(BID_LIST, disclosure_cap_years=0)))
    city.take(a_bid_bar())
    told = city.take(city.reform)
    assert city.stage() is Stage.REMOVED
    assert set(actions(told).values()) == {"LIFT"}


def test_a_shorter_disclosure_ends_an_entry_on_its_new_day() -> None:
    city = City(a_reform(lists=with_list(COURT_LIST, disclosure_cap_years=1)))
    city.take(a_listing(), city.reform, a_turn(date(2027, 3, 2)))
    assert city.stage() is Stage.ACTIVE
    city.take(a_turn(date(2027, 3, 3)))
    assert city.stage() is Stage.REMOVED


@pytest.mark.parametrize(("closing", "retention"), [(2, 9), (40, 500)])
def test_an_ended_entry_is_closed_and_forgotten_on_its_new_days(
    closing: int, retention: int
) -> None:
    lists = with_list(COURT_LIST, closing_days=closing, retention_days=retention)
    city = City(a_reform(lists=lists))
    city.take(a_listing(), a_removal(decided_on=TODAY), city.reform)
    assert city.stage() is Stage.REMOVED
    city.take(*(a_turn(TODAY + days * DAY) for days in range(1, closing)))
    assert city.stage() is Stage.REMOVED
    city.take(a_turn(TODAY + closing * DAY))
    assert city.stage() is Stage.CLOSED
    city.take(*(a_turn(TODAY + days * DAY) for days in range(closing + 1, retention)))
    assert city.stage() is Stage.CLOSED
    city.take(a_turn(TODAY + retention * DAY))
    assert city.stage() is None
    assert len(city.state.rows[TOMBSTONES.name]) == 1


def test_who_stands_on_other_lists_is_left_alone() -> None:
    city = City(a_reform(lists=with_list(COURT_LIST, closing_days=2)))
    city.take(a_bid_bar(), a_listing(subject_id=OTHER_FIRM))
    (standing,) = city.take(city.reform)
    assert (standing.subject_id, standing.revision) == (OTHER_FIRM, 2)
    assert city.take(city.reform) == []


def test_a_standing_under_an_edition_that_nobody_has_is_settled_anew() -> None:
    city = City(a_reform(lists=with_list(COURT_LIST, closing_days=2)))
    city.take(a_bid_bar())
    (key, standing), *_ = city.state.rows[SUBJECTS.name].items()
    city.state.rows[SUBJECTS.name][key] = msgspec.structs.replace(standing, edition="f00d")
    (told,) = city.take(city.reform)
    assert (told.edition, told.entries) == ("reform", standing.entries)


@pytest.mark.parametrize(
    ("parts", "lists"),
    [
        ({}, set()),
        ({"lists": with_list(COURT_LIST, closing_days=2)}, {COURT_LIST}),
        ({"lists": {}}, set(a_catalogue().lists)),
        ({"measures": with_measure(BAR, enabled=False)}, {BID_LIST}),
        ({"measures": with_measure(BAR, triggers=())}, {BID_LIST}),
        ({"bodies": {}, "items": {}, "subscribers": {}, "sources": {}}, set()),
    ],
)
def test_a_list_is_reformed_by_its_own_row_and_by_its_measures(
    parts: dict[str, Any], lists: set[str]
) -> None:
    after: Catalogue = a_reform(**parts).catalogue
    assert reformed(a_catalogue(), after) == lists
    assert reformed(after, a_catalogue()) == lists
