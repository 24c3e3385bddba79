"""Interventions: what a person does to the bus itself, who it was, and why.

Nothing of the law moves by one: no entry is listed or removed, and what is owed stays owed. It is
written to a topic of its own before it is carried out, so that what was asked is on record even if
it then fails.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from creditbus.domain.ids import ObligationId

REASON_CHARACTERS: Final = 500
"""How long a reason may be; nobody reads a longer one at night."""


class OperatorStep(StrEnum):
    """What is done.

    ``SKIP``: a parked inbox goes on behind an offset. ``REDRIVE``: a dead letter is put into its
    inbox once more. ``REDELIVER``: an owed directive is sent now, and not when it is due.
    ``PROPOSE``: a skip of many records waits for a second person, who carries it out by
    ``APPROVE`` or ends it by ``REJECT``. The others still a worker and let it go on.
    """

    SKIP = "SKIP"
    REDRIVE = "REDRIVE"
    REDELIVER = "REDELIVER"
    PAUSE = "PAUSE"
    RESUME = "RESUME"
    DRAIN = "DRAIN"
    PROPOSE = "PROPOSE"
    APPROVE = "APPROVE"
    REJECT = "REJECT"


class Way(StrEnum):
    """Where a person acts."""

    CONSOLE = "CONSOLE"
    COMMAND_LINE = "COMMAND_LINE"


class Intervention(msgspec.Struct, frozen=True, kw_only=True):
    """One act of a person upon the bus: ``author`` as he or she logged in, ``reason`` in own words.

    ``about`` is whose it is: a source or body, or a worker. ``place`` is what exactly: of an inbox
    topic/partition/offset, of a directive its obligation. ``subject_id`` is there where a directive
    is sent anew, because delivery finds it by that. ``detail`` says more, such as how many records.
    ``through`` is the last offset of a skip, proposed or done; ``proposal_id`` names what a second
    person has decided about.
    """

    intervention_id: str
    at: datetime
    author: str
    way: Way
    step: OperatorStep
    about: str
    place: str
    reason: str
    subject_id: str = ""
    detail: str = ""
    through: int | None = None
    proposal_id: str = ""

    @property
    def obligation_id(self) -> ObligationId:
        """Which obligation is sent anew; of every other step it names none that there is."""
        return ObligationId(self.place)

    @property
    def key(self) -> str:
        """By what it is partitioned: it meets its directive where that is decided."""
        return self.subject_id or self.about


class NoReason(ValueError):
    """Nobody may act upon the bus without saying why; the sentences say what to do."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.chinese = chinese


def checked_reason(text: str) -> str:
    """Return a reason as it is kept, in one line; raises ``NoReason``."""
    reason = " ".join(text.split())
    if not reason:
        raise NoReason(
            "say why in a few words: it is kept with your name",
            "请简要说明理由；理由与您的姓名一并留存",
        )
    if len(reason) > REASON_CHARACTERS:
        raise NoReason(
            f"say it in {REASON_CHARACTERS} characters; these are {len(reason)}:"
            " refer to a document instead",
            f"理由不得超过{REASON_CHARACTERS}字，现有{len(reason)}字；可改为引用文件",
        )
    return reason
