"""What a measure's explanation says of the human who must decide."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from creditbus.domain.ids import MeasureId
from creditbus.domain.law.catalogue import MeasureClass
from creditbus.domain.law.explanations import explain
from tests.examples import a_catalogue


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"record_only": True}, "the bus sends nothing"),
        ({"automatic": False}, "always: what the bus says is advice"),
        ({"organisations": False}, "for natural persons always (PIPL, article 24)"),
        ({}, "for organisations no"),
        ({"persons": False}, "no: the executing body may apply it"),
        ({"measure_class": MeasureClass.B}, "no: the executing body may apply it"),
    ],
)
def test_whether_a_human_decides_is_said(changes: dict[str, Any], said: str) -> None:
    measure = msgspec.structs.replace(
        a_catalogue().measures[MeasureId("A13")],
        **{
            "record_only": False,
            "automatic": True,
            "measure_class": MeasureClass.A,
            "persons": True,
            "organisations": True,
            **changes,
        },
    )
    assert said in explain(measure, a_catalogue()).human
