"""Articles: the provisions of law that a fault cites in more than one place, each written once.

A refusal must name the same article at whichever door a record fails, or its source would look for
two faults. What only one place cites stands there.
"""

from __future__ import annotations

from typing import Final

OWN_NAME: Final = "山东省社会信用条例 第十条"
"""Cited when a record speaks for another, for one without that role, or has no id of its own."""

IDENTITY: Final = "GB 32100-2015; 山东省社会信用条例 第二条"
"""Cited when an id is none of a subject, or not of the kind that the record states."""

ALIASES: Final = "国发〔2015〕33号; GB 32100-2015"
"""Cited when an old code stands for no subject, for several, or for one that nobody confirmed."""

PERSONS: Final = "个人信息保护法 第三十四条、第三十七条"
"""Cited when a natural person's name travels, or comes another way than through the gateway."""

MINORS: Final = "法释〔2017〕7号 第四条; 山东省社会信用条例 第二条; 民法典 第十七条"
"""Cited when a natural person was not of age on the day of the decision."""

LISTS: Final = "国办发〔2020〕49号 (八)"
"""Cited when a listing lacks what its list rests on: its keeper, bases, document or term."""

CONSENT: Final = "个人信息保护法 第十三条、第十五条; 山东省社会信用条例 第二十条"
"""Cited when a natural person is on a red list without having asked for it."""

NO_CREDIT: Final = "山东省社会信用条例 第十三条、第四十二条"
"""Cited when a fact does not belong into the catalogue of public credit information."""
