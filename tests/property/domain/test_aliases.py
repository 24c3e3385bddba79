"""The register of old codes: any order leads to one truth, and a removal always finds its way."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from creditbus.domain.acts.mappings import AliasKind, Confidence, SubjectAliasMapped
from creditbus.domain.aliases.claims import AliasClaims, claim, conflict_in
from creditbus.domain.aliases.resolution import Aliases
from creditbus.domain.ids import EventId, SubjectId
from tests.examples import FIRM, OLD_CODE, OTHER_FIRM, a_mapping

THIRD = SubjectId("uscc:913702000000001230")
DAYS = st.none() | st.integers(0, 30).map(lambda days: date(2026, 1, 1) + timedelta(days))
CODES = st.sampled_from([(AliasKind.ORG9, OLD_CODE), (AliasKind.TAXNO, f"370200{OLD_CODE}")])


@st.composite
def histories(draw: st.DrawFn) -> list[SubjectAliasMapped]:
    """Draw what registrars say of the codes of one root: each revision of a record once."""
    named = st.tuples(st.sampled_from(["A", "B", "C"]), st.integers(1, 3))
    facts = []
    for record_id, revision in draw(st.lists(named, min_size=1, max_size=7, unique=True)):
        kind, code = draw(CODES)
        facts.append(
            a_mapping(
                record_id=record_id,
                record_revision=revision,
                subject_id=draw(st.sampled_from([FIRM, OTHER_FIRM, THIRD])),
                alias_kind=kind,
                alias=code,
                confidence=draw(st.sampled_from(Confidence)),
                begins_on=draw(DAYS),
                ends_on=draw(DAYS),
                withdrawn=draw(st.booleans()),
            )
        )
    return facts


def folded(facts: list[SubjectAliasMapped]) -> AliasClaims:
    claims: AliasClaims | None = None
    for fact in facts:
        after = claim(claims, fact)
        claims = after if isinstance(after, AliasClaims) else claims
    assert claims is not None
    return claims


@given(histories(), st.data())
def test_any_order_and_any_repeats_lead_to_the_same_claims(
    facts: list[SubjectAliasMapped], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(facts))
    again = shuffled + data.draw(st.lists(st.sampled_from(facts), max_size=4))
    assert folded(again).claims == folded(facts).claims


@given(histories())
def test_a_removal_reaches_every_subject_that_a_listing_could_have_reached(
    facts: list[SubjectAliasMapped],
) -> None:
    aliases, reached = Aliases(), set()
    claims: AliasClaims | None = None
    for fact in facts:
        after = claim(claims, fact)
        if not isinstance(after, AliasClaims):
            continue
        claims = after
        aliases.learn(claims)
        for day in range(31):
            for code in {each.named for each in facts}:
                found = aliases.resolve(code, date(2026, 1, 1) + timedelta(day)).subjects
                reached |= {(code, subject) for subject in found}
        for code, subject in reached:
            assert subject in aliases.ever_meant(code)


@given(histories())
def test_a_conflict_is_one_day_on_which_confirmed_claims_disagree(
    facts: list[SubjectAliasMapped],
) -> None:
    claims = folded(facts)
    # Beyond the days drawn nothing changes any more, so the day before and after stand for all.
    days = [date(2025, 12, 31) + timedelta(each) for each in range(33)]
    confirmed = [each for each in claims.claims if each.is_confirmed]
    pairs = {
        subject
        for one, other in combinations(confirmed, 2)
        if one.subject_id != other.subject_id
        for subject in (one.subject_id, other.subject_id)
        if any(one.holds_on(day) and other.holds_on(day) for day in days)
    }
    found = conflict_in(claims, EventId("e"))
    assert set(found.candidates if found is not None else ()) == pairs
