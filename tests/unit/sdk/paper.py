"""What the SDK's tests start a source with: a registry's schemas on paper, a disk without room."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from creditbus.sdk.outbox import Outbox
from creditbus.sdk.pins import STATED, Framed
from creditbus.wire.schemas import load_schemas

NOBODY: Final = "127.0.0.1:1"
_SCHEMAS: Final = Path(__file__).parents[3] / "schemas" / "avro"


def framed() -> dict[str, Framed]:
    """Return what a registry answers that holds the bus's schemas."""
    newest = load_schemas(_SCHEMAS).newest
    return {record: Framed(newest[record].text, number) for number, record in enumerate(STATED, 1)}


def a_used_outbox(path: Path, registry: str) -> Outbox:
    """Return the outbox of a source that has asked a registry before."""
    outbox = Outbox(path, "tender")
    outbox.keep_framed(registry, framed())
    return outbox


@contextmanager
def no_room() -> Iterator[None]:
    """Let no file of this process grow, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
