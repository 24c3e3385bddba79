"""A try whose record has named another subject is told so among all else, and as it would be."""

from __future__ import annotations

from typing import Final

import msgspec

from creditbus.domain.acts.refusals import Reason
from creditbus.domain.ids import SourceId
from creditbus.engine.values import DictState, Slice
from creditbus.intake.decide import build
from creditbus.intake.tries import Tries
from creditbus.wire.topics import inbox, party_of_inbox
from tests.examples import a_bid_bar, a_catalogue, an_arrival, some_editions

TENDER: Final = SourceId("tender")
OTHER: Final = "uscc:91370200000088022Y"
TRY: Final = ("sandbox", b"true")
ROW: Final = (("attestation", b"signed"), ("sheet", b"1"))


class Door:
    """Intake before the tender office's inbox, which believes one attestation."""

    def __init__(self) -> None:
        self._decide = build(
            some_editions(),
            party_of_inbox,
            lambda stated, _: stated == b"signed",
            is_try=Tries({TENDER: a_catalogue().sources[TENDER]}).holds,
        )
        self._offset = 0

    def told(self, value: msgspec.Struct, *headers: tuple[str, bytes]) -> list[Reason]:
        """Return the reasons against a record, none for one that was let in."""
        topic, self._offset = inbox(TENDER), self._offset + 1
        origin = f"{topic}/0/{self._offset}"
        arrival = an_arrival(value, topic=topic, origin=origin, headers=headers)
        outcome = self._decide(Slice(topic=topic, partition=0, columns=[arrival]), DictState())
        (output,) = outcome.outputs
        return [each.reason for each in getattr(output.value, "faults", ())]


def test_a_row_of_an_official_sheet_that_is_tried_is_not_asked_whom_it_named() -> None:
    door = Door()
    assert door.told(a_bid_bar()) == []
    assert door.told(a_bid_bar(subject_id=OTHER), TRY, *ROW) == [Reason.SANDBOX]
    forged = (("attestation", b"forged"), ROW[1])
    assert door.told(a_bid_bar(subject_id=OTHER), TRY, *forged)[0] is Reason.CONTENT_CONFLICT


def test_what_is_wrong_with_a_tried_record_stands_in_the_order_of_all_refusals() -> None:
    door = Door()
    assert door.told(a_bid_bar()) == []
    told = door.told(a_bid_bar(subject_id=OTHER, bases=(), rights_stated=False), TRY)
    assert {Reason.BASIS_MISSING, Reason.CONTENT_CONFLICT} <= {*told}
    places = list(Reason)
    assert told[:-1] == sorted(told[:-1], key=places.index)
    assert told[-1] is Reason.SANDBOX
