"""An answer repeats what its directive stated: subject, measure, body, revision and action."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from creditbus.dispatch.decide import Ledger, instruct
from creditbus.domain.effects.directives import Action, Directive, misnamed
from creditbus.domain.ids import MeasureId, SourceId
from tests.examples import OTHER_FIRM, a_bid_bar, a_standing, an_acknowledgement, some_editions


def a_directive() -> Directive:
    _, (directive,) = instruct(Ledger(), a_standing(a_bid_bar()), some_editions())
    return directive


def test_an_answer_that_repeats_its_directive_is_named_well() -> None:
    assert misnamed(an_acknowledgement(a_directive())) == ""


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"measure_id": MeasureId("A04")}, "obligation_id"),
        ({"revision": 7}, "directive_id"),
        ({"action": Action.LIFT}, "directive_id"),
    ],
)
def test_an_answer_of_another_measure_revision_or_action_is_none_of_it(
    changes: dict[str, Any], field: str
) -> None:
    assert misnamed(an_acknowledgement(a_directive(), **changes)) == field


@pytest.mark.parametrize("changes", [{"subject_id": OTHER_FIRM}, {"source": SourceId("railway")}])
def test_an_answer_about_another_subject_or_of_another_body_is_none_of_it(
    changes: dict[str, Any],
) -> None:
    said = an_acknowledgement(a_directive())
    envelope = msgspec.structs.replace(said.envelope, **changes)
    assert misnamed(msgspec.structs.replace(said, envelope=envelope)) == "obligation_id"
