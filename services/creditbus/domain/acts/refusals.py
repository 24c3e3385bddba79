"""Refusals: a decision not to, with every reason that holds, the field and the article of each.

A refusal is a value, told to the source. The reasons are declared in the order of their precedence
and are stable: agencies' programs compare them. The first names the refusal; the others are told
beside it, so that a source mends a record once.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from creditbus.domain.acts.events import Envelope
from creditbus.domain.ids import EventId, SourceId


class Reason(StrEnum):
    """Why a readable record is refused; the order is the precedence."""

    SOURCE_MISMATCH = "SOURCE_MISMATCH"
    RECORD_UNNAMED = "RECORD_UNNAMED"
    FIELD_TOO_LONG = "FIELD_TOO_LONG"
    ALIAS_UNKNOWN = "ALIAS_UNKNOWN"
    SUBJECT_INVALID = "SUBJECT_INVALID"
    PERSON_NOT_ATTESTED = "PERSON_NOT_ATTESTED"
    SUBJECT_MINOR = "SUBJECT_MINOR"
    ALIAS_UNCONFIRMED = "ALIAS_UNCONFIRMED"
    IDENTITY_CONFLICT = "IDENTITY_CONFLICT"
    DATE_MADE_UP = "DATE_MADE_UP"
    LIST_UNKNOWN = "LIST_UNKNOWN"
    LIST_DISABLED = "LIST_DISABLED"
    SOURCE_NOT_COMPETENT = "SOURCE_NOT_COMPETENT"
    SUBJECT_NOT_ADMITTED = "SUBJECT_NOT_ADMITTED"
    DIRECTIVE_UNKNOWN = "DIRECTIVE_UNKNOWN"
    CONTENT_CONFLICT = "CONTENT_CONFLICT"
    REVISION_SUPERSEDED = "REVISION_SUPERSEDED"
    BASIS_MISSING = "BASIS_MISSING"
    BASIS_UNKNOWN = "BASIS_UNKNOWN"
    BASIS_NOT_OF_LIST = "BASIS_NOT_OF_LIST"
    BASIS_NOT_IN_FORCE = "BASIS_NOT_IN_FORCE"
    BASIS_TOO_LOW = "BASIS_TOO_LOW"
    DOCUMENT_MISSING = "DOCUMENT_MISSING"
    PROVISION_UNKNOWN = "PROVISION_UNKNOWN"
    MEASURE_UNPUBLISHED = "MEASURE_UNPUBLISHED"
    NOTICE_MISSING = "NOTICE_MISSING"
    RIGHTS_NOT_STATED = "RIGHTS_NOT_STATED"
    CONSENT_MISSING = "CONSENT_MISSING"
    EFFECT_BEFORE_DECISION = "EFFECT_BEFORE_DECISION"
    GRACE_TOO_LONG = "GRACE_TOO_LONG"
    TERM_MISSING = "TERM_MISSING"
    TERM_BEFORE_DECISION = "TERM_BEFORE_DECISION"
    TERM_TOO_SHORT = "TERM_TOO_SHORT"
    TERM_TOO_LONG = "TERM_TOO_LONG"
    PACKAGE_INCOMPLETE = "PACKAGE_INCOMPLETE"
    OUTSIDE_CATALOGUE = "OUTSIDE_CATALOGUE"
    SANDBOX = "SANDBOX"


ADVICE_ZH: Final[dict[Reason, str]] = {
    Reason.SOURCE_MISMATCH: "只能以本单位名义报送，请核对报送单位",
    Reason.RECORD_UNNAMED: "请填写本单位的记录编号，版本号从1开始",
    Reason.FIELD_TOO_LONG: "编号、文本或者条目超过上限，请缩短后重报",
    Reason.ALIAS_UNKNOWN: "旧码尚无登记机关的映射，请填写统一社会信用代码",
    Reason.SUBJECT_INVALID: "请核对主体代码；不得填写自然人姓名或者证件号码",
    Reason.PERSON_NOT_ATTESTED: "涉及自然人、个体工商户的信息须经网关报送",
    Reason.SUBJECT_MINOR: "决定作出之日未满十八周岁的，不得列入，不留存任何信息",
    Reason.ALIAS_UNCONFIRMED: "旧码映射须先经登记机关确认，或者填写统一社会信用代码",
    Reason.IDENTITY_CONFLICT: "主体身份存在冲突，请待登记机关更正后重报",
    Reason.DATE_MADE_UP: "日期不明的请留空，不得以2999-12-31、1900-01-01等代替",
    Reason.LIST_UNKNOWN: "决定作出之日的目录中无此名单，请核对名单编号",
    Reason.LIST_DISABLED: "决定作出之日该名单未启用，不得列入",
    Reason.SOURCE_NOT_COMPETENT: "本单位无权作出该行为，请由有权单位报送",
    Reason.SUBJECT_NOT_ADMITTED: "该类主体依法不得列入该名单，请核对主体及所列名单",
    Reason.DIRECTIVE_UNKNOWN: "无此执行指令，请核对指令编号",
    Reason.CONTENT_CONFLICT: "该版本此前已以其他内容报送，请以新版本号重报",
    Reason.REVISION_SUPERSEDED: "该记录已有更新版本，无须重报",
    Reason.BASIS_MISSING: "请填写决定所依据的条款",
    Reason.BASIS_UNKNOWN: "所引依据未登记，请引用目录中的依据，或者先行登记",
    Reason.BASIS_NOT_OF_LIST: "至少应当引用一项该名单的设立依据",
    Reason.BASIS_NOT_IN_FORCE: "所引依据在决定作出之日应当现行有效",
    Reason.BASIS_TOO_LOW: "备忘录不能单独作为依据，请引用其所依据的法律、法规",
    Reason.DOCUMENT_MISSING: "请填写决定文书的文号",
    Reason.PROVISION_UNKNOWN: "请按名单规定的编号填写条、项或者具体情形",
    Reason.MEASURE_UNPUBLISHED: "只能告知已公布的、适用于该名单的措施",
    Reason.NOTICE_MISSING: "应当在决定之前送达告知书，请填写送达之日",
    Reason.RIGHTS_NOT_STATED: "告知书应当载明陈述、申辩等权利",
    Reason.CONSENT_MISSING: "自然人的守信激励须经本人申请，请填写同意之日",
    Reason.EFFECT_BEFORE_DECISION: "生效之日不得早于决定作出之日",
    Reason.GRACE_TOO_LONG: "宽限期不得超过该名单所允许的天数",
    Reason.TERM_MISSING: "请填写期限届满之日；依法至履行完毕止的，不填届满之日",
    Reason.TERM_BEFORE_DECISION: "期限届满之日不得早于决定或者生效之日",
    Reason.TERM_TOO_SHORT: "期限不得短于依据所规定的最短期限",
    Reason.TERM_TOO_LONG: "期限不得超过依据所允许的最长期限",
    Reason.PACKAGE_INCOMPLETE: "修复材料为履行证明和信用承诺书，不多不少",
    Reason.OUTSIDE_CATALOGUE: "该信息不属于公共信用信息，请勿报送",
    Reason.SANDBOX: "沙箱内的试报，仅作校验，不产生任何效力；转为正式报送后请重新报送",
}
"""What to do about each reason, in Chinese, as a clerk of the reporting unit reads it.

The English advice stands where a fault is found, because it names what it found there.
"""

assert list(ADVICE_ZH) == list(Reason), "every reason has its advice, in their order"


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with a record: the reason, the field, the article, and what to do.

    ``detail_zh`` is the advice in Chinese, that of the reason (``ADVICE_ZH``) where the fault has
    none of its own when it is told.
    """

    reason: Reason
    field: str
    article: str
    detail: str
    detail_zh: str = ""


TRIED: Final = Fault(
    Reason.SANDBOX,
    "",
    "",
    "it was sent in the sandbox: it is only tried, counts for nothing, and is sent again once its"
    " source reports for real",
    ADVICE_ZH[Reason.SANDBOX],
)
"""Why nothing that is sent in the sandbox counts; beside it stands what else is wrong with it."""


_PLACE: Final = {reason: place for place, reason in enumerate(Reason)}


def precedence(fault: Fault) -> int:
    """Return the place of a fault among others: the least names the refusal."""
    return _PLACE[fault.reason]


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """What the source is told: which of its records was refused and why.

    Never the record's content. ``reason``, ``field``, ``article`` and ``detail`` are of the first
    fault; ``faults`` are all of them, the first included, and empty in what an older bus told.
    ``sequence`` is the running number that the source gave the record, 0 where it gave none.
    """

    source: SourceId
    record_id: str
    record_revision: int
    event_id: EventId
    reason: Reason
    field: str
    article: str
    detail: str
    origin: str
    faults: tuple[Fault, ...] = ()
    sequence: int = 0

    @property
    def is_tried(self) -> bool:
        """Return whether the record was sent in the sandbox."""
        return any(each.reason is Reason.SANDBOX for each in self.faults)

    @property
    def every_fault(self) -> tuple[Fault, ...]:
        """All that is wrong with the record, whichever version of the bus told it."""
        if self.faults:
            return self.faults
        advice = ADVICE_ZH[self.reason]
        return (Fault(self.reason, self.field, self.article, self.detail, advice),)


class Duplicate(msgspec.Struct, frozen=True, kw_only=True):
    """An event that was seen before with the same content: counted, without effect."""

    source: SourceId
    record_id: str
    record_revision: int
    event_id: EventId
    origin: str


class SilentEffect(StrEnum):
    """What an act came to that nobody else would see: nothing was refused, and no standing moved.

    ``KEPT``: a fact. ``WAITING``: it is about an entry that nobody has listed yet. ``UNCHANGED``:
    the entry stands as it stood, as after a second report of one decision.
    """

    KEPT = "KEPT"
    WAITING = "WAITING"
    UNCHANGED = "UNCHANGED"


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """An act that counts and moves no standing, told so that its source can know."""

    source: SourceId
    record_id: str
    record_revision: int
    event_id: EventId
    origin: str
    effect: SilentEffect


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A record that could not be read, kept with its bytes, its place and the reason.

    ``size`` is the length of the original in bytes; of one too large to keep, ``value`` is the
    beginning.
    """

    source: SourceId
    topic: str
    partition: int
    offset: int
    reason: str
    detail: str
    key: bytes | None
    value: bytes | None
    size: int

    @property
    def place(self) -> str:
        """Where the record lies that it is about: topic/partition/offset."""
        return f"{self.topic}/{self.partition}/{self.offset}"


def refuse(envelope: Envelope, faults: Sequence[Fault], origin: str) -> Refusal:
    """Return the refusal of the record with this envelope, found at topic/partition/offset.

    ``faults`` are one or more, the first the one that names the refusal.
    """
    fault = faults[0]
    return Refusal(
        source=envelope.source,
        record_id=envelope.record_id,
        record_revision=envelope.record_revision,
        event_id=envelope.event_id,
        reason=fault.reason,
        field=fault.field,
        article=fault.article,
        detail=fault.detail,
        origin=origin,
        faults=tuple(
            msgspec.structs.replace(each, detail_zh=each.detail_zh or ADVICE_ZH[each.reason])
            for each in faults
        ),
        sequence=envelope.sequence,
    )


def duplicate(envelope: Envelope, origin: str) -> Duplicate:
    """Return the note that the record with this envelope, found at ``origin``, was seen before."""
    return Duplicate(
        source=envelope.source,
        record_id=envelope.record_id,
        record_revision=envelope.record_revision,
        event_id=envelope.event_id,
        origin=origin,
    )


def taken(envelope: Envelope, effect: SilentEffect, origin: str) -> Taken:
    """Return the note that the act with this envelope, found at ``origin``, counts in silence."""
    return Taken(
        source=envelope.source,
        record_id=envelope.record_id,
        record_revision=envelope.record_revision,
        event_id=envelope.event_id,
        origin=origin,
        effect=effect,
    )
