"""Faults: what is told of an act that only the log shows to be wrong."""

from __future__ import annotations

from datetime import date
from typing import Final

from creditbus.domain.acts.refusals import Fault, Reason

CONFLICT: Final = Fault(
    Reason.CONTENT_CONFLICT,
    "record_revision",
    "",
    "this revision of the record was sent before with other content; send a new one",
)
OVERTAKEN: Final = Fault(
    Reason.REVISION_SUPERSEDED,
    "record_revision",
    "",
    "a newer revision of the record is known and stands",
)


def too_old(removed_on: date) -> Fault:
    """Return what is told of a decision that a removal decided later has overtaken."""
    return Fault(
        Reason.REVISION_SUPERSEDED,
        "decided_on",
        "",
        f"what it decided was removed by a decision of {removed_on}: an older one brings nothing"
        " back, whatever its revision or record id; send the new decision, if there is one",
        f"所作决定已于{removed_on}决定移出，此前作出的决定不得再次列入；另有新决定的，请报送新决定",
    )
