"""Prometheus finds every worker of every service, however many a service has."""

from __future__ import annotations

from pathlib import Path

import msgspec

from creditbus.stack.folder import Folder
from creditbus.stack.ports import HOST, Ports
from creditbus.stack.scrapes import write_scrapes


def test_every_worker_is_found_under_its_service(tmp_path: Path) -> None:
    folder, ports = Folder(tmp_path), Ports()
    write_scrapes(folder, ports, [("listing", 0), ("listing", 1), ("views", 0)])
    found = msgspec.json.decode(folder.scrapes_file.read_bytes())
    assert [each["labels"] for each in found] == [
        {"service": "listing", "worker": "0"},
        {"service": "listing", "worker": "1"},
        {"service": "views", "worker": "0"},
    ]
    assert found[1]["targets"] == [f"{HOST}:{ports.metrics_of('listing', 1)}"]


def test_what_was_written_before_is_replaced_whole(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    write_scrapes(folder, Ports(), [("listing", number) for number in range(9)])
    write_scrapes(folder, Ports(), [("views", 0)])
    assert len(msgspec.json.decode(folder.scrapes_file.read_bytes())) == 1
    assert [path.name for path in tmp_path.iterdir()] == [folder.scrapes_file.name]
