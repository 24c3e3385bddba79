"""Suspensions, lifts and performance: what eases an entry while it stands, or ends it.

Each may be a record of its own, by another unit than the list's keeper; ``entry`` names the record
that listed, which may be the act's own.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from creditbus.domain.acts.events import EntryAct


class Proceeding(StrEnum):
    """Where the decision is under review."""

    RECONSIDERATION = "RECONSIDERATION"
    LAWSUIT = "LAWSUIT"
    SUPERVISION = "SUPERVISION"


class Stay(StrEnum):
    """What the proceeding does to the entry: a review that was only asked for stays nothing."""

    REQUESTED = "REQUESTED"
    STAYED = "STAYED"
    ENDED = "ENDED"


class EntrySuspended(EntryAct, frozen=True, kw_only=True):
    """A review or lawsuit was asked for, stayed an entry, or ended (行政复议法 第四十二条).

    Stayed, the entry burdens nobody from ``from_on`` to ``until_on``; without that, until the
    record says ``ENDED``.
    """

    proceeding: Proceeding
    stay: Stay
    from_on: date | None = None
    until_on: date | None = None


class LiftGround(StrEnum):
    """Why a restriction is lifted for a while.

    法发〔2019〕35号 item 17; for what life needs, 法释〔2015〕17号 第八条.
    """

    ILLNESS = "ILLNESS"
    FUNERAL = "FUNERAL"
    DUTY = "DUTY"
    EXAMINATION = "EXAMINATION"
    LIVELIHOOD = "LIVELIHOOD"


class RestrictionLifted(EntryAct, frozen=True, kw_only=True):
    """A court lifted items of a restriction order for some days, at most one month.

    Without provisions it lifts all items. ``last_on`` is the last day of the window.
    """

    ground: LiftGround
    from_on: date
    last_on: date
    provisions: tuple[str, ...] = ()
    withdrawn: bool = False


class DutyPerformed(EntryAct, frozen=True, kw_only=True):
    """The subject has done what the decision asked of it, such as paying a penalty.

    Ends an entry that runs until performed, and any entry of a list whose rule says so.
    """

    proof_number: str = ""
