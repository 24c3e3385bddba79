"""Points 2 and 3: what the list's fields make of the days of a decision.

The rows of ``tests.unit.listing.test_terms``, where listing alone is asked, lived on the whole bus.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from creditbus.domain.acts.refusals import Reason
from creditbus.domain.calendar import DAY
from tests.examples import DECIDED_ON, ENDS_ON
from tests.simulation.scenarios.rows import Row
from tests.unit.listing.test_terms import ROWS as TERMS
from tests.unit.listing.test_terms import Row as Term


def _row(term: Term) -> Row:
    """Return a row of terms; a last day is that of an entry in effect."""
    decided_on = term.said[0].envelope.decided_on
    is_later = DECIDED_ON + DAY < decided_on < ENDS_ON
    said = (decided_on, *term.said) if is_later else term.said
    if isinstance(term.outcome, Reason):
        stage = "ACTIVE" if len(term.said) > 1 else ""
        return Row(said=said, stage=stage, article=term.article, refused=("",))
    if isinstance(term.outcome, date):
        starts_on = term.said[0].envelope.effective_on or decided_on
        stage = "GRACE" if starts_on > decided_on + DAY else "ACTIVE"
        return Row(said=said, stage=stage, article=term.article, ends_on=term.outcome)
    return Row(said=said, stage=term.outcome, article=term.article)


ROWS: Final[dict[str, Row]] = {term.scenario: _row(term) for term in TERMS}
