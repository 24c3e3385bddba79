"""Recollection: a worker asks once a fetch, by the keys of all records, and of the rest by ids."""

from __future__ import annotations

from collections.abc import Sequence

from confluent_kafka import Message

from creditbus.demo.city import organisation
from creditbus.domain.aliases.namesakes import NamedBefore, RecordName
from creditbus.domain.ids import SourceId
from creditbus.intake.recollection import Recollection
from creditbus.wire.topics import inbox

COURT, TAX = SourceId("court"), SourceId("tax")
KNOWN = NamedBefore(frozenset({organisation(1)}))


def message(party: str, key: bytes | None) -> Message:
    return Message(topic=inbox(party), partition=0, offset=0, key=key, value=b"")


def test_all_of_one_fetch_are_asked_about_at_once() -> None:
    rounds: list[set[RecordName]] = []

    def ask(records: Sequence[RecordName]) -> dict[RecordName, NamedBefore]:
        rounds.append({*records})
        return {each: KNOWN for each in records if each[1] == "a"}

    views = Recollection(ask, frozenset({COURT, TAX}))
    keys = [("court", b"a"), ("court", b"a"), ("tax", b"a"), ("tax", b"\xff"), ("tax", None)]
    views.foresee([*(message(*each) for each in keys), message("railway", b"an answer")])
    assert rounds == [{(COURT, "a"), (TAX, "a"), (TAX, "�")}]
    assert views.of(COURT, {"a"}) == {"a": KNOWN}
    # Whose key is not its id is asked about once more, and nothing is believed for long.
    assert views.of(TAX, {"a", "other"}) == {"a": KNOWN}
    assert views.of(TAX, {"other"}) == {"a": KNOWN}
    views.foresee([message("court", b"b")])
    assert rounds[1:] == [{(TAX, "other")}, {(COURT, "b")}]
    assert views.of(COURT, {"b"}) == {}
    # What was asked about in another fetch is asked again.
    assert views.of(TAX, {"other"}) == {}
    assert rounds[3:] == [{(TAX, "other")}]
