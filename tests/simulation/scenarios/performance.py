"""Point 4: performance ends what hangs on it, and the clocks of authorities run out."""

from __future__ import annotations

from datetime import date
from typing import Final

from creditbus.domain.acts.events import RemovalCause
from creditbus.domain.acts.objections import ObjectionResult
from tests import acts
from tests.examples import TAX_LIST, a_listing
from tests.simulation.scenarios.rows import Row, about

ART_10: Final = "法释〔2017〕7号 第十条"
OBJECTION: Final = "山东省社会信用条例 第三十九条"
COURT: Final = a_listing()
OPEN_ENDED: Final = a_listing(provisions=("1",), ends_on=None, until_performed=True)
TAX: Final = a_listing(
    source="tax-east",
    record_id="SW-1",
    list_id=TAX_LIST,
    bases=("STA-54-ART6",),
    provisions=(),
)

IN_APRIL: Final = date(2026, 4, 7)
"""From April on the court's list names the timer of its deletion."""
PERFORMED: Final = acts.a_performance(decided_on=IN_APRIL)

ROWS: Final[dict[str, Row]] = {
    "an entry until performed ends with the performance": Row(
        said=(OPEN_ENDED, acts.a_performance()),
        stage="REMOVED",
        article=ART_10,
        cause=RemovalCause.PERFORMED,
    ),
    "a fixed term stands, and the court has three working days": Row(
        said=(COURT, acts.a_performance()), stage="ACTIVE", article=ART_10
    ),
    "the court has not taken it off in three working days": Row(
        said=(IN_APRIL, COURT, PERFORMED, date(2026, 4, 11)),
        stage="ACTIVE",
        article=ART_10,
        overdue=("DELETION",),
    ),
    "on the third working day nobody is late": Row(
        said=(IN_APRIL, COURT, PERFORMED, date(2026, 4, 10)),
        stage="ACTIVE",
        article=ART_10,
    ),
    "nobody has decided the objection in fifteen days": Row(
        said=(COURT, acts.an_objection(), date(2026, 3, 25)),
        stage="ACTIVE",
        article="法释〔2017〕7号 第十二条",
        disputed=True,
        overdue=("OBJECTION_DECISION",),
    ),
    "a late decision of the objection ends the mark": Row(
        said=(
            COURT,
            acts.an_objection(),
            date(2026, 4, 30),
            acts.an_objection_ruling(ObjectionResult.DISMISSED, decided_on=date(2026, 4, 30)),
        ),
        stage="ACTIVE",
        article="法释〔2017〕7号 第十二条",
    ),
    "an authority has not decided the objection in seven working days": Row(
        said=(TAX, acts.an_objection(**about(TAX)), date(2026, 3, 19)),
        stage="ACTIVE",
        article=OBJECTION,
        disputed=True,
        overdue=("OBJECTION_DECISION",),
    ),
}
