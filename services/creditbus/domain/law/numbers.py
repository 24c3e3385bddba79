"""Numbers: the kinds of event as the law counts them; sources' competence and lists name them so.

A list says by which of them it is entered and left, a source which it may state. Which record
carries each is said in ``acts.kinds``; what is in neither no record carries.
"""

from __future__ import annotations

from typing import Final

NUMBERS: Final[dict[str, str]] = {
    "E01": "subject registered, updated or deregistered",
    "E02": "old code mapped to a subject",
    "E03": "subject's relation changed",
    "E04": "subject's identity in conflict",
    "E05": "legal basis registered or repealed",
    "E06": "edition of the catalogue activated",
    "E07": "permit decided",
    "E08": "penalty decided",
    "E09": "penalty performed",
    "E10": "basis of a decision revoked or changed",
    "E11": "notice of a listing served",
    "E12": "listing decided by an authority",
    "E13": "representation received, or hearing held",
    "E14": "court listing decided",
    "E15": "court listing extended",
    "E16": "court listing removed",
    "E17": "consumption order issued, varied or lifted",
    "E18": "exit restriction decided or lifted",
    "E19": "serious tax case determined, or its publication stopped",
    "E20": "bar from procurement decided",
    "E21": "bidder's qualification cancelled",
    "E22": "wage arrears listed or removed",
    "E23": "serious breach of safety listed or removed",
    "E24": "abnormal operation entered or removed",
    "E25": "customs level changed",
    "E26": "grade of an organisation evaluated: tax, construction",
    "E27": "attention entered or cleared",
    "E28": "red list granted or withdrawn",
    "E29": "commitment signed, fulfilled or breached",
    "E30": "objection filed",
    "E31": "objection decided",
    "E32": "review requested or decided",
    "E33": "repair applied for",
    "E34": "repair accepted or rejected",
    "E35": "repair decided",
    "E36": "repair propagated or acknowledged",
    "E37": "interview held, training attended, rectification reported",
    "E38": "reorganisation ruled",
    "E39": "service item requested",
    "E40": "association with lists resolved",
    "E41": "measure advised",
    "E42": "measure executed or declined",
    "E43": "outcome reported",
    "E44": "publication added, updated or withdrawn",
    "E45": "term expired",
    "E46": "access logged",
}
"""What each number means. E33 to E46 come from subjects, subscribers and the bus itself."""

NOT_CARRIED: Final[dict[str, str]] = {
    "E04": "found by the register of aliases",
    "E05": "an edition of the catalogue",
    "E06": "an edition of the catalogue",
    "E18": "the court's own channel, never this bus",
}
"""Numbers that no record of a source carries, and where they are instead."""
