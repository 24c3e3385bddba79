"""Questions: what an approval system may send, and what it tells of the answer's fate afterwards.

A check is a chain of three: the question, what the asker did with the answer, and what became of
the matter. Each leaves a record of who, what about whom, and for which purpose.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from creditbus.domain.subjects import PersonNumber

Short = Annotated[str, msgspec.Meta(max_length=100)]


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A check as it is asked: the subject as ``uscc:`` and the code, or a person by number."""

    subject: Short | PersonNumber
    matter: Short
    purpose: Short


class Executed(StrEnum):
    """What the asker did with the answer."""

    FOLLOWED = "FOLLOWED"
    NOT_FOLLOWED = "NOT_FOLLOWED"
    REVIEWED = "REVIEWED"


class Ended(StrEnum):
    """What became of the matter that was asked about."""

    GRANTED = "GRANTED"
    DENIED = "DENIED"
    WITHDRAWN = "WITHDRAWN"


class Execution(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The check once more, and what was done with its answer."""

    subject: Short | PersonNumber
    matter: Short
    purpose: Short
    executed: Executed


class EndedMatter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The check once more, and what became of the matter."""

    subject: Short | PersonNumber
    matter: Short
    purpose: Short
    ended: Ended


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """The bus has kept what it was told about a check."""

    check_id: str
    verdict: str
