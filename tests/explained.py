"""Five lawful histories and what `creditbus explain` says of them: the page and its test use both.

Each is the log of one subject as its partition holds it, with the days that turned.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import msgspec

from creditbus.cli.replays import replay, until
from creditbus.domain.accounts.account import Account
from creditbus.domain.accounts.assembly import account_of
from creditbus.domain.accounts.words import told
from creditbus.domain.acts.objections import ObjectionResult
from creditbus.domain.acts.references import RecordReference
from creditbus.domain.acts.repairs import RepairStep
from creditbus.domain.ids import BasisId, SourceId, SubjectId
from creditbus.domain.law.catalogue import Tier
from creditbus.domain.terms.words import Language
from tests import acts
from tests.examples import (
    FIRM,
    PERSON,
    TAX_LIST,
    a_bid_bar,
    a_listing,
    a_restriction,
    a_turn,
    some_clocks,
    some_editions,
)

_TAXED: Final = RecordReference(source=SourceId("tax"), record_id="SS-2026-001")
_ON_TAX_LIST: Final[dict[str, Any]] = {"list_id": TAX_LIST, "entry": _TAXED}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One history: what happened, in a title and a sentence, and on which days it is explained."""

    title: str
    sentence: str
    subject: SubjectId
    records: tuple[Any, ...]
    asked: tuple[tuple[date, Language], ...]

    def account(self, day: date) -> Account:
        """Return the account of the subject on a day, as the command makes it."""
        records = until(self.records, day)
        found = replay(self.subject, records, some_editions(), some_clocks())
        return account_of(found.known, found.law, day, some_clocks())

    def lines(self, day: date, language: Language) -> list[str]:
        """Return the command and what it prints."""
        chinese = " --zh" if language == "zh" else ""
        command = f"$ creditbus explain {self.subject} --on {day}{chinese}"
        return [command, *told(self.account(day), language)]


def _tax_offender() -> Any:
    return a_listing(
        source=_TAXED.source,
        record_id=_TAXED.record_id,
        bases=(BasisId("STA-54-ART6"),),
        document_number="测税稽罚〔2026〕1号",
        list_id=TAX_LIST,
        provisions=(),
        tier=Tier.SERIOUS,
        ends_on=date(2029, 3, 2),
    )


HISTORIES: Final = (
    Told(
        title="A court listing, then performance",
        sentence="The court lists a firm that could pay and does not; in May it has paid.",
        subject=FIRM,
        records=(
            a_listing(provisions=("1",), ends_on=None, until_performed=True),
            a_turn(date(2026, 3, 3)),
            acts.a_performance(decided_on=date(2026, 5, 20), document_number=""),
            a_turn(date(2026, 5, 21)),
        ),
        asked=((date(2026, 4, 1), "en"), (date(2026, 5, 21), "en")),
    ),
    Told(
        title="The tax list, under repair",
        sentence="After a year a tax offender has paid and asks for repair, which was accepted.",
        subject=FIRM,
        records=(
            _tax_offender(),
            a_turn(date(2026, 3, 3)),
            acts.an_application(
                **_ON_TAX_LIST,
                decided_on=date(2027, 3, 9),
                applied_on=date(2027, 3, 9),
                document_number="",
            ),
            acts.a_repair_ruling(
                RepairStep.ACCEPTED,
                **_ON_TAX_LIST,
                source=_TAXED.source,
                decided_on=date(2027, 3, 10),
                document_number="测税修受〔2027〕1号",
            ),
            a_turn(date(2027, 3, 11)),
        ),
        asked=((date(2027, 3, 11), "zh"),),
    ),
    Told(
        title="A bid bar, with its term",
        sentence="A firm that colluded is barred from bidding; the bar ends by itself.",
        subject=FIRM,
        records=(
            a_bid_bar(document_number="测招罚〔2026〕1号"),
            a_turn(date(2026, 3, 3)),
            a_turn(date(2028, 3, 3)),
        ),
        asked=((date(2026, 6, 1), "en"), (date(2028, 3, 3), "en")),
    ),
    Told(
        title="An objection upheld",
        sentence="The firm objects to the court's listing, and a week later the court agrees.",
        subject=FIRM,
        records=(
            a_listing(),
            a_turn(date(2026, 3, 3)),
            acts.an_objection(document_number=""),
            a_turn(date(2026, 3, 10)),
            acts.an_objection_ruling(
                ObjectionResult.REMOVED, document_number="（2026）测01执异1号"
            ),
            a_turn(date(2026, 3, 17)),
        ),
        asked=((date(2026, 3, 17), "en"), (date(2026, 3, 17), "zh")),
    ),
    Told(
        title="A consumption order, with some days of travel",
        sentence="The court lifts two items of a person's order for ten days.",
        subject=PERSON,
        records=(
            a_restriction(document_number="（2026）测01执限1号"),
            a_turn(date(2026, 3, 3)),
            acts.a_window(document_number="（2026）测01执限1号之一"),
            a_turn(date(2026, 3, 12)),
            a_turn(date(2026, 3, 22)),
        ),
        asked=((date(2026, 3, 15), "zh"), (date(2026, 3, 22), "en")),
    ),
)
