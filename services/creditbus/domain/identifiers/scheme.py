"""Schemes: what one kind of code must pass, and what is said of a text that may be one.

Every kind has the same four questions: ``compact``, ``validate``, ``is_valid`` and ``format``. No
text makes one of them raise. Of a natural person's number nothing is ever returned but the verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from creditbus.domain.identifiers import notation

MASKED: Final = "(masked)"
"""What stands wherever a natural person's number would be shown."""


class CodeKind(StrEnum):
    """What a code is; ``UNKNOWN`` when it has the form of none."""

    USCC = "USCC"
    ORG9 = "ORG9"
    REG15 = "REG15"
    REG13 = "REG13"
    TAXNO = "TAXNO"
    INST_CERT = "INST_CERT"
    SOCIAL_ORG_CERT = "SOCIAL_ORG_CERT"
    CITIZEN = "CITIZEN"
    UNKNOWN = "UNKNOWN"


class Soundness(StrEnum):
    """The verdict on a text: a code as it should be, one after normalising, or none."""

    VALID = "valid"
    NORMALISED = "normalised"
    INVALID = "invalid"


class CodeCheck(msgspec.Struct, frozen=True):
    """One thing asked of a compact code; ``why_not`` says in words why it fails, or nothing."""

    name: str
    why_not: Callable[[str], str]


class Examination(msgspec.Struct, frozen=True, kw_only=True):
    """What was found about one text.

    ``code`` is its normalised form. ``failed`` names the first check that it does not pass,
    ``detail`` says why; ``doubts`` are failed checks that a lenient reading lets pass.
    ``suggestion`` is a valid code that may have been meant, and nothing when none is near.
    """

    kind: CodeKind
    verdict: Soundness
    code: str
    passed: tuple[str, ...] = ()
    failed: str = ""
    detail: str = ""
    suggestion: str = ""
    doubts: tuple[str, ...] = ()

    def masked(self) -> Examination:
        """Return the same verdict without the code and what would betray it."""
        detail = "the number does not pass it; nothing of it is shown" if self.failed else ""
        return msgspec.structs.replace(self, code=MASKED, detail=detail, suggestion="", doubts=())


class Scheme(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of code: its checks in their order, and how it is printed.

    ``look_alikes`` are the letters that are wrong in it with what they look like. ``lenient``
    names checks that issued codes are known to fail.
    """

    kind: CodeKind
    checks: tuple[CodeCheck, ...]
    look_alikes: Mapping[int, int] = msgspec.field(default_factory=lambda: notation.NEVER_USED)
    lenient: frozenset[str] = frozenset()
    written: Callable[[str], str] = str
    is_personal: bool = False

    def compact(self, text: str) -> str:
        """Return the one form of a text: capitals, half-width, without blanks and hyphens."""
        return notation.compact(text)

    def validate(self, text: str, *, lenient: bool = False) -> Examination:
        """Return what the checks say of a text; strict unless asked otherwise."""
        code = self.compact(text)
        passed, doubts, failed, detail = [], [], "", ""
        for check in self.checks:
            why_not = check.why_not(code)
            if not why_not:
                passed.append(check.name)
            elif lenient and check.name in self.lenient:
                doubts.append(why_not)
            else:
                failed, detail = check.name, why_not
                break
        sound = Soundness.VALID if code == text else Soundness.NORMALISED
        found = Examination(
            kind=self.kind,
            verdict=Soundness.INVALID if failed else sound,
            code=code,
            passed=tuple(passed),
            failed=failed,
            detail=detail,
            suggestion=self._suggestion(code) if failed else "",
            doubts=tuple(doubts),
        )
        return found.masked() if self.is_personal else found

    def is_valid(self, text: str, *, lenient: bool = False) -> bool:
        """Return whether a text is such a code, perhaps after normalising."""
        return self.validate(text, lenient=lenient).verdict is not Soundness.INVALID

    def format(self, text: str) -> str:
        """Return a text as such codes are printed; of a person's number nothing."""
        return MASKED if self.is_personal else self.written(self.compact(text))

    def why_not(self, code: str, *, unasked: frozenset[str] = frozenset()) -> str:
        """Return in words why a text, exactly as it stands, is no such code, or nothing.

        For ids: they have one form only, and nobody brings them into it in silence. ``unasked``
        are the names of checks that need not pass.
        """
        why_not = self._why_not(code, unasked)
        if not why_not or self.is_personal:
            return why_not
        meant = self._suggestion(code)
        return f"{why_not}; did you mean {meant}?" if meant else why_not

    def _why_not(self, code: str, unasked: frozenset[str] = frozenset()) -> str:
        for check in self.checks:
            if check.name not in unasked and (why := check.why_not(code)):
                return why
        return ""

    def _suggestion(self, text: str) -> str:
        meant = notation.read_as(self.compact(text), self.look_alikes)
        return "" if meant == text or self._why_not(meant) else meant


def of_length(*lengths: int) -> CodeCheck:
    """Return the check that a code has one of these numbers of characters."""
    wanted = " or ".join(map(str, lengths))

    def why_not(code: str) -> str:
        count = len(code)
        return "" if count in lengths else f"the code has {count} characters, not {wanted}"

    return CodeCheck("length", why_not)


def of_digits() -> CodeCheck:
    """Return the check that a code consists of the ten digits."""

    def why_not(code: str) -> str:
        if set(code) <= set(notation.DIGITS):
            return ""
        return "the code holds characters that are no digits"

    return CodeCheck("digits", why_not)
