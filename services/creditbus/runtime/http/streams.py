"""Streams: server-sent events as they are written, the same at every door (HTML standard, 9.2)."""

from __future__ import annotations

from typing import Final

PING_S: Final = 10
"""How often a stream says that it lives, so that a reader can tell silence from a lost server."""

COME_AGAIN: Final = b"retry: 2000\n\n"
"""What a stream begins with: after how many milliseconds a reader whose connection broke comes
again."""


def server_sent(name: str, content: bytes, cursor: object = None) -> bytes:
    r"""Return one event; ``cursor`` is its id, which its reader brings when it comes again.

    ``content`` is one line.

    >>> server_sent("fate", b"{}", "1-2"), server_sent("reset", b"{}")
    (b'id: 1-2\nevent: fate\ndata: {}\n\n', b'event: reset\ndata: {}\n\n')
    """
    place = b"" if cursor is None else b"id: %s\n" % str(cursor).encode()
    return b"%sevent: %s\ndata: %s\n\n" % (place, name.encode(), content)
