"""References: how an act that is a record of its own names the record that it is about."""

from __future__ import annotations

import msgspec

from creditbus.domain.ids import SourceId


class RecordReference(msgspec.Struct, frozen=True, kw_only=True):
    """Another record of the same subject: whose it is, and its id there."""

    source: SourceId
    record_id: str
