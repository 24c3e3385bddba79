"""Point 5: one decision is one entry, whoever reports it, and an older one never comes back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from creditbus.demo.city import organisation
from creditbus.domain.acts.events import RemovalCause
from creditbus.domain.acts.objections import ObjectionResult
from creditbus.domain.acts.repairs import RepairStep
from tests import acts
from tests.examples import BID_LIST, DECIDED_ON, ENDS_ON, a_bid_bar, a_listing, a_removal
from tests.simulation.scenarios.rows import Row, about

DAY: Final = timedelta(days=1)
ART_10: Final = "法释〔2017〕7号 第十条"
ART_12: Final = "法释〔2017〕7号 第十二条"
EASE: Final = "山东省社会信用条例 第四十条"
BID: Final = "招标投标法 第五十三条"

FIRST: Final = a_bid_bar()
SECOND: Final = a_bid_bar(source="housing", record_id="ZJ-7", record_revision=4)
SHORTER: Final = date(2027, 6, 1)
BY_SECOND: Final[dict[str, Any]] = {"source": "housing", "record_id": "ZJ-7"}
BY_FIRST: Final[dict[str, Any]] = {"source": "tender", "record_id": FIRST.envelope.record_id}
OTHER: Final = organisation(41)
BY_OTHER: Final[dict[str, Any]] = {**BY_FIRST, "subject_id": OTHER}
OF_COURT: Final = a_listing()
AGAIN: Final = a_listing(record_id="SX-AGAIN", record_revision=7)


def removed(day: date = DECIDED_ON, **record: Any) -> Any:
    return a_removal(record_revision=5, list_id=BID_LIST, decided_on=day, **record)


ROWS: Final[dict[str, Row]] = {
    "a second keeper reports the same decision": Row(
        said=(FIRST, SECOND), stage="ACTIVE", article=BID, ends_on=date(2028, 3, 2)
    ),
    "the same court reports its decision under another record id": Row(
        said=(OF_COURT, AGAIN), stage="ACTIVE", article="法释〔2017〕7号 第五条"
    ),
    "the second types the document with other brackets": Row(
        said=(
            a_bid_bar(document_number="青招监决〔2026〕17号"),
            a_bid_bar(document_number="青招监决[２０２６] 17号", **BY_SECOND),
        ),
        stage="ACTIVE",
        article=BID,
    ),
    "the second corrects the end of the term": Row(
        said=(FIRST, SECOND, a_bid_bar(record_revision=5, ends_on=SHORTER, **BY_SECOND)),
        stage="ACTIVE",
        article=EASE,
        ends_on=SHORTER,
    ),
    "the first corrects after the second has reported": Row(
        said=(FIRST, SECOND, a_bid_bar(record_revision=2, ends_on=SHORTER)),
        stage="ACTIVE",
        article=EASE,
        ends_on=SHORTER,
    ),
    "a report that comes after a correction does not undo it": Row(
        said=(FIRST, a_bid_bar(record_revision=2, ends_on=SHORTER), SECOND),
        stage="ACTIVE",
        article=EASE,
        ends_on=SHORTER,
    ),
    "the second removes what the first has listed": Row(
        said=(FIRST, SECOND, removed(**BY_SECOND)),
        stage="REMOVED",
        article=ART_10,
        cause=RemovalCause.PERFORMED,
    ),
    "the first removes, and the second reports the decision late": Row(
        said=(FIRST, removed(DECIDED_ON + 9 * DAY, **BY_FIRST), SECOND),
        stage="REMOVED",
        article=ART_10,
        refused=("",),
        cause=RemovalCause.PERFORMED,
    ),
    "a removal of the second waited, and both listings come after it": Row(
        said=(removed(**BY_SECOND), FIRST, SECOND),
        stage="REMOVED",
        article=ART_10,
        refused=("",),
        cause=RemovalCause.PERFORMED,
    ),
    "a stranger removes under the second's record": Row(
        said=(FIRST, SECOND, removed(source="tobacco", record_id="ZJ-7")),
        stage="ACTIVE",
        refused=("国办发〔2020〕49号 (八)",),
    ),
    "the second upholds an objection to its own report": Row(
        said=(
            FIRST,
            SECOND,
            acts.an_objection(**about(SECOND)),
            acts.an_objection_ruling(ObjectionResult.REMOVED, source="housing", **about(SECOND)),
        ),
        stage="REMOVED",
        article="山东省社会信用条例 第三十九条",
        cause=RemovalCause.CORRECTED,
    ),
    "the second grants the repair of its own report": Row(
        said=(
            FIRST,
            SECOND,
            acts.a_repair_ruling(RepairStep.GRANTED, source="housing", **about(SECOND)),
        ),
        stage="REMOVED",
        article="国办发〔2025〕22号; 信用修复管理办法",
        cause=RemovalCause.REPAIRED,
    ),
    "a court stays what the second has reported": Row(
        said=(FIRST, SECOND, acts.a_stay(source="court-hill", **about(SECOND))),
        stage="SUSPENDED",
        article="行政诉讼法 第五十六条",
    ),
    "an older decision under a higher revision": Row(
        said=(OF_COURT, a_removal(decided_on=DECIDED_ON + DAY), a_listing(record_revision=9)),
        stage="REMOVED",
        article=ART_10,
        refused=("",),
        cause=RemovalCause.PERFORMED,
        told="decided_on",
    ),
    "a record id names another firm than before": Row(
        said=(FIRST, a_bid_bar(subject_id=OTHER, record_revision=2), removed(**BY_OTHER)),
        stage="ACTIVE",
        article=BID,
        refused=("",),
        told="record_id",
    ),
    "the wrong firm is taken off, and the right one listed under an id of its own": Row(
        said=(
            FIRST,
            removed(DECIDED_ON + DAY, **BY_FIRST),
            a_bid_bar(subject_id=OTHER, record_revision=6),
        ),
        stage="REMOVED",
        article=ART_10,
        refused=("",),
        cause=RemovalCause.PERFORMED,
        told="record_id",
    ),
    "an older decision under another record id": Row(
        said=(OF_COURT, a_removal(decided_on=DECIDED_ON + DAY), AGAIN),
        stage="REMOVED",
        article=ART_10,
        refused=("",),
        cause=RemovalCause.PERFORMED,
        told="decided_on",
    ),
    "an older decision after the entry was forgotten": Row(
        said=(
            OF_COURT,
            a_removal(decided_on=DECIDED_ON + DAY),
            DECIDED_ON + 400 * DAY,
            a_listing(record_id="SX-LATE", record_revision=3),
        ),
        stage="",
        article=ART_10,
        refused=("",),
        told="decided_on",
    ),
    "the keeper decides anew after the removal": Row(
        said=(
            OF_COURT,
            a_removal(decided_on=DECIDED_ON + DAY),
            a_listing(
                record_revision=3, decided_on=DECIDED_ON + 2 * DAY, ends_on=ENDS_ON + 2 * DAY
            ),
        ),
        stage="ACTIVE",
        article="法释〔2017〕7号 第五条",
    ),
    "a removal with a lower revision, decided after the listing": Row(
        said=(
            a_listing(record_revision=3),
            a_removal(record_revision=2, decided_on=DECIDED_ON + DAY),
        ),
        stage="REMOVED",
        article=ART_10,
        cause=RemovalCause.PERFORMED,
    ),
    "a notice that is older than the removal": Row(
        said=(
            OF_COURT,
            a_removal(),
            acts.a_notice(record_revision=3),
        ),
        stage="REMOVED",
        article=ART_10,
        refused=("",),
        cause=RemovalCause.PERFORMED,
        told="decided_on",
    ),
}
