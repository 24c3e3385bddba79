"""Ctrl-C at any moment: it may end a start, but never between a process and the record of it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

ASKING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The signals with which a person, a supervisor or a closed window asks a program to end."""


def raise_when_asked() -> None:
    """Let every signal that asks for the end raise ``KeyboardInterrupt``, as Ctrl-C does."""
    for number in ASKING:
        signal.signal(number, signal.default_int_handler)


@contextmanager
def held_back() -> Iterator[None]:
    """Hold such a signal back until the block has ended; then it is heard as if it came there.

    They are not blocked but noted: a child would inherit a block. Only the main thread hears
    signals, so elsewhere there is nothing to hold back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    noted: list[int] = []
    before = {number: signal.getsignal(number) for number in ASKING}
    for number in ASKING:
        signal.signal(number, lambda heard, _frame: noted.append(heard))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if noted:
            os.kill(os.getpid(), noted[0])
