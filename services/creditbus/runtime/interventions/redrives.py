"""Redrives: a record that nobody could read, put into its inbox once more.

That helps when what kept it from being read has ended: a schema that is registered by now, a bus
that reads more. The sender's own bytes go as they came, headers included; what was decided before
is a duplicate, so that no harm is done by doing it twice. Mended bytes may take their place, which
is on record; what a record states is its sender's to mend.

A header says where its sender had put it, so that what is counted of the source by its own numbers
and announcements leaves it out. That it is asked for is on record before it is there.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Final

import msgspec
from confluent_kafka import KafkaException

from creditbus.domain.acts.interventions import Intervention, OperatorStep
from creditbus.domain.acts.refusals import DeadLetter
from creditbus.engine.values import Position
from creditbus.runtime.interventions.writer import InterventionWriter, NotDone
from creditbus.runtime.kafka.appends import append
from creditbus.runtime.kafka.clients import Record, record_at
from creditbus.runtime.kafka.written import Written
from creditbus.runtime.process import Process
from creditbus.wire.headers import ATTESTATION, REDRIVEN, SANDBOX, first_sent
from creditbus.wire.topics import INBOX_MAX_BYTES, INBOX_PREFIX, party_of_inbox

_DIGEST_CHARACTERS: Final = 16
_COUNT_DIGITS: Final = 18  # whatever has more is no offset of a broker

FindLetter = Callable[[Position], DeadLetter | None]
"""Looks a dead letter up by the place of its record."""


class Original(msgspec.Struct, frozen=True, kw_only=True):
    """A record as its sender wrote it; ``is_whole`` is false where only its beginning is kept.

    It has no headers where it is read from its dead letter, because its inbox has it no more.
    ``is_try``: its source was in the sandbox, or may have been, and it stays a try.
    """

    position: Position
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    is_whole: bool = True
    size: int = 0
    is_try: bool = False

    @property
    def source(self) -> str:
        """Whose record it is."""
        return party_of_inbox(self.position.topic)


def place_named(place: str) -> Position:
    """Return the place that a text names as topic/partition/offset; raises ``NotDone``."""
    topic, _, rest = place.partition("/")
    partition, _, offset = rest.partition("/")
    if not (topic and _is_count(partition) and _is_count(offset)):
        raise NotDone(
            f"{place} is no place: it is written topic/partition/offset",
            f"{place} 不是有效位置，应为 主题/分区/偏移量",
        )
    return Position(topic, int(partition), int(offset))


def position_at(place: str) -> Position:
    """Return the place in an inbox that a text names; raises ``NotDone``.

    What the bus itself wrote, nobody may write again.
    """
    position = place_named(place)
    if not position.topic.startswith(INBOX_PREFIX):
        raise NotDone(
            f"{place} is not in an inbox: the bus wrote that record itself, and a person may not"
            " write it again. Start the service that could not read it in a version that can",
            f"{place} 不在收件箱中，由总线自身写入，不得由人重新写入；请以能读取它的版本启动该服务",
        )
    return position


def original(process: Process, position: Position, find: FindLetter) -> Original:
    """Return a record as it came: from its inbox, or from its dead letter when it is gone there.

    Raises ``NotDone`` unless there is a dead letter about it: what could be read may hold a
    person's data, and nobody has cause to see it or to write it again. Raises ``Unavailable``.
    """
    letter = find(position)
    if letter is None:
        raise NotDone(
            f"no dead letter is about {position}: `creditbus dead-letters list` has those there"
            " are, and the console the newest of each source",
            f"没有关于 {position} 的不可读记录；可用 creditbus dead-letters list 查看全部，"
            "控制台列出各单位最新的记录",
        )
    try:
        record = record_at(process, (position.topic, position.partition), position.offset)
    except KafkaException:
        record = None  # its batch cannot be unpacked; the letter says so
    row = process.catalogue.sources.get(letter.source)
    if record is not None:
        is_try = row is not None and row.is_trying(record.written_at)
        return _of_record(record, position, is_try=is_try)
    return Original(
        position=position,
        key=letter.key,
        value=letter.value,
        is_whole=letter.size == len(letter.value or b""),
        size=letter.size,
        # When the broker took it nobody knows any more.
        is_try=row is not None and (row.sandbox or row.sandbox_until is not None),
    )


def redrive(
    writer: InterventionWriter, found: Original, reason: str, mended: bytes | None = None
) -> Intervention:
    """Put a record into its inbox once more and return what is on record of that.

    Raises ``NotDone`` where it cannot help and ``NoReason``: then nothing is written. Raises
    ``Unavailable``: then it is not in the inbox, though it may be on record that it was asked for;
    and ``OutcomeUnknown``.
    """
    value = found.value if mended is None else mended
    _refuse_hopeless(found, value, is_mended=mended is not None)
    assert value is not None
    again = once_more(found, value)
    digest = sha256(value).hexdigest()[:_DIGEST_CHARACTERS]
    how = "as it came" if value == found.value else "mended"
    is_vouched = any(name == ATTESTATION for name, _ in found.headers)
    if is_vouched and value != found.value:
        how += ", its attestation dropped"
    done = writer.entry(
        OperatorStep.REDRIVE,
        found.source,
        str(found.position),
        reason,
        detail=f"{how}, {len(value)} bytes, sha256 {digest}",
    )
    writer.write(done)
    append(writer.process, again)
    return done


def once_more(found: Original, value: bytes) -> Written:
    """Return what is written: into its own inbox, with its own key and headers.

    But not beside other bytes the attestation: the gateway has not seen those, and nobody vouches
    for them. Where the law needs that somebody does, as for a person's listing, intake refuses it.
    """
    topic = found.position.topic
    # Of what was redriven before, the first place is its sender's.
    sent = first_sent(topic, found.headers) or str(found.position).encode()
    dropped = {REDRIVEN} if value == found.value else {REDRIVEN, ATTESTATION}
    headers = [each for each in found.headers if each[0] not in dropped]
    if found.is_try:
        headers.append((SANDBOX, b"true"))
    return Written(
        topic=topic,
        partition=found.position.partition,
        key=found.key,
        value=value,
        headers=(*headers, (REDRIVEN, sent)),
    )


def _refuse_hopeless(found: Original, value: bytes | None, *, is_mended: bool) -> None:
    """Raise ``NotDone`` for what would be a dead letter again, whatever else has changed."""
    if not value:
        raise NotDone(
            f"of {found.position} nothing is kept that could be read: ask {found.source} to send"
            " the record again",
            f"{found.position} 未留存可读取的内容，请报送单位 {found.source} 重新报送",
        )
    if not is_mended and not found.is_whole:
        raise NotDone(
            f"of {found.position} only the beginning is kept, {len(value)} of {found.size} bytes:"
            f" ask {found.source} to send the record again",
            f"{found.position} 仅留存开头部分（{len(value)}/{found.size} 字节），"
            f"请报送单位 {found.source} 重新报送",
        )
    if len(value) > INBOX_MAX_BYTES:
        raise NotDone(
            f"{len(value)} bytes are more than the {INBOX_MAX_BYTES} that a record may have: ask"
            f" {found.source} to shorten it",
            f"{len(value)} 字节超过每条记录的上限 {INBOX_MAX_BYTES}，"
            f"请报送单位 {found.source} 缩短",
        )


def _of_record(record: Record, position: Position, *, is_try: bool) -> Original:
    return Original(
        position=position,
        key=record.key or None,
        value=record.value,
        headers=tuple(record.headers),
        size=len(record.value or b""),
        is_try=is_try,
    )


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _COUNT_DIGITS
