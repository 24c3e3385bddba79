"""The pages: what is owed and refused is told row by row, and leads on to the next page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from creditbus.console import login
from creditbus.console.app import ASKED, PAGES
from creditbus.console.frame import PLACES
from creditbus.console.grid import Cell, Column, as_csv
from creditbus.console.pages import exposures, lists, owed, refused, sources, subject, unread
from creditbus.console.visit import Visit
from creditbus.delivery.decide import Debt, stated, tried
from creditbus.dispatch.decide import Ledger, instruct
from creditbus.domain.acts.letters import notice_of
from creditbus.domain.acts.refusals import DeadLetter, Fault, Reason, refuse
from creditbus.domain.effects.directives import Action, Attempt, Directive, Outcome
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.ids import SourceId, derive_obligation_id
from creditbus.exposure.decide import expose
from tests.examples import (
    FIRM,
    PERSON,
    a_catalogue,
    a_listing,
    a_restriction,
    a_standing,
    an_envelope,
    some_editions,
)

AT = datetime(2026, 11, 23, 4, tzinfo=UTC)
ZH, EN = Visit("/owed"), Visit("/owed", "en", "dark", {"body": "railway"})


def a_directive() -> Directive:
    _, directives = instruct(Ledger(), a_standing(a_restriction()), some_editions())
    return directives[0]


def is_owed(directive: Directive, seconds: float, attempt: Attempt | None = None) -> Obligation:
    row = stated(Debt(), directive, AT - timedelta(seconds=seconds))
    row = tried(row, attempt) if attempt is not None else row
    assert row.obligation is not None
    return row.obligation


def test_every_place_is_a_page_and_what_is_asked_survives_the_login() -> None:
    assert {path for _, path in PLACES} == set(PAGES)
    stated = dict.fromkeys(ASKED, "x") | {"token": "secret", "next": "https://elsewhere.example"}
    assert set(ASKED) <= set(login.carried(stated).replace("=x", "").split("&"))
    assert "secret" not in login.carried(stated)
    assert "elsewhere" not in login.carried(stated)


def test_an_address_keeps_language_theme_and_what_was_asked() -> None:
    assert ZH.to("/") == "/"
    assert EN.here() == "/owed?body=railway&lang=en&theme=dark"
    assert EN.with_language("zh").here() == "/owed?body=railway&theme=dark"
    assert EN.with_theme("light").here() == "/owed?body=railway&lang=en&theme=light"


def test_a_lift_that_waits_too_long_is_marked_and_an_application_is_not() -> None:
    applied = a_directive()
    lifted = msgspec.structs.replace(applied, action=Action.LIFT)
    rows = owed.rows([is_owed(lifted, 61), is_owed(applied, 61)], AT, a_catalogue(), EN)

    assert [row["action"].says for row in rows] == ["lift", "apply"]
    assert [row["waits"].mark for row in rows] == ["alarm", ""]
    assert rows[0]["subject"].to == EN.to("/subject", id=applied.subject_id)


def test_a_failed_delivery_says_why() -> None:
    directive = a_directive()
    attempt = Attempt(
        directive_id=directive.directive_id,
        obligation_id=directive.obligation_id,
        subject_id=directive.subject_id,
        body=directive.body,
        lane=directive.lane,
        number=3,
        tried_at=AT,
        duration_ms=12,
        status=503,
        outcome=None,
        detail="the body is down",
    )
    (row,) = owed.rows([is_owed(directive, 5, attempt)], AT, a_catalogue(), EN)
    assert row["last"].says == "HTTP 503 the body is down"
    assert row["tries"].says == 1


def test_a_refused_record_is_one_row_with_every_fault_and_its_advice() -> None:
    faults = [
        Fault(Reason.NOTICE_MISSING, "notice", "art. 44", "state the notice", "请载明告知"),
        Fault(Reason.BASIS_MISSING, "bases", "", "name a basis", "请载明依据"),
    ]
    (row,) = refused.rows([refuse(an_envelope(), faults, "credit.inbox.court.v1/0/7")], ZH)
    assert row["advice"].says == "1. 请载明告知\n2. 请载明依据"
    assert (row["field"].says, row["article"].says) == ("1. notice\n2. bases", "1. art. 44\n2. —")
    assert row["reason"].small == "1. NOTICE_MISSING\n2. BASIS_MISSING"
    (row,) = refused.rows([refuse(an_envelope(), faults[:1], "x")], EN)
    assert (row["advice"].says, row["field"].says) == ("state the notice", "notice")


def test_a_record_that_nobody_could_read_is_a_row_with_its_key_its_place_and_the_advice() -> None:
    notice = notice_of(
        DeadLetter(
            source=SourceId("court"),
            topic="credit.inbox.court.v1",
            partition=0,
            offset=43,
            reason="LONG_SCHEMA_ID",
            detail="the frame holds a schema id of 8 bytes, not of 4",
            key=b"2026-17",
            value=None,
            size=90,
        )
    )
    (row,) = unread.rows([notice], EN)
    assert (row["record"].says, row["origin"].says) == ("2026-17", "credit.inbox.court.v1/0/43")
    assert "Apicurio" in str(row["advice"].says)
    assert row["reason"].small == "LONG_SCHEMA_ID"


@pytest.mark.parametrize(
    "text", ["", "370299", "913702000000000A2X", "<script>", "person:short", "uscc:"]
)
def test_what_names_no_subject_leads_nowhere(text: str) -> None:
    assert subject.subject_of(text) is None


def test_a_code_an_id_and_a_token_name_a_subject() -> None:
    assert subject.subject_of(" 913702000000000A2F ") == FIRM
    assert subject.subject_of(FIRM) == FIRM
    assert subject.subject_of(PERSON) == PERSON


def test_an_entry_whose_term_is_over_is_shown_so_whatever_the_clock_does() -> None:
    standing = a_standing(a_listing())
    (entry,) = standing.entries
    assert entry.ends_at is not None
    before, after = entry.ends_at - timedelta(seconds=1), entry.ends_at
    (stands,) = subject.entries(standing, a_catalogue(), EN, before)
    (over,) = subject.entries(standing, a_catalogue(), EN, after)
    assert stands["stage"].says != "term is over"
    assert over["stage"].says == "term is over"
    assert stands["list"].to == EN.to("/lists", id=entry.list_id)


def test_what_a_body_was_told_of_a_subject_is_found_by_the_law_alone() -> None:
    directive = a_directive()
    assert directive.obligation_id in subject.obligations_of(directive.subject_id, some_editions())
    assert directive.obligation_id == derive_obligation_id(
        directive.subject_id, directive.measure_id, directive.body
    )
    settled = {"outcome": Outcome.APPLIED, "settled_at": AT}
    done = msgspec.structs.replace(is_owed(directive, 0), **settled)
    rows = subject.directives([done, is_owed(directive, 1)], a_catalogue(), EN)
    assert [row["outcome"].says for row in rows] == ["no answer yet", "APPLIED"]


def test_every_list_has_a_row_and_its_measures_theirs() -> None:
    catalogue = a_catalogue()
    rows = lists.rows(catalogue, ZH)
    assert len(rows) == len(catalogue.lists)
    for row, definition in zip(rows, catalogue.lists.values(), strict=True):
        following = lists.following(definition, catalogue, ZH)
        assert row["measures"].says == len(following)
        assert all(each["bases"].says for each in following)


def test_a_sheet_takes_no_name_for_a_formula() -> None:
    row = {"name": Cell('=HYPERLINK("http://x")', small="s"), "count": Cell(-1)}
    text = as_csv(ZH, [Column("name", "subject_name"), Column("count", "count")], [row])
    assert text.decode("utf-8-sig").splitlines()[1] == '"\'=HYPERLINK(""http://x"")",s,-1'


def test_what_the_public_sees_leads_to_subject_and_list() -> None:
    found = expose(a_standing(a_listing()), some_editions()).entries.values()
    rows = exposures.rows(found, a_catalogue(), EN)
    assert rows[0]["subject"].to == EN.to("/subject", id=FIRM)


def test_a_source_tells_for_how_long_it_has_been_silent() -> None:
    silences = sources.Silences(AT.timestamp(), {"court": AT.timestamp() - 200})
    spoke, never = silences.cell("court", EN), silences.cell("tax", EN)
    assert (spoke.says, spoke.order) == ("3 min", 200)
    assert spoke.small == "2026-11-23 11:56:40 +08:00"
    assert (never.says, never.small) == ("—", "")
