"""Addresses: where brokers are, as a source, a service and an operator write it."""

from __future__ import annotations

import re
from typing import Final

ADVICE: Final = "give host:port as the operator said, several with commas between them"

_ADDRESS: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:,/\[\]]+):(?P<port>[0-9]{1,5})")
_PORTS: Final = range(1, 2**16)


def are_brokers(text: str) -> bool:
    """Return whether a text names brokers, each with its port.

    The client takes a missing port for 9092, where nobody may be, and says so after half a minute.

    >>> [are_brokers(each) for each in ("bus.example:9092", "[::1]:19092, 127.0.0.1:19092")]
    [True, True]
    >>> [are_brokers(each) for each in ("bus.example", "::1:9092", "http://bus:9092", "bus:0", "")]
    [False, False, False, False, False]
    """
    named = [each.strip() for each in text.split(",") if each.strip()]
    found = [_ADDRESS.fullmatch(each) for each in named]
    return bool(found) and all(each is not None and int(each["port"]) in _PORTS for each in found)
