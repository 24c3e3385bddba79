"""Scrapes: where Prometheus finds each process of the local bus, wherever its ports are.

The file is in Prometheus's own form (``file_sd_configs``), which it reads again when it changes.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from creditbus.runtime.whole_files import write_whole
from creditbus.stack.folder import Folder
from creditbus.stack.ports import HOST, Ports


def targets(ports: Ports, crew: Iterable[tuple[str, int]]) -> list[dict[str, object]]:
    """Return the address of each worker of each service, and the labels that say whose it is.

    >>> targets(Ports(), [("listing", 1)])
    [{'targets': ['127.0.0.1:9111'], 'labels': {'service': 'listing', 'worker': '1'}}]
    """
    return [
        {
            "targets": [f"{HOST}:{ports.metrics_of(service, worker)}"],
            "labels": {"service": service, "worker": str(worker)},
        }
        for service, worker in crew
    ]


def write_scrapes(folder: Folder, ports: Ports, crew: Iterable[tuple[str, int]]) -> None:
    """Write the file whole, so that nobody ever reads half of it."""
    told = msgspec.json.format(msgspec.json.encode(targets(ports, crew)), indent=1)
    write_whole(folder.scrapes_file, told)
