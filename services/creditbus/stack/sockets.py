"""Does anything listen there? The cheapest question to ask a server that is starting."""

from __future__ import annotations

import socket
from typing import Final

from creditbus.stack.ports import HOST

CONNECT_BOUND_S: Final = 0.5


def is_listening(port: int) -> bool:
    """Tell whether a connection to a port of the loopback address is accepted."""
    try:
        socket.create_connection((HOST, port), CONNECT_BOUND_S).close()
    except OSError:
        return False
    return True
