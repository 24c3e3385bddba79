"""The C library's allocator, told to give back what was freed."""

from __future__ import annotations

import ctypes
from typing import Final

_M_TRIM_THRESHOLD: Final = -1  # the number of malloc.h
_TRIM_BYTES: Final = 1 << 20


def give_back_freed() -> None:
    """Let the system have again what a store's write buffers and merges have freed.

    With its own settings glibc takes the largest block that was ever freed, of up to 32 MB, for
    what it should hold on to, so each merge of a store left its worker larger for good; a bound
    that is set stays (mallopt(3)). Another C library is left as it is.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES)
