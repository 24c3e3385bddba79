"""One door: what the law says is asked once, under the edition of the decision's day.

A row is a scenario over two editions (the catalogue that ships, and one in force from 2027), what
is lawful for it, and the article that it is refused by. Intake and listing stand behind each other
as on the bus; the last column says which of the two refused.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final

import msgspec
import pytest

from creditbus.domain.acts.mappings import Confidence
from creditbus.domain.acts.refusals import Refusal
from creditbus.domain.aliases.resolution import Aliases
from creditbus.domain.ids import ListId, SourceId
from creditbus.domain.law.articles import ALIASES, IDENTITY, LISTS, MINORS, OWN_NAME, PERSONS
from creditbus.domain.law.catalogue import Catalogue, Polarity
from creditbus.domain.law.editions import Edition, Editions
from creditbus.engine.values import DictState, Slice, SliceOutcome
from creditbus.intake.decide import Renamed
from creditbus.intake.decide import build as build_intake
from creditbus.listing.decide import build as build_listing
from creditbus.wire.topics import inbox, party_of_inbox
from tests.examples import (
    BID_LIST,
    COURT_LIST,
    GRADE_A,
    a_bid_bar,
    a_catalogue,
    a_grade_a,
    a_listing,
    a_mapping,
    a_removal,
    a_restriction,
    an_acknowledgement,
    an_arrival,
)
from tests.unit.domain.aliases.test_aliases import known
from tests.unit.intake.test_decide import WRONG_CHECK, a_directive
from tests.unit.intake.test_names import OLD

REFORM: Final = date(2027, 1, 1)
LATE: Final = {"decided_on": REFORM, "notice_served_on": REFORM, "ends_on": date(2029, 6, 1)}
POWERS: Final = a_catalogue().powers
DERIVED: Final = known(a_mapping(confidence=Confidence.DERIVED))

Change = Callable[[Catalogue], Catalogue]


def same(catalogue: Catalogue) -> Catalogue:
    return catalogue


def with_list(list_id: ListId, **changes: Any) -> Change:
    def change(catalogue: Catalogue) -> Catalogue:
        row = msgspec.structs.replace(catalogue.lists[list_id], **changes)
        return msgspec.structs.replace(catalogue, lists={**catalogue.lists, list_id: row})

    return change


def without_party(party: str) -> Change:
    def change(catalogue: Catalogue) -> Catalogue:
        sources = {name: row for name, row in catalogue.sources.items() if name != party}
        bodies = {name: row for name, row in catalogue.bodies.items() if name != party}
        lists = {
            name: msgspec.structs.replace(
                row, keepers=tuple(each for each in row.keepers if each != party)
            )
            for name, row in catalogue.lists.items()
        }
        return msgspec.structs.replace(catalogue, sources=sources, bodies=bodies, lists=lists)

    return change


def editions(before: Change, after: Change) -> Editions:
    first = msgspec.structs.replace(before(a_catalogue()), edition="before")
    second = msgspec.structs.replace(after(a_catalogue()), edition="after")
    latest = Edition(catalogue=second, in_force_from=REFORM, follows="before")
    return Editions(latest, {"before": Edition(catalogue=first)}.get)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario: what was said, under which law, what is lawful, and by which article."""

    said: Any
    before: Change = same
    after: Change = same
    kept: bool = False
    article: str = ""
    refused_by: str = ""
    aliases: Aliases = msgspec.field(default_factory=Aliases)
    attested: bool = False


def kept(said: Any, **more: Any) -> Row:
    return Row(said=said, kept=True, **more)


def at_law(said: Any, article: str, **more: Any) -> Row:
    return Row(said=said, article=article, refused_by="listing", **more)


def at_door(said: Any, article: str, **more: Any) -> Row:
    return Row(said=said, article=article, refused_by="intake", **more)


AT_REST: Final = with_list(COURT_LIST, enabled=False, note="at rest")
GIVEN_AWAY: Final = with_list(BID_LIST, keepers=(SourceId("housing"),))
DISSOLVED: Final = without_party("tender")
TURNED_BLACK: Final = with_list(GRADE_A, polarity=Polarity.BLACK)
OWN: Final = {"source": "tender", "record_id": "ZB-2026-001", "list_id": BID_LIST}

ROWS: Final[dict[str, Row]] = {
    "decided in 2026 on a list that is at rest from 2027": kept(a_listing(), after=AT_REST),
    "decided in 2027 on a list that is at rest from 2027": at_law(
        a_listing(**LATE), LISTS, after=AT_REST
    ),
    "decided in 2026 on a list that is in use from 2027": at_law(
        a_listing(), LISTS, before=AT_REST
    ),
    "decided in 2027 on a list that is in use from 2027": kept(a_listing(**LATE), before=AT_REST),
    "the keeper of 2026 lists for 2026": kept(a_bid_bar(), after=GIVEN_AWAY),
    "the keeper of 2026 lists for 2027": at_law(
        a_bid_bar(**LATE), POWERS["entry_listed"].article, after=GIVEN_AWAY
    ),
    "the keeper of 2027 lists for 2026": at_law(
        a_bid_bar(source="housing"),
        LISTS,
        before=with_list(BID_LIST, keepers=(SourceId("tender"),)),
    ),
    "a dissolved source's listing of 2026 comes late": kept(a_bid_bar(), after=DISSOLVED),
    "a dissolved source lists in 2027": at_law(a_bid_bar(**LATE), LISTS, after=DISSOLVED),
    "a dissolved source takes its own entry off in 2027": kept(
        a_removal(**OWN, decided_on=REFORM), after=DISSOLVED
    ),
    "a body lists": at_law(a_listing(source="railway"), "法释〔2017〕7号 第五条"),
    "a body removes": at_law(a_removal(source="railway"), "法释〔2017〕7号 第十条"),
    "no such list under any edition": at_law(a_listing(list_id="BL-NONE"), LISTS),
    "a derived code on a list that is red until 2027, decided in 2026": kept(
        a_grade_a(subject_id=OLD), after=TURNED_BLACK, aliases=DERIVED
    ),
    "a derived code on a list that is red until 2027, decided in 2027": at_door(
        a_grade_a(subject_id=OLD, decided_on=REFORM),
        ALIASES,
        after=TURNED_BLACK,
        aliases=DERIVED,
    ),
    "a dissolved body says what it lifted": kept(
        an_acknowledgement(a_directive()), after=without_party("tender-platform")
    ),
    "a source answers a directive": at_door(
        msgspec.structs.replace(an_acknowledgement(a_directive()), envelope=a_listing().envelope),
        OWN_NAME,
    ),
    "no record": at_door(a_listing(record_id=" "), OWN_NAME),
    "no subject": at_door(a_listing(subject_id=WRONG_CHECK), IDENTITY),
    "a person by name": at_door(a_restriction(subject_name="（测）某人"), PERSONS, attested=True),
    "a person that the gateway has not seen": at_door(a_restriction(), PERSONS),
    "a minor": at_door(a_restriction(adult_on_decision=False), MINORS, attested=True),
    "an adult": kept(a_restriction(), attested=True),
}


def through(row: Row) -> tuple[str, list[SliceOutcome]]:
    """Return who refused, if anyone, and what each of the two services decided."""
    law = editions(row.before, row.after)
    party = row.said.envelope.source
    intake = build_intake(law, party_of_inbox, lambda stated, _: stated == b"signed", row.aliases)
    headers = (("attestation", b"signed" if row.attested else None),)
    arrival = an_arrival(row.said, topic=inbox(party), headers=headers)
    arrived = Slice(topic=inbox(party), partition=0, columns=[arrival])
    admitted = intake(arrived, DictState())
    (output,) = admitted.outputs
    if isinstance(output.value, Refusal):
        return "intake", [admitted]
    if output.stream == "acknowledgements":
        return "", [admitted]
    event = output.value.event if isinstance(output.value, Renamed) else row.said
    listing, state = build_listing(law), DictState()
    outcome = listing(Slice(topic="events", partition=0, columns=[an_arrival(event)]), state)
    refused = any(isinstance(each.value, Refusal) for each in outcome.outputs)
    return ("listing" if refused else ""), [admitted, outcome]


@pytest.mark.parametrize("name", ROWS)
def test_the_lawful_outcome_of_each_scenario(name: str) -> None:
    row = ROWS[name]
    refused_by, outcomes = through(row)
    refusals = [
        output.value
        for outcome in outcomes
        for output in outcome.outputs
        if isinstance(output.value, Refusal)
    ]
    assert refused_by == row.refused_by
    assert [each.article for each in refusals] == ([] if row.kept else [row.article])
