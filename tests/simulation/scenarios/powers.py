"""Point 1: who may state which kind of act about whose entry."""

from __future__ import annotations

from datetime import date
from typing import Final

from creditbus.domain.acts.events import RemovalCause
from creditbus.domain.acts.objections import ObjectionResult
from creditbus.domain.acts.registrations import Registration
from creditbus.domain.acts.repairs import RepairStep
from creditbus.domain.acts.revocations import ReorganisationStep
from creditbus.domain.acts.suspensions import Proceeding, Stay
from creditbus.domain.ids import BasisId, ListId
from tests import acts
from tests.examples import a_bid_bar, a_catalogue, a_listing, a_removal
from tests.simulation.scenarios.rows import Row, about

UPHELD, DISMISSED = ObjectionResult.REMOVED, ObjectionResult.DISMISSED
COURT: Final = a_listing()
BID: Final = a_bid_bar()
TAX: Final = a_listing(
    source="tax-east",
    record_id="SW-1",
    list_id=ListId("BL-TAX-ZD"),
    bases=(BasisId("STA-54-ART6"),),
    provisions=(),
)
OBJECTION: Final = acts.an_objection()
RULED_LATER: Final = {"record_id": "YY-9", "record_revision": 9, "decided_on": date(2026, 3, 30)}

ART_10: Final = "法释〔2017〕7号 第十条"
ART_12: Final = "法释〔2017〕7号 第十二条"
EASE: Final = "山东省社会信用条例 第四十条"
OBJECTION_ART: Final = "山东省社会信用条例 第三十九条"
REPAIR: Final = "国办发〔2025〕22号; 信用修复管理办法"
REVOKED: Final = a_catalogue().powers["basis_revoked"].article
LISTS: Final = "国办发〔2020〕49号 (八)"


ROWS: Final[dict[str, Row]] = {
    "the court upheld the objection, a tobacco bureau dismissed it later": Row(
        said=(
            COURT,
            OBJECTION,
            acts.an_objection_ruling(UPHELD),
            acts.an_objection_ruling(DISMISSED, source="tobacco", **RULED_LATER),
        ),
        stage="REMOVED",
        refused=(ART_12,),
        cause=RemovalCause.CORRECTED,
    ),
    "the tobacco bureau dismissed it first, then the court upheld": Row(
        said=(
            COURT,
            acts.an_objection_ruling(DISMISSED, source="tobacco", **RULED_LATER),
            OBJECTION,
            acts.an_objection_ruling(UPHELD),
        ),
        stage="REMOVED",
        refused=(ART_12,),
        cause=RemovalCause.CORRECTED,
    ),
    "another district's court dismisses the objection to the court's list": Row(
        said=(COURT, OBJECTION, acts.an_objection_ruling(DISMISSED, source="court-hill")),
        stage="ACTIVE",
        refused=(ART_12,),
        disputed=True,
    ),
    "the court above upholds instead of the executing court": Row(
        said=(
            a_listing(source="court-east"),
            acts.an_objection_ruling(UPHELD, **about(a_listing(source="court-east"))),
        ),
        stage="ACTIVE",
        refused=(ART_12,),
    ),
    "the executing court dismisses, and the mark goes": Row(
        article=ART_12,
        said=(COURT, OBJECTION, acts.an_objection_ruling(DISMISSED)),
        stage="ACTIVE",
    ),
    "the credit office files, which is not to rule": Row(
        said=(
            COURT,
            OBJECTION,
            acts.an_objection_ruling(UPHELD, source=acts.OFFICE),
        ),
        stage="ACTIVE",
        refused=(ART_12,),
        disputed=True,
    ),
    "an objection handed in at the statistics bureau": Row(
        said=(COURT, acts.an_objection(source="statistics")),
        stage="ACTIVE",
        refused=("山东省社会信用条例 第三十九条",),
    ),
    "the city's tax bureau upholds against its district's": Row(
        article=OBJECTION_ART,
        said=(TAX, acts.an_objection_ruling(UPHELD, source="tax", **about(TAX))),
        stage="REMOVED",
        cause=RemovalCause.CORRECTED,
    ),
    "another unit removes under the court's record and revision": Row(
        said=(COURT, a_removal(source="tobacco", record_revision=9)),
        stage="ACTIVE",
        refused=("法释〔2017〕7号 第十条",),
    ),
    "a keeper removes from a list that it does not keep": Row(
        said=(BID, a_removal(source="tender", record_id=BID.envelope.record_id)),
        stage="ACTIVE",
        refused=("法释〔2017〕7号 第十条",),
    ),
    "a keeper removes, and misspells its list": Row(
        article=EASE,
        said=(BID, a_removal(source="tender", record_id=BID.envelope.record_id, list_id="BL-BID")),
        stage="REMOVED",
        cause=RemovalCause.PERFORMED,
    ),
    "the court removes, and names its other list": Row(
        article=EASE,
        said=(COURT, a_removal(list_id="BL-GOV-ZW")),
        stage="REMOVED",
        cause=RemovalCause.PERFORMED,
    ),
    "the keeper removes whatever else is missing": Row(
        article=ART_10,
        said=(COURT, a_removal(document_number="", bases=())),
        stage="REMOVED",
        cause=RemovalCause.PERFORMED,
    ),
    "a removal of what nobody has listed waits": Row(article=ART_10, said=(a_removal(),), stage=""),
    "a removal waited, its listing comes late": Row(
        article=ART_10,
        said=(a_removal(), COURT),
        stage="REMOVED",
        refused=("",),
        cause=RemovalCause.PERFORMED,
    ),
    "a stranger's removal of what nobody has listed": Row(
        said=(a_removal(source="tobacco"), COURT),
        stage="ACTIVE",
        refused=("法释〔2017〕7号 第十条",),
    ),
    "another keeper of the list grants the repair": Row(
        said=(
            BID,
            acts.a_repair_ruling(RepairStep.GRANTED, source="housing", **about(BID)),
        ),
        stage="ACTIVE",
        refused=("国办发〔2025〕22号; 信用修复管理办法",),
    ),
    "whoever designated grants the repair": Row(
        article=REPAIR,
        said=(BID, acts.a_repair_ruling(RepairStep.GRANTED, source="tender", **about(BID))),
        stage="REMOVED",
        cause=RemovalCause.REPAIRED,
    ),
    "another unit cancels a repair that was granted": Row(
        said=(
            BID,
            acts.a_repair_ruling(RepairStep.GRANTED, source="tender", **about(BID)),
            acts.a_repair_ruling(
                RepairStep.CANCELLED,
                source="emergency",
                record_id="XF-9",
                decided_on=date(2026, 10, 9),
                **about(BID),
            ),
        ),
        stage="REMOVED",
        refused=("国办发〔2025〕22号; 信用修复管理办法",),
        cause=RemovalCause.REPAIRED,
    ),
    "the justice bureau stays in reconsideration": Row(
        article="行政复议法 第四十二条",
        said=(
            BID,
            acts.a_stay(source="justice", proceeding=Proceeding.RECONSIDERATION, **about(BID)),
        ),
        stage="SUSPENDED",
    ),
    "the market bureau stays another's entry in reconsideration": Row(
        said=(
            BID,
            acts.a_stay(source="market", proceeding=Proceeding.RECONSIDERATION, **about(BID)),
        ),
        stage="ACTIVE",
        refused=("行政复议法 第四十二条",),
    ),
    "the justice bureau stays the court's list": Row(
        said=(COURT, acts.a_stay(source="justice", proceeding=Proceeding.RECONSIDERATION)),
        stage="ACTIVE",
        refused=(ART_12,),
    ),
    "a court stays in a lawsuit": Row(
        article="行政诉讼法 第五十六条",
        said=(BID, acts.a_stay(source="court-hill", **about(BID))),
        stage="SUSPENDED",
    ),
    "a district's court stays another court's listing": Row(
        said=(COURT, acts.a_stay(source="court-hill")),
        stage="ACTIVE",
        refused=("行政诉讼法 第五十六条",),
    ),
    "a tobacco bureau ends the court's stay under the same record": Row(
        said=(
            BID,
            acts.a_stay(source="court-hill", **about(BID)),
            acts.a_stay(source="tobacco", stay=Stay.ENDED, record_revision=2, **about(BID)),
        ),
        stage="SUSPENDED",
        refused=("行政诉讼法 第五十六条",),
    ),
    "civil affairs strike an enterprise off": Row(
        said=(BID, acts.a_registration(Registration.DEREGISTERED, source="civil-affairs")),
        stage="ACTIVE",
        refused=("市场主体登记管理条例 第五条; 社会团体登记管理条例 第六条",),
    ),
    "the registrar of enterprises strikes it off": Row(
        article="市场主体登记管理条例 第五条; 社会团体登记管理条例 第六条",
        said=(BID, acts.a_registration(Registration.DEREGISTERED)),
        stage="REMOVED",
        cause=RemovalCause.DEREGISTERED,
    ),
    "a tobacco bureau revokes the court's document": Row(
        said=(COURT, acts.a_revocation(source="tobacco")),
        stage="ACTIVE",
        refused=(REVOKED,),
    ),
    "a tobacco bureau calls the document beneath a listing its own": Row(
        article=EASE,
        said=(
            a_bid_bar(underlying=("测罚1号",)),
            acts.a_revocation(source="tobacco", issuer="tobacco", revoked_document="测罚1号"),
        ),
        stage="ACTIVE",
    ),
    "whoever decided revokes its own document": Row(
        article=REVOKED,
        said=(COURT, acts.a_revocation()),
        stage="REMOVED",
        cause=RemovalCause.REVOKED,
    ),
    "a court revokes an authority's document": Row(
        article=REVOKED,
        said=(BID, acts.a_revocation(source="court-hill", issuer="tender")),
        stage="REMOVED",
        cause=RemovalCause.REVOKED,
    ),
    "the justice bureau revokes on reconsideration": Row(
        article=REVOKED,
        said=(BID, acts.a_revocation(source="justice", issuer="tender")),
        stage="REMOVED",
        cause=RemovalCause.REVOKED,
    ),
    "the court above revokes a district court's listing": Row(
        article=REVOKED,
        said=(
            a_listing(source="court-east"),
            acts.a_revocation(issuer="court-east"),
        ),
        stage="REMOVED",
        cause=RemovalCause.REVOKED,
    ),
    "the tax bureau rules on a reorganisation": Row(
        said=(BID, acts.a_reorganisation(ReorganisationStep.COMPLETED, source="tax")),
        stage="ACTIVE",
        refused=("企业破产法 第三条、第八十六条",),
    ),
    "another unit states that the duty is performed": Row(
        said=(
            a_listing(provisions=("1",), ends_on=None, until_performed=True),
            acts.a_performance(source="tax"),
        ),
        stage="ACTIVE",
        refused=("法释〔2017〕7号 第十条",),
    ),
    "a unit lists on a list that it does not keep": Row(
        said=(a_listing(source="tobacco"),),
        stage="",
        refused=("法释〔2017〕7号 第五条",),
    ),
    "a unit announces a listing on a list that it does not keep": Row(
        said=(acts.a_notice(source="tobacco"),),
        stage="",
        refused=(LISTS,),
    ),
}
