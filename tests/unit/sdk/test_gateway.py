"""What the SDK hands to the gateway by HTTP is what the gateway reads, of each kind of act."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from creditbus.domain.subjects import PersonNumber
from creditbus.gateway.submissions import AcknowledgementSubmission, EventSubmission
from creditbus.sdk.gateway import submission_of
from creditbus.sdk.receipts import Unsendable
from tests import acts
from tests.examples import a_bid_bar, a_listing, a_removal, an_acknowledgement
from tests.unit.intake.test_decide import a_directive

ACTS = (
    a_listing(),
    a_removal(),
    acts.a_notice(),
    acts.an_extension(),
    acts.a_variation(),
    acts.a_stay(),
    acts.a_window(),
    acts.a_performance(),
    acts.an_objection(),
    acts.an_application(),
    acts.a_revocation(),
    acts.a_consent_withdrawn(),
    acts.a_commitment(),
    acts.an_evaluation(),
    acts.a_penalty(),
    acts.a_permit(),
    acts.a_step(),
)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: type(act).__name__)
def test_the_gateway_reads_each_act(act: Any) -> None:
    read: Any = msgspec.json.decode(submission_of(act), type=EventSubmission)
    for name in act.__struct_fields__:
        if name != "envelope":
            assert getattr(read, name) == getattr(act, name), name
    assert read.envelope.record_id == act.envelope.record_id
    assert read.envelope.occurred_at == act.envelope.occurred_at


def test_the_gateway_reads_an_answer() -> None:
    answer = an_acknowledgement(a_directive())
    read = msgspec.json.decode(submission_of(answer), type=AcknowledgementSubmission)
    assert (read.directive_id, read.outcome) == (answer.directive_id, answer.outcome)


def test_a_person_is_given_by_number_alone() -> None:
    person = PersonNumber(number_kind="synthetic", number="SYN-00000001-1980")
    read: Any = msgspec.json.decode(submission_of(a_listing(), person), type=EventSubmission)
    assert read.envelope.subject == person
    assert (read.envelope.subject_id, read.envelope.subject_kind) == (None, None)


def test_what_is_no_value_is_told_before_it_is_sent() -> None:
    with pytest.raises(Unsendable) as told:
        submission_of(a_bid_bar(record_revision="1"))
    assert told.value.field == "/envelope/record_revision"
    with pytest.raises(Unsendable, match="dict is no statement"):
        submission_of({})  # type: ignore[arg-type]
