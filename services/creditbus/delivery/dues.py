"""Dues: in which order what a body owes is sent, each source's of a lane by itself."""

from __future__ import annotations

from typing import Final

import msgspec

from creditbus.domain.effects.directives import Lane
from creditbus.domain.ids import BodyId

_EVER: Final = (1 << 63) - 1
_QUEUED: Final = b"\xff"
_NEXT: Final = "\1"
"""Behind a source, it is behind all that lies in its queue, and before every other's."""
_LAST: Final = "\U0010ffff"


class Due(msgspec.Struct, frozen=True, array_like=True):
    """Where an owed obligation lies in the order of its body's lane; ``at`` in milliseconds.

    ``queue`` is the source in whose queue of that lane it lies; none lie before all others.
    """

    body: BodyId
    lane: Lane
    at: int
    obligation_id: str
    queue: str = ""

    @classmethod
    def between(
        cls, body: BodyId, lane: Lane, after: int, upto: int = _EVER, *, queue: str = ""
    ) -> tuple[Due, Due]:
        """Return the bounds of what is due in a queue after an instant and up to another."""
        return cls(body, lane, after, "", queue), cls(body, lane, upto, "", queue)

    @classmethod
    def beyond(cls, body: BodyId, lane: Lane, queue: str | None) -> tuple[Due, Due]:
        """Return the bounds of all that lies in later queues of a lane, with none in every one."""
        first = cls(body, lane, 0, "", "" if queue is None else queue + _NEXT)
        return first, cls(body, lane, _EVER, "", _LAST)


def pack_due(due: Due) -> bytes:
    """Return where a row lies in the store: in the order of these bytes."""
    lane = b"0" if due.lane is Lane.LIFT else b"1"
    # An instant begins with a zero for some millions of years, so a queue's mark is told from it.
    queue = _QUEUED + due.queue.encode() + b"\0" if due.queue else b""
    place = due.at.to_bytes(8, "big") + due.obligation_id.encode()
    return due.body.encode() + b"\0" + lane + queue + place


def unpack_due(packed: bytes) -> Due:
    """Return what the bytes of a place say."""
    end = packed.index(b"\0")
    lane = Lane.LIFT if packed[end + 1 : end + 2] == b"0" else Lane.APPLY
    body, queue, start = BodyId(packed[:end].decode()), "", end + 2
    if packed[start : start + 1] == _QUEUED:
        stop = packed.index(b"\0", start)
        queue, start = packed[start + 1 : stop].decode(), stop + 1
    at = int.from_bytes(packed[start : start + 8], "big")
    return Due(body, lane, at, packed[start + 8 :].decode(), queue)
