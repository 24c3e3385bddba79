"""The unified social credit code: 18 characters, two of them checks (GB 32100-2015, modulus 31).

With amendment 1 of 2016, which added authorities. The organisation code inside has a check of its
own; codes are known to have been issued that fail it, so a lenient reading makes a doubt of that.
The bus is strict.

Both checks are passed by one valid identity number in 342. So the authority, its class and the
region must exist, and what could be a natural person's number is no code until a registrar has said
that it is one: read as a firm, a person's name and number would become public.
"""

from __future__ import annotations

from operator import mul
from typing import Final

from creditbus.domain.identifiers import organisation
from creditbus.domain.identifiers.authorities import AUTHORITIES
from creditbus.domain.identifiers.citizen import could_be_person
from creditbus.domain.identifiers.provinces import NATIONAL, PROVINCES
from creditbus.domain.identifiers.scheme import CodeCheck, CodeKind, Scheme, of_length

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 symbols of GB 32100; I, O, S, V and Z are never used."""

INNER: Final = "organisation code"
"""The name of the check that a lenient reading lets pass."""

NO_PERSON: Final = "no person's"
CLASS: Final = "class"
PROVINCE: Final = "province"

REGISTERED: Final = frozenset({NO_PERSON})
"""What is not asked of a code that a registrar has named: it is a code, whatever it looks like."""

FORMER: Final = frozenset({NO_PERSON, CLASS, PROVINCE})
"""What was not asked before, and so is not asked of what eases: its entry may stand under it."""

_KNOWN: Final = frozenset(ALPHABET)
_VALUES: Final = {symbol: value for value, symbol in enumerate(ALPHABET)}
_WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(17))


def check_character(body: str) -> str:
    """Return the 18th character for the first 17 of a unified social credit code.

    >>> check_character("91350100M000100Y4")
    '3'
    """
    # Asked of every record on the bus: a generator would take three times as long.
    total = sum(map(mul, map(_VALUES.__getitem__, body), _WEIGHTS))
    return ALPHABET[(31 - total % 31) % 31]


def _why_not_alphabet(code: str) -> str:
    if set(code) <= _KNOWN:
        return ""
    if set(code) <= set(organisation.SYMBOLS):
        return "the code holds I, O, S, V or Z, which are never used"
    return "the code holds characters that are neither digits nor capital letters"


def _why_not_authority(code: str) -> str:
    if code[0] in AUTHORITIES:
        return ""
    return f"the code begins with {code[0]}, which is no registration authority"


def _why_not_class(code: str) -> str:
    name, classes = AUTHORITIES[code[0]]
    if code[1] in classes:
        return ""
    known = ", ".join(classes)
    return f"the second character is {code[1]}, but {name} has the classes {known} only"


def _why_not_region(code: str) -> str:
    if code[2:8].isdigit():
        return ""
    return "characters 3 to 8 of the code are not a region of six digits"


def _why_not_province(code: str) -> str:
    region = code[2:8]
    if region[:2] in PROVINCES or region == NATIONAL:
        return ""
    return f"the region in the code begins with {region[:2]}, which is no province"


def _why_not_nobodys(code: str) -> str:
    if not could_be_person(code):
        return ""
    return (
        "the number could be a natural person's: name the person through the gateway, or the "
        "organisation by its organisation code, if its registrar has told the bus of it"
    )


def _why_not_check(code: str) -> str:
    expected = check_character(code[:17])
    if expected == code[17]:
        return ""
    return (
        f"the check character is {code[17]}, but the others give {expected}: "
        "one of the 18 is wrong, compare them all with the certificate"
    )


def _why_not_inner(code: str) -> str:
    if organisation.check_character(code[8:16]) == code[16]:
        return ""
    return "the organisation code inside (characters 9 to 17) has a wrong check character"


UNIFIED: Final = Scheme(
    kind=CodeKind.USCC,
    checks=(
        of_length(18),
        CodeCheck(NO_PERSON, _why_not_nobodys),
        CodeCheck("alphabet", _why_not_alphabet),
        CodeCheck("authority", _why_not_authority),
        CodeCheck(CLASS, _why_not_class),
        CodeCheck("region", _why_not_region),
        CodeCheck(PROVINCE, _why_not_province),
        CodeCheck("check character", _why_not_check),
        CodeCheck(INNER, _why_not_inner),
    ),
    lenient=frozenset({INNER}),
)
"""The unified social credit code; codes are printed as they are.

>>> UNIFIED.validate("9137 0200 0000 0000 0y").verdict
<Soundness.NORMALISED: 'normalised'>
>>> UNIFIED.validate("9137O20000000000OY").suggestion
'91370200000000000Y'
>>> UNIFIED.is_valid("913702000000000012"), UNIFIED.is_valid("913702000000000012", lenient=True)
(False, True)
>>> UNIFIED.validate("370299199001012298").failed
"no person's"
"""

WORDS_ZH: Final = {
    "length": "统一社会信用代码应为18位",
    NO_PERSON: "该号码可能是自然人的证件号码：自然人请经网关以证件号码报送，组织请改填组织机构代码",
    "alphabet": "代码中有不使用的字母（I、O、S、V、Z）或者其他字符",
    "authority": "代码第1位不是登记管理部门代码",
    CLASS: "代码第2位不是该登记管理部门的机构类别代码",
    "region": "代码第3至8位应为6位行政区划码",
    PROVINCE: "代码第3至4位不是省级行政区划码",
    "check character": "代码的校验位不符：18位中有错，请与登记证书逐位核对，不要只改校验位",
    INNER: "代码第9至17位（组织机构代码）的校验位不符，请与登记证书逐位核对",
}
"""What fails at each check, as a clerk of the reporting unit reads it."""

assert set(WORDS_ZH) == {check.name for check in UNIFIED.checks}, "every check has its words"


def organisation_in(code: str) -> str:
    """Return the organisation code inside a unified social credit code.

    >>> organisation_in("91370200M000100Y4G")
    'M000100Y4'
    """
    return code[8:17]
