"""What decisions count becomes metrics, the further words of a count their labels."""

from __future__ import annotations

from creditbus.engine.values import SliceOutcome
from creditbus.runtime.metrics import Meters
from creditbus.runtime.workers.hosts import Counted


def told(outcome: SliceOutcome) -> Meters:
    meters = Meters()
    counted = Counted(meters)
    for name, count in outcome.counts.items():
        counted.add(name, count)
    return meters


def test_one_word_is_what_a_decision_came_to() -> None:
    outcome = SliceOutcome()
    outcome.count("listed", by=3)
    found = told(outcome).registry.get_sample_value("creditbus_decided_total", {"what": "listed"})
    assert found == 3


def test_further_words_are_labels() -> None:
    outcome = SliceOutcome()
    outcome.count("refused", "court", "BASIS_UNKNOWN")
    outcome.count("missed", "tax", "DELETION")
    registry = told(outcome).registry
    refused = {"source": "court", "reason": "BASIS_UNKNOWN"}
    missed = {"source": "tax", "deadline": "DELETION"}
    assert registry.get_sample_value("creditbus_refusals_total", refused) == 1
    assert registry.get_sample_value("creditbus_deadlines_missed_total", missed) == 1


def test_what_was_settled_is_timed_once_for_each() -> None:
    outcome = SliceOutcome()
    outcome.count("settled", "lift", "1500")
    outcome.count("settled", "lift", "1500")
    outcome.count("settled", "lift", "70000")
    registry = told(outcome).registry
    name = "creditbus_settled_seconds"
    assert registry.get_sample_value(f"{name}_count", {"action": "lift"}) == 3
    assert registry.get_sample_value(f"{name}_sum", {"action": "lift"}) == 73.0
    quick = {"action": "lift", "le": "2.0"}
    assert registry.get_sample_value(f"{name}_bucket", quick) == 2
