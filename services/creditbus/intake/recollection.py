"""Recollection: what views knows of whom the records of one fetch have named, asked for at once.

It is asked by the keys of the records, which are their ids, before any of them is read; so one
question a fetch is enough, however many inboxes it is of. Whose key is another one costs a question
more. The answers count for that fetch alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet

from confluent_kafka import Message

from creditbus.domain.aliases.namesakes import NamedBefore, RecordName
from creditbus.domain.ids import SourceId
from creditbus.intake.namesakes import Recalled
from creditbus.wire.topics import party_of_inbox


class Recollection:
    """Asks once a fetch, and tells what was told."""

    def __init__(
        self,
        ask: Callable[[Sequence[RecordName]], dict[RecordName, NamedBefore]],
        sources: frozenset[str],
    ) -> None:
        self._ask = ask
        self._sources = sources
        self._asked: defaultdict[str, set[str]] = defaultdict(set)
        self._known: defaultdict[str, dict[str, NamedBefore]] = defaultdict(dict)

    def foresee(self, messages: Sequence[Message]) -> None:
        """Ask about the records of one fetch, whose keys are their ids."""
        self._asked.clear()
        self._known.clear()
        keys: defaultdict[str | None, set[bytes]] = defaultdict(set)
        for message in messages:
            key = message.key()
            if isinstance(key, bytes):
                keys[message.topic()].add(key)
        records: list[RecordName] = []
        for topic, named in keys.items():
            party = party_of_inbox(str(topic))
            if party in self._sources:
                ids = {key.decode(errors="replace") for key in named}
                self._asked[party] = ids
                records += [(SourceId(party), record) for record in ids]
        self._learn(records)

    def of(self, source: SourceId, records: AbstractSet[str]) -> Recalled:
        """Return what is known of a source's records, those that no key has named asked now."""
        asked = self._asked[source]
        if not records <= asked:
            missing = records - asked
            asked |= missing
            self._learn([(source, record) for record in missing])
        return self._known[source]

    def _learn(self, records: Sequence[RecordName]) -> None:
        if records:
            for (source, record), named in self._ask(records).items():
                self._known[source][record] = named
