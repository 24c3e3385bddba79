"""The issuer: directives about made-up subjects, written as dispatch writes them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import date
from typing import Final

from creditbus.bench.supply import producer_of, put
from creditbus.demo.city import organisation
from creditbus.domain.effects.directives import Action, Directive, Ground, Lane
from creditbus.domain.ids import (
    BasisId,
    BodyId,
    DirectiveId,
    EntryId,
    EventId,
    ListId,
    MeasureId,
    SourceId,
    derive_directive_id,
    derive_obligation_id,
)
from creditbus.domain.subjects import SubjectKind
from creditbus.stack.principals import ClientConfig
from creditbus.wire.records import Codec
from creditbus.wire.topics import DIRECTIVES, LIFTS

MEASURE: Final = MeasureId("A01")
_BASES: Final = (BasisId("TBL-ART53"),)
_GROUND: Final = Ground(
    entry_id=EntryId("3f1c5a52-1e0f-5d0a-9a63-0d1f3f0f2a11"),
    list_id=ListId("BL-BID-ZT"),
    source=SourceId("tender"),
    document_number="测〔2026〕17号",
    bases=_BASES,
    provisions=("53",),
    decided_on=date(2026, 5, 11),
    ends_at=None,
)


class Issuer:
    """Writes directives, each about a subject of its own."""

    def __init__(self, client: ClientConfig, codec: Codec) -> None:
        self._codec = codec
        self._made = 0
        self._producer = producer_of(client, 1)

    def issue(self, action: Action, body: BodyId) -> tuple[DirectiveId, float]:
        """Hand one directive to the client; return its id and the instant."""
        directive = self._directive(action, body)
        key, value = directive.subject_id.encode(), self._codec.encode(directive)
        issued_at = time.monotonic()
        put(self._producer, DIRECTIVES, key, value)
        if directive.lane is Lane.LIFT:
            put(self._producer, LIFTS, key, value)
        self._producer.poll(0)
        return directive.directive_id, issued_at

    def issue_all(self, action: Action, bodies: Iterable[BodyId]) -> None:
        """Issue one directive for each body that is named, and wait for the broker."""
        for body in bodies:
            self.issue(action, body)
        assert self._producer.flush(120) == 0, "the broker did not take every directive"

    def _directive(self, action: Action, body: BodyId) -> Directive:
        self._made += 1
        subject = organisation(self._made)
        obligation = derive_obligation_id(subject, MEASURE, body)
        is_apply = action is Action.APPLY
        return Directive(
            directive_id=derive_directive_id(obligation, 1, action),
            obligation_id=obligation,
            body=body,
            measure_id=MEASURE,
            action=action,
            revision=1,
            subject_kind=SubjectKind.LEGAL_PERSON,
            subject_id=subject,
            subject_name="（测）青岛示例有限公司",
            grounds=(_GROUND,) if is_apply else (),
            bases=_BASES,
            remedies=("行政复议", "行政诉讼") if is_apply else (),
            ends_at=None,
            human_review=False,
            disputed=False,
            edition="bench",
            caused_by=EventId(f"bench-{self._made}"),
            synthetic=True,
        )
