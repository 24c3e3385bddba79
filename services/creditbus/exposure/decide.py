"""Exposure: which court entries the public may see, withdrawn the moment an entry ends.

Only organisations are exposed: no event carries a natural person's name, and a code that could be a
person's number is shown to nobody, whoever has named it: what stood under it before is withdrawn,
and its consequences go on. A withdrawal is an empty
value under the entry's id, so that afterwards the topic holds nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from creditbus.domain.effects.exposures import Exposure
from creditbus.domain.entries.entry import Entry, Stage
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import EntryId, ListId
from creditbus.domain.law.catalogue import Catalogue, Publication
from creditbus.domain.law.editions import Editions
from creditbus.domain.subjects import is_doubtful, is_person
from creditbus.engine.values import Arrival, Draft, Output, Slice, SliceOutcome, State, Table

Arrivals = Sequence[Arrival[Standing]]


class Exposed(msgspec.Struct, frozen=True, kw_only=True):
    """The exposed entries of one subject, and the highest revision seen."""

    revision: int = 0
    entries: dict[EntryId, Exposure] = {}


class Withdrawal(msgspec.Struct, frozen=True):
    """An entry that the public may see no longer."""

    entry_id: EntryId


EXPOSED: Final = Table[str, Exposed](
    name="exposed",
    pack_key=str.encode,
    unpack_key=bytes.decode,
    pack_value=msgspec.msgpack.encode,
    unpack_value=lambda packed: msgspec.msgpack.decode(packed, type=Exposed),
)
TABLES: Final = (EXPOSED,)


def build(editions: Editions) -> Callable[[Slice[Arrivals], State], SliceOutcome]:
    """Return the decision over a slice of standings.

    A standing names the edition that it was settled under; with one whose file is not here the
    decision raises ``EditionUnknown``.
    """

    def decide(arrived: Slice[Arrivals], state: State) -> SliceOutcome:
        draft, outcome = Draft(state), SliceOutcome()
        draft.prefetch(EXPOSED, {arrival.value.subject_id for arrival in arrived.columns})
        for arrival in arrived.columns:
            standing = arrival.value
            before = draft.get(EXPOSED, standing.subject_id) or Exposed()
            if standing.revision <= before.revision:
                continue
            after = expose(standing, editions.upto(standing.edition))
            for change in changes(before, after):
                is_withdrawal = isinstance(change, Withdrawal)
                stream = "withdrawals" if is_withdrawal else "exposures"
                outcome.outputs.append(Output(stream, change, arrival.origin))
                outcome.count("withdrawn" if is_withdrawal else "exposed")
            draft.put(EXPOSED, standing.subject_id, after)
        outcome.changes = draft.changes
        return outcome

    return decide


def expose(standing: Standing, law: Editions) -> Exposed:
    """Return what the public may see of a subject: what the law allowed then and allows now."""
    entries = {
        entry.entry_id: _exposure(entry, standing)
        for entry in standing.entries
        if _is_public(entry, standing, law)
    }
    return Exposed(revision=standing.revision, entries=entries)


def changes(before: Exposed, after: Exposed) -> list[Exposure | Withdrawal]:
    """Return what must be said: withdrawals first, then what is new or reads differently."""
    withdrawn = [
        Withdrawal(entry_id) for entry_id in before.entries if entry_id not in after.entries
    ]
    changed = [
        exposure
        for entry_id, exposure in after.entries.items()
        if _without_revision(exposure) != _without_revision(before.entries.get(entry_id))
    ]
    return [*withdrawn, *changed]


def _is_public(entry: Entry, standing: Standing, law: Editions) -> bool:
    return (
        entry.stage is Stage.ACTIVE
        and entry.subject_name is not None
        and not is_person(standing.subject_kind)
        and not is_doubtful(standing.subject_id)
        and _is_published(entry.list_id, law.on(entry.decided_on))
        and _is_published(entry.list_id, law.latest)
    )


def _is_published(list_id: ListId, catalogue: Catalogue) -> bool:
    definition = catalogue.lists.get(list_id)
    return definition is not None and definition.publication is Publication.COURT


def _exposure(entry: Entry, standing: Standing) -> Exposure:
    return Exposure(
        entry_id=entry.entry_id,
        list_id=entry.list_id,
        source=entry.source,
        subject_kind=standing.subject_kind,
        subject_id=standing.subject_id,
        subject_name=entry.subject_name or "",
        document_number=entry.document_number,
        provisions=entry.provisions,
        decided_on=entry.decided_on,
        ends_at=entry.ends_at,
        disputed=entry.disputed,
        revision=standing.revision,
        synthetic=standing.synthetic,
    )


def _without_revision(exposure: Exposure | None) -> Exposure | None:
    return None if exposure is None else msgspec.structs.replace(exposure, revision=0)
