"""Recognition: of which kind a text is, by its form and the checks that it passes.

Two kinds may share a form: 15 digits are a registration number or a tax number, and 18 characters a
credit code or a person's number. The one whose checks pass is meant; when none does, the first.
Whatever may be a person's number is masked, even where it turns out to be an organisation's code.
"""

from __future__ import annotations

from typing import Final

from creditbus.domain.identifiers.certificate import INSTITUTION, SOCIAL_ORGANISATION
from creditbus.domain.identifiers.citizen import CITIZEN, may_be_person, resembles_person
from creditbus.domain.identifiers.notation import compact
from creditbus.domain.identifiers.organisation import ORGANISATION
from creditbus.domain.identifiers.registration import OLD_REGISTRATION, REGISTRATION
from creditbus.domain.identifiers.scheme import CodeKind, Examination, Scheme, Soundness
from creditbus.domain.identifiers.tax import TAX
from creditbus.domain.identifiers.uscc import UNIFIED

SCHEMES: Final[dict[CodeKind, Scheme]] = {
    scheme.kind: scheme
    for scheme in (
        UNIFIED,
        ORGANISATION,
        REGISTRATION,
        OLD_REGISTRATION,
        TAX,
        INSTITUTION,
        SOCIAL_ORGANISATION,
        CITIZEN,
    )
}
"""Every kind with its scheme."""

_BY_LENGTH: Final[dict[int, tuple[Scheme, ...]]] = {
    9: (ORGANISATION,),
    13: (OLD_REGISTRATION,),
    15: (REGISTRATION, TAX),
    17: (UNIFIED,),
    18: (UNIFIED,),
    19: (UNIFIED,),
}
_NEAR_PERSON: Final = (UNIFIED, CITIZEN)


def recognise(text: str, *, lenient: bool = False) -> Examination:
    """Return what a text is, with the verdict of its kind's checks.

    >>> recognise("91370200000000000Y").kind, recognise("0000000A-2").kind
    (<CodeKind.USCC: 'USCC'>, <CodeKind.ORG9: 'ORG9'>)
    >>> recognise("12345").detail
    'no kind of code has 5 characters'
    """
    length = len(compact(text))
    schemes = _NEAR_PERSON if length == 18 and resembles_person(text) else _BY_LENGTH.get(length)
    if schemes is None:
        return _unknown(text, length)
    found = [scheme.validate(text, lenient=lenient) for scheme in schemes]
    sound = [each for each in found if each.verdict is not Soundness.INVALID]
    if not sound and schemes is _NEAR_PERSON:
        return found[-1]
    chosen = (sound or _hopeful(found) or found)[0]
    return _discreet(text, chosen)


def examine(text: str, kind: CodeKind, *, lenient: bool = False) -> Examination:
    """Return the verdict on a text that is said to be of a kind; there is no UNKNOWN kind.

    >>> examine("370200000000005", CodeKind.TAXNO).failed
    'organisation code'
    """
    return _discreet(text, SCHEMES[kind].validate(text, lenient=lenient))


def _discreet(text: str, found: Examination) -> Examination:
    is_sound = found.verdict is not Soundness.INVALID
    is_doubtful = resembles_person(text) if is_sound else may_be_person(text)
    return found.masked() if is_doubtful else found


def _hopeful(found: list[Examination]) -> list[Examination]:
    return [each for each in found if each.suggestion]


def _unknown(text: str, length: int) -> Examination:
    found = Examination(
        kind=CodeKind.UNKNOWN,
        verdict=Soundness.INVALID,
        code=compact(text),
        failed="length",
        detail=f"no kind of code has {length} characters",
    )
    return found.masked() if may_be_person(text) else found
