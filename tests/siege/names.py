"""Runs a service on a machine whose name service knows one more name, and is silent when asked.

``getaddrinfo`` asks the name servers of the machine, which no test may change; so this process has
one of its own in front of them, and is else the very program that everybody runs.
"""

from __future__ import annotations

import os
import runpy
import socket
import time
from pathlib import Path
from typing import Any, Final

from creditbus.stack.ports import HOST

NAME: Final = "real-estate-registry.invalid"
SILENT: Final = "SIEGE_NAMES_SILENT_WHILE"
"""The environment's name for the file during whose life no look-up of the name is answered."""

_LOOK_S: Final = 0.1


def main() -> None:
    """Be the program, with these names."""
    of_machine, silent = socket.getaddrinfo, Path(os.environ[SILENT])  # noqa: TID251 - no setting

    def look_up(host: Any, *given: Any, **named: Any) -> Any:
        if host != NAME:
            return of_machine(host, *given, **named)
        while silent.exists():
            time.sleep(_LOOK_S)
        return of_machine(HOST, *given, **named)

    socket.getaddrinfo = look_up
    runpy.run_module("creditbus", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
