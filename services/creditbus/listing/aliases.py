"""The register of old codes: what is claimed of each, and whether the claims agree.

Facts about an old code lie in the log under that code, so one partition holds all that is claimed
of it, and a conflict is found by the one worker that can see both sides.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from creditbus.domain.acts.mappings import SubjectAliasMapped
from creditbus.domain.acts.refusals import (
    Duplicate,
    Fault,
    Refusal,
    SilentEffect,
    Taken,
    duplicate,
    refuse,
    taken,
)
from creditbus.domain.aliases.claims import AliasClaims, SubjectIdentityConflict, claim, conflict_in
from creditbus.domain.ids import EventId
from creditbus.engine.values import Draft, Table

ALIASES: Final = Table[str, AliasClaims](
    name="aliases",
    pack_key=str.encode,
    unpack_key=bytes.decode,
    pack_value=msgspec.msgpack.encode,
    unpack_value=lambda packed: msgspec.msgpack.decode(packed, type=AliasClaims),
)
"""What is claimed of the old codes under each root."""

_NOBODY: Final = EventId("")


class Settled(msgspec.Struct, frozen=True):
    """The conflict under a root is no more."""

    root: str


Said = AliasClaims | SubjectIdentityConflict | Settled | Refusal | Duplicate | Taken


def register(draft: Draft, fact: SubjectAliasMapped, origin: str) -> Iterator[tuple[str, Said]]:
    """Enter a fact into the register; yield the streams and values that follow."""
    root = fact.named.root
    before = draft.get(ALIASES, root)
    after = claim(before, fact)
    if after is None:
        yield "duplicates", duplicate(fact.envelope, origin)
        return
    if isinstance(after, Fault):
        yield "refusals", refuse(fact.envelope, (after,), origin)
        return
    draft.put(ALIASES, root, after)
    yield "aliases", after
    was = None if before is None else conflict_in(before, _NOBODY)
    now = conflict_in(after, _NOBODY)
    if now is not None and now != was:
        yield "conflicts", msgspec.structs.replace(now, caused_by=fact.envelope.event_id)
    elif now is None and was is not None:
        yield "conflicts", Settled(root)
    yield "taken", taken(fact.envelope, SilentEffect.KEPT, origin)
