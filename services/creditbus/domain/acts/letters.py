"""Letters: what a sender is told of a record of its own that nobody could read, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from creditbus.domain.acts.refusals import DeadLetter
from creditbus.domain.identifiers.citizen import hide_persons
from creditbus.domain.ids import SourceId

KEY_CHARACTERS: Final = 200
SHOWN_BYTES: Final = 4096
"""How much of a record is shown to whoever looks at its bytes."""

_BYTES_A_LINE: Final = 16

_SERIALIZER: Final = (
    (
        "write five bytes in front of the Avro content, a zero and the schema's id of four bytes,"
        " as Confluent's serializers do; the SDK does it by itself"
    ),
    "请在Avro内容之前写入5个字节：0和4个字节的模式编号，与Confluent序列化器一致",
)
_SCHEMA: Final = (
    (
        "write with the bus's own schema as the registry publishes it, whole and with its logical"
        " types, and nothing behind the record"
    ),
    "请使用登记处公布的本总线模式写入，保留逻辑类型，记录之后不得有多余字节",
)
_UNSEEN: Final = (
    (
        "an operator let your inbox go on past it, because it could not be unpacked or was gone:"
        " send the record again, in batches that hold less than 2 MiB before they are compressed"
    ),
    "该记录无法解压或者已不存在，运维人员已略过：请重新报送，每批压缩前不超过2 MiB",
)

ADVICE: Final[dict[str, tuple[str, str]]] = {
    "EMPTY_VALUE": (
        "a record without a value says nothing here: to take something back, send its removal",
        "没有内容的记录没有任何作用；撤回的，请报送移出记录",
    ),
    "UNFRAMED": _SERIALIZER,
    "LONG_SCHEMA_ID": (
        (
            "your serializer writes schema ids of eight bytes, as Apicurio's does by default: let"
            " it write four (apicurio.registry.id-handler="
            "io.apicurio.registry.serde.Legacy4ByteIdHandler, apicurio.registry.use-id=contentId"
            " and apicurio.registry.headers.enabled=false)"
        ),
        "序列化器写入了8个字节的模式编号（Apicurio默认方式），请改为4个字节",
    ),
    "UNKNOWN_SCHEMA": (
        (
            "take the schema and its id from the bus's own registry; ids of another registry mean"
            " nothing here"
        ),
        "请使用本总线登记处的模式及其编号；其他登记处的编号在此无效",
    ),
    "UNKNOWN_RECORD": (
        "send the records that the bus takes from sources and bodies, each under its own schema",
        "请报送本总线接收的记录类型，使用相应的模式",
    ),
    "LOGICAL_TYPES_LOST": _SCHEMA,
    "UNREADABLE": _SCHEMA,
    "LEFT_OVER": _SCHEMA,
    "INVALID_VALUE": (
        (
            "mend the field that the detail names; a time that is not known is left out, not"
            " year 1 or 9999"
        ),
        "请更正所指字段；不明的时间请留空，不得填写0001年或者9999年",
    ),
    "OVERSIZED": (
        "one record may have 256 KiB: shorten its texts",
        "每条记录不得超过256 KiB，请缩短文本",
    ),
    "HEADERS_UNREADABLE": (
        "names of record headers are UTF-8, or leave the headers out",
        "记录头的名称须为UTF-8编码，或者不写记录头",
    ),
    "BATCH_UNREADABLE": _UNSEEN,
    "RECORDS_REMOVED": _UNSEEN,
    "FETCH_FAILED": _UNSEEN,
}
"""What to do about each reason, in English and in Chinese, as a clerk of the sender reads it."""

_NO_ADVICE: Final = ("ask the operator of the bus", "请联系总线运维人员")


class UnreadNotice(msgspec.Struct, frozen=True, kw_only=True):
    """One of a sender's records that nobody could read: which, why, and what to do.

    Its own key and offset tell it which; of what it held nothing is repeated.
    """

    source: SourceId
    topic: str
    partition: int
    offset: int
    key: str
    size: int
    reason: str
    detail: str
    advice: str
    advice_zh: str

    @property
    def origin(self) -> str:
        """Where the record lies, as refusals tell it."""
        return f"{self.topic}/{self.partition}/{self.offset}"


def notice_of(letter: DeadLetter) -> UnreadNotice:
    """Return what the sender of a dead letter is told: no person's number, and no content."""
    key = (letter.key or b"").decode("utf-8", "backslashreplace")[:KEY_CHARACTERS]
    english, chinese = ADVICE.get(letter.reason, _NO_ADVICE)
    return UnreadNotice(
        source=letter.source,
        topic=letter.topic,
        partition=letter.partition,
        offset=letter.offset,
        key=hide_persons(key),
        size=letter.size,
        reason=letter.reason,
        detail=hide_persons(letter.detail),
        advice=english,
        advice_zh=chinese,
    )


def dump(content: bytes) -> Iterator[str]:
    """Yield the bytes sixteen a line: the place, the figures, and the letters that are letters.

    Nothing of it can speak to a terminal or a browser, whatever a source has sent.

    >>> list(dump(b"{a}" + bytes([27, 200])))
    ['0000  7b 61 7d 1b c8                                   {a}..']
    """
    for start in range(0, len(content), _BYTES_A_LINE):
        part = content[start : start + _BYTES_A_LINE]
        figures = part.hex(" ").ljust(3 * _BYTES_A_LINE - 1)
        letters = "".join(chr(each) if 32 <= each < 127 else "." for each in part)
        yield f"{start:04x}  {figures}  {letters}"
