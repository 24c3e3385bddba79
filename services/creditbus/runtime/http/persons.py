"""Natural persons at the door: an identity number becomes a token, and is gone.

The token is a keyed hash, so that nobody without the key can try all numbers until one fits. The
date of birth is read for one question only, of age on the day of the decision or not, and kept
nowhere. GB 11643-1999 (18 characters, ISO 7064 MOD 11-2); made-up persons have numbers of their
own, which no register of people knows.
"""

from __future__ import annotations

import hmac
import re
from datetime import date
from typing import Final

from creditbus.domain.acts.refusals import Fault, Reason
from creditbus.domain.calendar import years_after
from creditbus.domain.identifiers.citizen import CITIZEN, birth_in
from creditbus.domain.identifiers.notation import compact
from creditbus.domain.ids import SubjectId
from creditbus.domain.law.articles import MINORS
from creditbus.domain.subjects import PERSON
from creditbus.runtime.settings import SettingMissing

SYNTHETIC: Final = "synthetic"
CITIZEN_ID: Final = "citizen_id"
ADULT_YEARS: Final = 18

_IDENTITY: Final = "GB 11643-1999; 个人信息保护法 第六条"
_MADE_UP: Final = re.compile(r"SYN-[0-9]{8}-(?P<year>(19|20)[0-9]{2})")


class NoPersonKey(SettingMissing):
    """The key of natural persons' tokens is not set."""


class Persons:
    """Turns numbers into tokens with one key; the same number always gives the same token."""

    def __init__(self, key: str, *, allow_synthetic: bool) -> None:
        if not key:
            raise NoPersonKey("set CREDITBUS_PERSON_KEY: without it nobody can be recognised again")
        self._key = key.encode()
        self._allow_synthetic = allow_synthetic

    def identify(self, number_kind: str, number: str, *, synthetic: bool) -> SubjectId | Fault:
        """Return the subject that a number names, whatever the age; or why it names none."""
        written = _plain(number_kind, number)
        born = self._born(number_kind, written, synthetic=synthetic)
        return born if isinstance(born, Fault) else self._token(number_kind, written)

    def admit(
        self, number_kind: str, number: str, *, decided_on: date, synthetic: bool
    ) -> SubjectId | Fault:
        """Return the subject that a number names, if of age on the day of the decision."""
        written = _plain(number_kind, number)
        born = self._born(number_kind, written, synthetic=synthetic)
        if isinstance(born, Fault):
            return born
        if not is_adult(born, decided_on):
            detail = "the subject was not of age on the day of the decision; nothing of it is kept"
            return Fault(Reason.SUBJECT_MINOR, "envelope.subject", MINORS, detail)
        return self._token(number_kind, written)

    def _token(self, number_kind: str, number: str) -> SubjectId:
        message = f"{number_kind}|{number}".encode()
        return SubjectId(PERSON + hmac.digest(self._key, message, "sha256").hex())

    def _born(self, number_kind: str, number: str, *, synthetic: bool) -> date | Fault:
        if number_kind == SYNTHETIC:
            return self._born_made_up(number, synthetic=synthetic)
        if number_kind != CITIZEN_ID:
            return _fault("number_kind", f"there are {CITIZEN_ID} and {SYNTHETIC}")
        if synthetic:
            return _fault("number_kind", "a synthetic record names a made-up person: synthetic")
        return citizen_born(number)

    def _born_made_up(self, number: str, *, synthetic: bool) -> date | Fault:
        if not self._allow_synthetic:
            return _fault("number_kind", "this bus takes no made-up persons")
        if not synthetic:
            return _fault("number_kind", "a made-up person belongs into a record marked synthetic")
        found = _MADE_UP.fullmatch(number)
        if found is None:
            return _fault("number", "a made-up number is SYN-, eight digits, - and a year of birth")
        # Only the year is known, so the youngest whom it may mean is asked about.
        return date(int(found["year"]), 12, 31)


def is_adult(born: date, day: date) -> bool:
    """Return whether someone is of age on a day: from the day after the eighteenth birthday on.

    Civil Code, articles 201 and 202: the first day is not counted, the term ends with its last.
    Where one may read the birthday itself as enough, the reading that keeps a minor out is taken.
    """
    return day > years_after(born, ADULT_YEARS)


def citizen_born(number: str) -> date | Fault:
    """Return the date of birth in a citizen identity number, or why it is none.

    No message repeats the number or any part of it.
    """
    why_not = CITIZEN.why_not(number)
    if why_not:
        return _fault("number", why_not)
    born = birth_in(number)
    assert born is not None, "the scheme asks for a possible day of birth"
    return born


def _plain(number_kind: str, number: str) -> str:
    """Return the one form of a number, so that however it is typed it is the same person."""
    return compact(number) if number_kind == CITIZEN_ID else number.strip().upper()


def _fault(field: str, detail: str) -> Fault:
    return Fault(Reason.SUBJECT_INVALID, f"envelope.subject.{field}", _IDENTITY, detail)
