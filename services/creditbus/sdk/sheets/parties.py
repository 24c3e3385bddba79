"""Parties: whom a row is about, by its credit code or by an old code that intake resolves.

Organisations only: of a natural person nothing is taken, and nothing is said again.
"""

from __future__ import annotations

import re
from typing import Final

from creditbus.domain.acts.mappings import MAYBE_PERSON, Alias, AliasKind
from creditbus.domain.aliases.claims import alias_of, subject_named
from creditbus.domain.identifiers.notation import compact
from creditbus.domain.identifiers.uscc import UNIFIED, WORDS_ZH
from creditbus.domain.ids import SubjectId
from creditbus.domain.subjects import (
    USCC,
    SubjectKind,
    is_doubtful,
    kind_of,
    uscc_subject,
    why_not_subject,
)
from creditbus.sdk.sheets.cells import half_width
from creditbus.sdk.sheets.rows import CellFault, SheetRow
from creditbus.sdk.sheets.sentences import Sentence

Party = tuple[SubjectId, SubjectKind]

PERSON: Final = Sentence(
    "a natural person's row is not read and nothing of it is kept: hand it in through the gateway",
    "自然人的行不读取、不留存：请经网关以证件号码报送",
)
MAYBE_ROUNDED: Final = Sentence(
    "the code ends in 000, as one does that an office program took for a number and rounded: "
    "compare it with the certificate; if it is right, hand it in through the gateway",
    "代码以 000 结尾，可能曾被办公软件当作数字取整：请与证书核对；确实无误的，请经网关报送",
)
MAYBE_PASSPORT: Final = Sentence(
    "the code could be the number of a passport or a permit of a natural person: name an "
    "organisation by its unified social credit code, a person through the gateway",
    "该号码可能是自然人的护照或者通行证号码：组织请改填统一社会信用代码，自然人请经网关报送",
)
_PASSPORT: Final = re.compile(r"[DEGHMPS][0-9]{8}|E[A-Z][0-9]{7}|P[ES][0-9]{7}")
"""Of the documents that may stand in a list of persons and firms: ordinary, diplomatic, service and
public passports, and the permits of residents of Hong Kong and Macau. One in eleven passes the
check of an organisation code."""

_ROUNDED: Final = re.compile(rf"{USCC}[0-9]{{15}}000")
"""A number keeps 15 digits; what was lost stays lost when the column is made text afterwards."""

NO_CODE: Final = Sentence(
    "no code says whom the row is about; of a natural person's row nothing is read",
    "没有代码说明该行的主体；自然人的行不读取",
)
_GIVE_CODE: Final = Sentence(
    f"give the code of 18 characters, or an old one: {NO_CODE}",
    f"请填写 18 位代码或者旧代码：{NO_CODE.zh}",
)
_NO_CODE_ZH: Final = "不是有效的统一社会信用代码：请与登记证书逐位核对"
_OLD_WRONG_ZH: Final = "该代码不是有效的旧代码（位数、字符或校验位不符）：请与证书逐位核对"
_MAYBE_PERSON: Final = Sentence(
    MAYBE_PERSON,
    "该号码可能是自然人的旧证件号码：组织请改填统一社会信用代码或者组织机构代码",
)
_PERSONS: Final = frozenset({"0", "自然人", "个人"})
_REGISTRATIONS: Final = {13: AliasKind.REG13, 15: AliasKind.REG15}
_OLD: Final = {
    "organisation": AliasKind.ORG9,
    "tax": AliasKind.TAXNO,
    "institution": AliasKind.INST_CERT,
    "social": AliasKind.SOCIAL_ORG_CERT,
}


def party_of(row: SheetRow) -> Party:
    """Return whom a row of penalties or permits is about; raises ``CellFault``.

    The credit code is believed before the old ones; the words in the header say which code it is.
    """
    if "自然人" in half_width(row.text("kind")):
        raise CellFault("kind", PERSON)
    if row.text("code"):
        return _by_credit_code(row)
    if number := compact(row.text("registration")):
        return _by_alias("registration", _REGISTRATIONS.get(len(number), AliasKind.REG15), number)
    for field, kind in _OLD.items():
        if number := compact(row.text(field)):
            if kind is AliasKind.TAXNO and len(number) == 18:
                return _credit_code("tax", number)
            return _by_alias(field, kind, number)
    raise CellFault("code", NO_CODE)


def debtor_of(row: SheetRow) -> Party:
    """Return whom a row of the court list is about: any code may stand in its one column."""
    code = row.text("code")
    if row.text("party") in _PERSONS:
        raise CellFault("party", PERSON)
    for field in ("age", "sex"):
        if row.text(field) not in {"", "0"}:
            raise CellFault(field, PERSON)
    if not code:
        raise CellFault("code", _GIVE_CODE)
    if _PASSPORT.fullmatch(compact(code)):
        raise CellFault("code", MAYBE_PASSPORT)
    subject = subject_named(code)
    if alias_of(subject) is not None:
        return subject, SubjectKind.NONE
    return _credit_code("code", code)


def _by_credit_code(row: SheetRow) -> Party:
    return _credit_code("code", row.text("code"))


def _credit_code(field: str, code: str) -> Party:
    subject = uscc_subject(code)
    if _ROUNDED.fullmatch(subject) and not is_doubtful(subject):
        raise CellFault(field, MAYBE_ROUNDED)
    kind = kind_of(subject)
    if why_not := why_not_subject(kind, subject):
        failed = UNIFIED.validate(subject.removeprefix(USCC)).failed
        raise CellFault(field, Sentence(why_not, WORDS_ZH.get(failed, _NO_CODE_ZH)))
    return subject, kind


def _by_alias(field: str, kind: AliasKind, number: str) -> Party:
    alias = Alias(kind, number)
    if why_not := alias.why_not():
        raise CellFault(field, Sentence(why_not, _OLD_WRONG_ZH))
    if alias.resembles_person:
        raise CellFault(field, _MAYBE_PERSON)
    return alias.id, SubjectKind.NONE
