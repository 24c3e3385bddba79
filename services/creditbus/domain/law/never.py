"""Never: what no record may carry and no measure may touch, whatever a list, order or memo says.

No score, points or ranking of anybody. No consequence for elections, schooling, basic public
services, or for relatives. The words are looked for in every schema and every row; a row that needs
one of them is excluded, says why, and hangs on nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

RANKING: Final = re.compile(
    r"(?<![a-z])(scores?|scored|scoring|points?|rank(s|ed|ing)?|ratings?)(?![a-z])"
    r"|积分|评分|打分|(?<!统)计分|排名|分数|信用分(?![级类])",
    re.IGNORECASE,
)
"""A number or an order of subjects, in a name; ``appointment`` is none, ``credit_points`` is."""

GRADING: Final = re.compile(
    r"(?<![a-z])(grades?|graded|tiers?|levels?)(?![a-z])|等级|[A-E]级",
    re.IGNORECASE,
)
"""A class of subjects: an authority's to give to organisations, never to persons."""

FORBIDDEN: Final[dict[str, re.Pattern[str]]] = {
    "elections and political rights": re.compile(
        r"人大代表|政协委员|参选|选举|候选人"
        r"|(?<![a-z])(elections?|electoral|vot(e|es|ing)|candidac(y|ies))(?![a-z])",
        re.IGNORECASE,
    ),
    "schooling": re.compile(
        r"升学|入学|复学|就学|就读|学校|教育资格|(?<![a-z])(school\w*|tuition|enrol\w*)(?![a-z])",
        re.IGNORECASE,
    ),
    "basic public services": re.compile(
        r"就医|医疗救治|供水|供电|供气|供热|社会保险待遇|最低生活保障|低保|义务教育"
        r"|(?<![a-z])(medical care|health care|water supply|power supply|heating|gas supply"
        r"|minimum livelihood|social insurance benefits?)(?![a-z])",
        re.IGNORECASE,
    ),
    "relatives": re.compile(
        r"子女|配偶|亲属|家属|家庭成员|近亲|邻居"
        r"|(?<![a-z])(child|children|spouses?|relatives?|famil(y|ies)|neighbours?)(?![a-z])",
        re.IGNORECASE,
    ),
}
"""Each forbidden kind of consequence by the words that it would be written with."""

READERS: Final = re.compile(
    r"学校|医院|用人单位|雇主|房东|村委会|居委会|媒体|数据经纪"
    r"|(?<![a-z])(schools?|hospitals?|employers?|landlords?|village committees?|media"
    r"|data brokers?)(?![a-z])",
    re.IGNORECASE,
)
"""Who never reads anything about natural persons."""

SPARED_ZH: Final = (
    "选举权和被选举权等政治权利；就学、升学；"
    "医疗、水电气热、社会保险待遇等基本公共服务；亲属和其他任何人"
)
SPARED_EN: Final = (
    "elections and other political rights; schooling; medical care, water, power, gas, heating and"
    " social insurance benefits; relatives and anybody else but the subject"
)
"""What no measure may touch, in the words of the pages."""


def ranking(texts: Iterable[str]) -> str | None:
    """Return the first word that would count or order subjects, or None."""
    return _first(RANKING, texts)


def grading(texts: Iterable[str]) -> str | None:
    """Return the first word that puts subjects into classes, or None."""
    return _first(GRADING, texts)


def forbidden_kind(texts: Iterable[str]) -> str | None:
    """Return the forbidden kind of consequence that the texts speak of, or None.

    >>> forbidden_kind(["No bidding", "children in high-fee private schools"])
    'schooling'
    >>> forbidden_kind(["No bidding for a year"])
    """
    known = list(texts)
    return next((kind for kind, words in FORBIDDEN.items() if _first(words, known)), None)


def _first(words: re.Pattern[str], texts: Iterable[str]) -> str | None:
    found = (words.search(_spoken(text)) for text in texts)
    return next((each.group() for each in found if each), None)


def _spoken(name: str) -> str:
    """Return a name with its parts kept apart: ``creditScore`` and ``credit_score`` alike."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ")
