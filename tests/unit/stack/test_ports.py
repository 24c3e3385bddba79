"""Ports: one block for a test run, and a taken port named with its holder."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from creditbus.stack import ports
from creditbus.stack.errors import PortTaken
from creditbus.stack.ports import HOST, METRICS_RANGE, Ports
from creditbus.wire.topics import SERVICES


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as opened:
        opened.bind((HOST, 0))
        opened.listen()
        yield opened


def test_taken_port_names_its_holder_and_the_setting(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with pytest.raises(PortTaken) as refused:
        ports.refuse_taken({"kafka": port})
    sentence = str(refused.value)
    assert f"Port {port} (kafka)" in sentence
    assert f"pid {os.getpid()}" in sentence
    assert "CREDITBUS_KAFKA_PORT" in sentence


def test_every_taken_port_is_named(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with pytest.raises(PortTaken) as refused:
        ports.refuse_taken({"kafka": port, "redis": port})
    first, second, instead = str(refused.value).splitlines()
    assert "(kafka)" in first
    assert "(redis)" in second
    assert "CREDITBUS_FREE_PORTS=true" in instead


def test_free_ports_are_free_and_apart() -> None:
    found = ports.free()
    single = [getattr(found, name) for name in Ports.__struct_fields__ if name != "metrics"]
    assert len(set(single)) == len(single)
    assert ports.all_free(range(min(single), found.metrics + METRICS_RANGE))
    assert not set(single) & set(range(found.metrics, found.metrics + METRICS_RANGE))


def test_nobody_else_gets_a_block_of_which_a_few_ports_are_in_use() -> None:
    found = ports.free()
    with socket.socket() as used:
        used.bind((HOST, found.metrics_of("gateway")))
        used.listen()
        others = [ports.free().kafka for _ in range(3)]
    assert min(abs(each - found.kafka) for each in others) >= METRICS_RANGE


def test_blocks_begin_where_no_other_block_goes_on() -> None:
    size = len(ports.single()) + ports.FURTHER_RANGE + METRICS_RANGE
    assert {(ports.free().kafka - ports.FREE_FROM) % size for _ in range(3)} == {0}


def test_a_block_of_which_one_port_is_taken_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = ports.free()
    # One block and no other, which nobody holds any more but one who listens at its end.
    size = chosen.metrics + METRICS_RANGE - chosen.kafka
    monkeypatch.setattr(ports, "FREE_FROM", chosen.kafka)
    monkeypatch.setattr(ports, "FREE_TO", chosen.kafka + size + 1)
    monkeypatch.setattr(ports, "_claim", lambda _: True)
    assert ports.free() == chosen
    with socket.socket() as used:
        used.bind((HOST, chosen.metrics + METRICS_RANGE - 1))
        used.listen()
        with pytest.raises(PortTaken, match="no block"):
            ports.free()


def test_a_block_is_free_for_no_other_process_before_anything_listens() -> None:
    found = ports.free()
    again = f"from creditbus.stack import ports; print(ports._claim({found.kafka}))"
    told = subprocess.run([sys.executable, "-c", again], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


def test_every_single_port_belongs_to_a_server_or_a_service() -> None:
    single = set(Ports.__struct_fields__) - {"metrics", "further"}  # two blocks
    assert Ports().servers().keys() | Ports().web().keys() == single


def test_metrics_ports_fit_their_range() -> None:
    standard = Ports()
    assert standard.metrics_of("intake") == 9100
    assert standard.metrics_of(SERVICES[-1], 9) < standard.metrics + METRICS_RANGE


def test_fixed_ports_of_the_servers() -> None:
    assert Ports().servers() == {
        "kafka": 19092,
        "controller": 19093,
        "registry": 18081,
        "redis": 16379,
    }
