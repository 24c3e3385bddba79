"""What is claimed of an old code, whom it stands for on a day, and when claims are at odds."""

from __future__ import annotations

from datetime import date

import pytest

from creditbus.domain.acts.mappings import Alias, AliasKind, Confidence, SubjectAliasMapped
from creditbus.domain.acts.refusals import Fault, Reason
from creditbus.domain.aliases.claims import (
    AliasClaims,
    SubjectIdentityConflict,
    alias_of,
    claim,
    conflict_in,
    conflict_key,
    root_of,
    subject_named,
)
from creditbus.domain.aliases.resolution import Aliases
from creditbus.domain.ids import EventId, SubjectId
from tests.examples import DECIDED_ON, FIRM, OLD_CODE, OTHER_FIRM, a_mapping

ORG9 = Alias(AliasKind.ORG9, OLD_CODE)
TAXNO = Alias(AliasKind.TAXNO, f"370200{OLD_CODE}")


def claimed(*facts: SubjectAliasMapped) -> AliasClaims:
    """Return what is claimed after facts of which each says something new."""
    claims: AliasClaims | None = None
    for fact in facts:
        after = claim(claims, fact)
        assert isinstance(after, AliasClaims), after
        claims = after
    assert claims is not None
    return claims


def known(*facts: SubjectAliasMapped) -> Aliases:
    aliases = Aliases()
    claims = claimed(*facts)
    aliases.learn(claims)
    conflict = conflict_in(claims, EventId("e"))
    if conflict is not None:
        aliases.doubt(conflict)
    return aliases


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("0000000A-2", "org9:0000000A2"),
        ("370200000000005", "reg15:370200000000005"),
        ("3702000000000A2", "taxno:3702000000000A2"),
        ("3702002800001", "reg13:3702002800001"),
        (" 913702000000000a2f", FIRM),
        ("0000000A-3", "uscc:0000000A3"),
        ("370299900101000", "uscc:370299900101000"),  # formed like a person's old number
        ("370299199001010000", "uscc:370299199001010000"),
    ],
)
def test_a_written_code_names_its_subject_or_an_old_code_but_never_a_person(
    text: str, subject: str
) -> None:
    assert subject_named(text) == subject
    alias = alias_of(SubjectId(subject))
    assert (alias is None) == subject.startswith("uscc:")
    assert alias is None or (alias.id, alias.why_not()) == (subject, "")


def test_a_tax_number_is_judged_with_the_organisation_code_inside() -> None:
    assert TAXNO.root == ORG9.root == ORG9.id
    assert Alias(AliasKind.TAXNO, "370200000000001").root == "taxno:370200000000001"
    assert root_of(conflict_key(ORG9.root)) == root_of(ORG9.root) == ORG9.root


def test_an_old_code_stands_for_its_subject_from_its_first_day_to_its_last() -> None:
    aliases = known(a_mapping(begins_on=date(2017, 10, 9), ends_on=date(2020, 1, 1)))
    for day, found in (
        (date(2017, 10, 8), ()),
        (date(2017, 10, 9), (FIRM,)),
        (date(2020, 1, 1), (FIRM,)),
        (date(2020, 1, 2), ()),
    ):
        assert aliases.resolve(ORG9, day).subjects == found
    assert aliases.ever_meant(ORG9) == (FIRM,)
    assert aliases.resolve(TAXNO, date(2018, 1, 1)).subjects == ()


def test_what_follows_in_time_is_no_conflict() -> None:
    claims = claimed(
        a_mapping(ends_on=date(2020, 1, 1)),
        a_mapping(record_id="XJM-2", subject_id=OTHER_FIRM, begins_on=date(2020, 1, 2)),
    )
    assert conflict_in(claims, EventId("e")) is None


@pytest.mark.parametrize("alias", [ORG9, TAXNO], ids=["one code", "one inside the other"])
def test_two_confirmed_claims_of_one_day_are_a_conflict(alias: Alias) -> None:
    other = a_mapping(
        source="market", record_id="XJM-2", subject_id=OTHER_FIRM, begins_on=DECIDED_ON
    )
    changed = {"alias_kind": alias.kind, "alias": alias.code}
    claims = claimed(
        a_mapping(),
        a_mapping(record_id="XJM-2", subject_id=OTHER_FIRM, begins_on=DECIDED_ON, **changed),
    )
    found = conflict_in(claims, EventId("e"))
    assert found == SubjectIdentityConflict(
        root=ORG9.root,
        candidates=(FIRM, OTHER_FIRM),
        sources=(other.envelope.source,),
        caused_by=EventId("e"),
    )
    aliases = known(a_mapping(), a_mapping(record_id="XJM-2", subject_id=OTHER_FIRM))
    assert aliases.is_doubted(FIRM)
    assert aliases.is_doubted(OTHER_FIRM)
    assert aliases.resolve(ORG9, DECIDED_ON).subjects == (FIRM, OTHER_FIRM)
    aliases.settle(ORG9.root)
    assert not aliases.is_doubted(FIRM)


def test_subject_stays_in_doubt_until_the_last_conflict_is_settled() -> None:
    aliases = Aliases()
    for root in ("one", "other"):
        aliases.doubt(
            SubjectIdentityConflict(
                root=root, candidates=(FIRM,), sources=(), caused_by=EventId("e")
            )
        )
    aliases.settle("one")
    assert aliases.is_doubted(FIRM)
    aliases.settle("other")
    assert not aliases.is_doubted(FIRM)


@pytest.mark.parametrize(
    "change",
    [{"confidence": Confidence.DERIVED}, {"withdrawn": True}],
    ids=["derived", "withdrawn"],
)
def test_what_is_derived_or_withdrawn_is_at_odds_with_nobody(change: dict[str, object]) -> None:
    aliases = known(a_mapping(), a_mapping(record_id="XJM-2", subject_id=OTHER_FIRM, **change))
    assert not aliases.is_doubted(FIRM)
    resolved = aliases.resolve(ORG9, DECIDED_ON)
    assert (resolved.subjects, resolved.is_confirmed) == ((FIRM,), True)
    assert aliases.ever_meant(ORG9) == (FIRM, OTHER_FIRM)


def test_a_derived_claim_alone_is_no_confirmation() -> None:
    resolved = known(a_mapping(confidence=Confidence.DERIVED)).resolve(ORG9, DECIDED_ON)
    assert (resolved.subjects, resolved.is_confirmed) == ((FIRM,), False)


def test_a_correction_takes_the_place_of_the_claim_and_the_old_subject_is_remembered() -> None:
    claims = claimed(a_mapping(), a_mapping(record_revision=2, subject_id=OTHER_FIRM))
    assert [each.subject_id for each in claims.claims] == [OTHER_FIRM]
    assert [each.subject_id for each in claims.former] == [FIRM]
    again = claim(claims, a_mapping(record_revision=3))
    assert isinstance(again, AliasClaims)
    assert [each.subject_id for each in again.former] == [OTHER_FIRM]


def test_a_repeat_says_nothing_and_an_older_or_other_word_is_refused() -> None:
    claims = claimed(a_mapping(record_revision=2))
    assert claim(claims, a_mapping(record_revision=2, event_id="again", sequence=9)) is None
    for changes, reason in (
        ({"record_revision": 2, "ends_on": DECIDED_ON}, Reason.CONTENT_CONFLICT),
        ({"record_revision": 1}, Reason.REVISION_SUPERSEDED),
    ):
        fault = claim(claims, a_mapping(**changes))
        assert isinstance(fault, Fault)
        assert fault.reason is reason


def test_a_mistyped_number_of_a_person_is_not_repeated() -> None:
    why_not = Alias(AliasKind.REG15, "37O299900101000").why_not()
    assert why_not
    assert not set(why_not) & set("0123456789")


def test_what_is_learnt_again_takes_the_place_of_what_was_known() -> None:
    aliases = known(a_mapping(alias_kind=TAXNO.kind, alias=TAXNO.code))
    aliases.learn(claimed(a_mapping()))
    assert len(aliases) == 1
    assert aliases.ever_meant(TAXNO) == ()
    assert aliases.ever_meant(ORG9) == (FIRM,)
