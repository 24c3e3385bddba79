"""What running processes tell Prometheus: sound names, all declared, and no more than fits."""

from __future__ import annotations

import shutil
import subprocess
import time
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Final

import pytest
from prometheus_client.parser import text_string_to_metric_families

from creditbus.stack.ports import HOST
from creditbus.stack.services import HOSTED
from tests.bus_fixtures import LiveBus
from tests.monitoring.expressions import known

BYTES_AT_MOST: Final = 2_000_000
SECONDS_AT_MOST: Final = 0.25
TRIES: Final = 20
"""The quickest of so many counts: the machine runs the whole bus beside, and other tests."""


def scraped(live: LiveBus, service: str) -> str:
    """Return what a service tells."""
    connection = HTTPConnection(HOST, live.file.ports.metrics_of(service), timeout=5)
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        assert answer.status == HTTPStatus.OK
        return answer.read().decode()
    finally:
        connection.close()


@pytest.mark.skipif(
    shutil.which("promtool") is None,
    reason="needs promtool: `apt-get install prometheus` has it, and .ci/run installs it",
)
@pytest.mark.parametrize("service", HOSTED)
def test_promtool_has_nothing_to_say_against_a_process(live: LiveBus, service: str) -> None:
    done = subprocess.run(
        ["promtool", "check", "metrics"],
        input=scraped(live, service),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("service", HOSTED)
def test_a_process_tells_what_is_declared_and_quickly(live: LiveBus, service: str) -> None:
    took: list[float] = []
    for _ in range(TRIES):
        began = time.perf_counter()
        text = scraped(live, service)
        took.append(time.perf_counter() - began)
    assert min(took) < SECONDS_AT_MOST
    assert len(text) < BYTES_AT_MOST
    series = known()
    told = [
        sample
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("creditbus_")
    ]
    assert told
    assert {sample.name for sample in told} <= series.keys()
    assert [each for each in told if not each.labels.keys() <= series[each.name]] == []


def test_every_process_tells_its_build_and_the_room_on_its_disk(live: LiveBus) -> None:
    for service in HOSTED:
        text = scraped(live, service)
        values = {
            sample.name: sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
        assert values["creditbus_build_info"] == 1
        assert values["creditbus_disk_size_bytes"] > values["creditbus_disk_free_bytes"] > 0
        assert values["process_start_time_seconds"] > 0
