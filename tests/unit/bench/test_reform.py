"""The bench of a reform settles who stands under the abolished measure, and nobody else."""

from __future__ import annotations

from creditbus.bench.reform import ABOLISHED, reform
from creditbus.domain.law.catalogue import Catalogue
from tests.examples import a_catalogue


def lists_of(catalogue: Catalogue) -> set[str]:
    return {trigger.list_id for trigger in catalogue.measures[ABOLISHED].triggers}


def test_the_abolished_measure_follows_from_a_list_that_the_log_speaks_of() -> None:
    assert lists_of(a_catalogue()) == {"BL-BID-ZT"}


def test_some_are_reached_and_not_all() -> None:
    row = reform(400, 300)
    assert 0 < row.extra["reached"] < 300
