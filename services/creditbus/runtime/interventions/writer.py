"""Writer of interventions: who acts, from where, and the topic that keeps what was done and why."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from creditbus.domain.acts.interventions import Intervention, OperatorStep, Way, checked_reason
from creditbus.domain.identifiers.citizen import hide_persons
from creditbus.runtime.kafka.transactions import write_together
from creditbus.runtime.kafka.written import Written
from creditbus.runtime.process import Process
from creditbus.wire.topics import INTERVENTIONS

_ID_BYTES: Final = 10


class NotDone(Exception):
    """What was asked cannot be done; the sentences say why, and what can."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.chinese = chinese


@dataclass(frozen=True, slots=True)
class InterventionWriter:
    """Writes for one person; ``process`` is a principal that may write interventions."""

    process: Process
    author: str
    way: Way

    def entry(
        self,
        step: OperatorStep,
        about: str,
        place: str,
        reason: str,
        *,
        subject_id: str = "",
        detail: str = "",
    ) -> Intervention:
        """Return an act of this person, now; raises ``NoReason`` without a reason.

        A person's number in the reason is masked: it would be kept for years.
        """
        return Intervention(
            intervention_id=secrets.token_hex(_ID_BYTES),
            at=self.process.clock.now(),
            author=self.author,
            way=self.way,
            step=step,
            about=about,
            place=place,
            reason=hide_persons(checked_reason(reason)),
            subject_id=subject_id,
            detail=detail,
        )

    def write(self, done: Intervention) -> None:
        """Write the act, which is carried out only then.

        Raises ``Unavailable``: then nothing was written; and ``OutcomeUnknown``.
        """
        process = self.process
        said = Written(topic=INTERVENTIONS, key=done.key.encode(), value=process.codec.encode(done))
        write_together(process, [said])
        process.logger.info(
            "a person acts upon the bus",
            step=done.step,
            about=done.about,
            place=done.place,
            author=done.author,
            intervention=done.intervention_id,
        )
