"""Mistakes: a fault as a door tells it before the receipt, with its place in what was sent.

A refusal names the field of a record; a caller sent JSON, so a mistake has the pointer into it
(RFC 6901), and what was probably meant where only one thing can have been.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import msgspec


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with what was sent, what to do in two languages, and by which law.

    ``suggestion`` is what may stand there instead, empty where more than one thing may be meant.
    """

    reason: str
    field: str
    pointer: str
    detail: str
    detail_zh: str
    article: str = ""
    suggestion: str = ""


def pointer_of(path: str) -> str:
    """Return the JSON pointer of a dotted path, empty for the whole.

    >>> pointer_of("envelope.bases[0]"), pointer_of("")
    ('/envelope/bases/0', '')
    """
    parts = [part for part in path.replace("[", ".").replace("]", "").split(".") if part]
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def meant_by(name: str, known: Iterable[str]) -> str:
    """Return the one of some names that is only written otherwise, empty where there is no such.

    Capitals, width, blanks and strokes do not matter; what is merely near may be another thing.

    >>> meant_by("recordID", ["record_id", "record_revision"]), meant_by("BL-BID-ZZ", ["BL-BID-ZT"])
    ('record_id', '')
    """
    found = [each for each in known if _plain(each) == _plain(name)]
    return found[0] if len(found) == 1 else ""


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).upper()))
