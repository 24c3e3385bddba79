"""References: how an act names what it is about: another record, or a document by its number."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

import msgspec

from creditbus.domain.ids import SourceId

_BRACKETS: Final = str.maketrans("〔【[{〕】]}", "(((()" + ")))")
_UNSEEN: Final = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))


class RecordReference(msgspec.Struct, frozen=True, kw_only=True):
    """Another record of the same subject: whose it is, and its id there."""

    source: SourceId
    record_id: str


@lru_cache(maxsize=4096)
def one_form(document_number: str) -> str:
    """Return the number of a document as it is compared.

    Brackets, widths and spaces are typed differently from office to office and say nothing.

    >>> one_form("青招监决〔2026〕17号") == one_form("青招监决（２０２６） 17号")
    True
    """
    plain = unicodedata.normalize("NFKC", document_number).translate(_UNSEEN).translate(_BRACKETS)
    return "".join(plain.split()).casefold()
