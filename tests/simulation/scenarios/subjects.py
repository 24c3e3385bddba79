"""Point 6: who can be on a list, and who is heard before."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from creditbus.domain.acts.listings import NoticeStep
from creditbus.domain.law.articles import LISTS, MINORS
from creditbus.domain.law.catalogue import Tier
from creditbus.domain.subjects import SubjectKind
from tests import acts
from tests.examples import (
    BID_LIST,
    DECIDED_ON,
    FIRM,
    PERSON,
    a_bid_bar,
    a_listing,
)
from tests.simulation.scenarios.rows import Row

HEARD: Final = "行政处罚法 第四十四条、第四十五条"
ATTENTION: Final = "国办发〔2020〕49号"
OWN: Final[dict[str, Any]] = {
    "source": "tender",
    "record_id": a_bid_bar().envelope.record_id,
    "list_id": BID_LIST,
    "bases": ("TBL-ART53",),
    "lapses_on": None,
    "provisions": ("53",),
    "answer_by": date(2026, 3, 20),
}
ADULT: Final[dict[str, Any]] = {
    "subject_id": PERSON,
    "subject_kind": SubjectKind.NATURAL_PERSON,
    "subject_name": None,
    "adult_on_decision": True,
}
BAR: Final = a_bid_bar(record_revision=2)

ROWS: Final[dict[str, Row]] = {
    "an enterprise on the list of government bodies": Row(
        said=(
            a_listing(
                list_id="BL-GOV-ZW",
                bases=("SD-CREDIT-ART48",),
                provisions=(),
                decided_on=date(2026, 4, 7),
                ends_on=None,
                until_performed=True,
            ),
        ),
        stage="",
        refused=(LISTS,),
    ),
    "a manager on the court's list for the firm's debt": Row(
        said=(a_listing(**ADULT, unit=FIRM, decided_on=date(2026, 4, 7)),),
        stage="",
        refused=("法发〔2019〕35号",),
    ),
    "a minor on the court's list": Row(
        said=(a_listing(**(ADULT | {"adult_on_decision": False})),), stage="", refused=(MINORS,)
    ),
    "a person on the wage list without the unit": Row(
        said=(
            a_listing(
                **ADULT,
                source="labour",
                record_id="LS-1",
                list_id="BL-HRSS-GZ",
                bases=("WAGE-ART48",),
                provisions=(),
                tier=Tier.SERIOUS,
                decided_on=date(2026, 4, 7),
                ends_on=date(2028, 4, 7),
            ),
        ),
        stage="",
        refused=("保障农民工工资支付条例 第四十八条",),
    ),
    "listed before the subject's time to answer is over": Row(
        said=(acts.a_notice(**OWN), BAR, date(2026, 3, 20)), stage="GRACE", article=HEARD
    ),
    "the time to answer is over": Row(
        said=(acts.a_notice(**OWN), BAR, date(2026, 3, 21)), stage="ACTIVE", article=HEARD
    ),
    "the subject has answered": Row(
        said=(
            acts.a_notice(**OWN),
            BAR,
            acts.a_notice(**OWN, step=NoticeStep.REPRESENTATION_RECEIVED, record_revision=3),
        ),
        stage="ACTIVE",
        article=HEARD,
    ),
    "an attention list is seen by nobody outside": Row(
        said=(
            a_listing(
                source="market",
                record_id="GZ-1",
                list_id="AT-CITY-GZ",
                bases=("SD-CREDIT-ART28",),
                provisions=(),
                ends_on=date(2027, 3, 1),
            ),
        ),
        stage="ACTIVE",
        article=ATTENTION,
        ends_on=date(2027, 3, 1),
    ),
    "a list at rest on the day of the decision": Row(
        said=(a_listing(source="customs", list_id="BL-CUS-HG", bases=("GACC-251",)),),
        stage="",
        refused=(LISTS,),
    ),
    "a list that is in no catalogue": Row(
        said=(a_listing(list_id="BL-NOWHERE"),), stage="", refused=(LISTS,)
    ),
    "decided on a day that is made up": Row(
        said=(a_listing(decided_on=date(2999, 12, 31)),), stage="", refused=(LISTS,)
    ),
}
assert OWN["answer_by"] > DECIDED_ON
