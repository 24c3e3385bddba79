"""Mistakes: what the gateway found wrong with a submission, each with its place in the JSON.

A suggestion is made only where one thing alone can have been meant: a code in another spelling, a
code with a letter that no code has, a list or basis in other capitals. A wrong check character has
none, for any of the 18 may be the wrong one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from creditbus.domain.acts.events import Envelope
from creditbus.domain.acts.mistakes import Mistake, meant_by, pointer_of
from creditbus.domain.acts.refusals import ADVICE_ZH, Fault, Reason
from creditbus.domain.aliases.claims import alias_of
from creditbus.domain.identifiers.scheme import Examination, Soundness
from creditbus.domain.identifiers.uscc import UNIFIED, WORDS_ZH
from creditbus.domain.ids import SubjectId
from creditbus.domain.law.catalogue import Catalogue
from creditbus.domain.subjects import PERSON, USCC

_ENVELOPE: Final = "envelope."
_OLD_CODE_ZH: Final = "该旧代码的位数、字符或校验位不符，或者可能是自然人的号码：请与原证书逐位核对"
_PREFIX_ZH: Final = "主体编号应为 uscc: 加18位统一社会信用代码"
_SPELLING_ZH: Final = "代码应为大写半角，不含空格和连字符"
_OF_SUBJECT: Final = frozenset({"subject_id", "adult_on_decision"})


class TurnedAway(msgspec.Struct, frozen=True):
    """All that keeps a submission from being taken, in the order of the reasons."""

    mistakes: tuple[Mistake, ...]


def mistakes_of(
    submission: Any, faults: Iterable[Fault], catalogue: Catalogue | None = None
) -> tuple[Mistake, ...]:
    """Return what is told of faults in a submission: each place once, by its first fault."""
    found: dict[tuple[Reason, str], Mistake] = {}
    for fault in faults:
        path = _path(submission, fault.field)
        mistake = _mistake(submission, fault, path, catalogue)
        found.setdefault((fault.reason, path), mistake)
    return tuple(found.values())


def _mistake(submission: Any, fault: Fault, path: str, catalogue: Catalogue | None) -> Mistake:
    zh, suggestion = fault.detail_zh or ADVICE_ZH[fault.reason], ""
    if fault.reason is Reason.SUBJECT_INVALID and path == f"{_ENVELOPE}subject_id":
        named = submission.envelope.subject_id or ""
        examined = _examined(named)
        zh = _in_chinese(named, examined) or zh
        suggestion = _code_meant(named, examined)
    elif catalogue is not None and fault.reason is Reason.LIST_UNKNOWN:
        suggestion = meant_by(submission.list_id, catalogue.lists)
    elif catalogue is not None and fault.reason is Reason.BASIS_UNKNOWN:
        unknown = [each for each in submission.envelope.bases if each not in catalogue.bases]
        # Which of several is meant by one suggestion nobody could say.
        suggestion = meant_by(unknown[0], catalogue.bases) if len(unknown) == 1 else ""
    return Mistake(
        reason=fault.reason,
        field=path,
        pointer=pointer_of(path),
        detail=fault.detail,
        detail_zh=zh,
        article=fault.article,
        suggestion=suggestion,
    )


def _path(submission: Any, field: str) -> str:
    """Return where the field of a fault lies in a submission, as a dotted path."""
    if field.startswith(_ENVELOPE):
        return field
    if field in _OF_SUBJECT and getattr(submission.envelope, "subject", None) is not None:
        return f"{_ENVELOPE}subject"
    if field in Envelope.__struct_fields__ and field not in submission.__struct_fields__:
        return _ENVELOPE + field
    return field


def _in_chinese(subject: str, examined: Examination) -> str:
    """Return what is said of a subject's id: of an old code nothing that is true of a new one."""
    if alias_of(SubjectId(subject)) is not None:
        return _OLD_CODE_ZH
    if subject.startswith(PERSON) or not subject:
        return ""
    if not subject.startswith(USCC):
        return _PREFIX_ZH
    return WORDS_ZH[examined.failed] if examined.failed else _SPELLING_ZH


def _examined(subject: str) -> Examination:
    code = subject[len(USCC) :] if subject.lower().startswith(USCC) else subject
    return UNIFIED.validate(code)


def _code_meant(subject: str, examined: Examination) -> str:
    if subject.startswith(PERSON):
        return ""
    is_sound = examined.verdict is not Soundness.INVALID
    code = examined.code if is_sound else examined.suggestion
    return USCC + code if code and USCC + code != subject else ""
