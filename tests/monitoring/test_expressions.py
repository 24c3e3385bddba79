"""No rule asks for a metric or a label that nobody has: it would be silent for ever."""

from __future__ import annotations

import pytest

from tests.monitoring.boards import BOARDS
from tests.monitoring.expressions import known, rules, unknown
from tests.tidy.sources import assert_tidy


def test_rules_ask_for_what_there_is() -> None:
    series = known()
    asked = [rule["expr"] for rule in rules()]
    assert asked
    assert_tidy(f"{complaint}: {each}" for each in asked for complaint in unknown(each, series))


def test_dashboards_ask_for_what_there_is() -> None:
    series = known()
    asked = [query for board in BOARDS for view in board.views for query in view.queries]
    assert asked
    assert_tidy(
        f"{complaint}: {query.expression}"
        for query in asked
        for complaint in unknown(query.expression, series)
    )


def test_every_dashboard_has_a_name_of_its_own_and_panels_that_differ() -> None:
    names = [board.name for board in BOARDS]
    assert len(set(names)) == len(names)
    for board in BOARDS:
        titles = [view.title for view in board.views]
        assert len(set(titles)) == len(titles)


@pytest.mark.parametrize(
    "wrong",
    [
        "creditbus_redy",
        "creditbus_ready_total",
        'creditbus_ready{source="court"}',
        "sum by (body) (creditbus_ready)",
        'sum(rate(creditbus_http_seconds_count{le="1.0"}[1m]))',
        "max_over_time(creditbus:source_silense:seconds[1d])",
    ],
)
def test_what_nobody_has_is_caught(wrong: str) -> None:
    assert unknown(wrong, known())


@pytest.mark.parametrize(
    "right",
    [
        'creditbus_ready{service="listing"}',
        "histogram_quantile(0.9, sum by (le, route) (rate(creditbus_http_seconds_bucket[5m])))",
        "max by (source) (creditbus:source_silence:seconds) > 900",
        'creditbus:failing:ratio1h{level="removal"}',
        "sum(process_resident_memory_bytes) by (service, worker)",
    ],
)
def test_what_is_there_is_left_alone(right: str) -> None:
    assert unknown(right, known()) == []
