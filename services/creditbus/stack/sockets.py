"""Does anything listen there, and is it well? The cheapest questions to a server that starts.

They are asked many times a second while everything starts, so no client is made for them: that
reads every certificate of the machine, for 30 ms of a processor.
"""

from __future__ import annotations

import socket
from http.client import HTTPConnection, HTTPException
from typing import Final
from urllib.parse import urlsplit

from creditbus.stack.ports import HOST

CONNECT_BOUND_S: Final = 0.5


def is_listening(port: int, host: str = HOST) -> bool:
    """Return whether a connection to a port is accepted, of the loopback address or another."""
    try:
        socket.create_connection((host, port), CONNECT_BOUND_S).close()
    except OSError:
        return False
    return True


def listens(addresses: str) -> bool:
    """Return whether a connection to one of some addresses is accepted, host:port with commas."""
    places = (each.strip().rpartition(":") for each in addresses.split(","))
    return any(is_listening(int(port), host.strip("[]")) for host, _, port in places)


def answers_well(url: str, bound_s: float) -> bool:
    """Return whether an address of this machine answers a GET with a status of success in time."""
    parts = urlsplit(url)
    assert parts.hostname is not None, "an address names its host"
    connection = HTTPConnection(parts.hostname, parts.port, timeout=bound_s)
    try:
        connection.request("GET", parts.path)
        return 200 <= connection.getresponse().status < 300
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
