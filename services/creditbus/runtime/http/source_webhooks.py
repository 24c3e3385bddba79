"""Webhooks of sources: where a source wants to be told what becomes of its records, and its secret.

The file is read again when it changes, so that a webhook can be set or taken without a restart. It
holds what signs, so only its owner may read it.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from creditbus.domain.ids import SourceId


class SourceWebhook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of the file: ``secret`` signs what is sent to ``url`` (Standard Webhooks)."""

    source: SourceId
    url: str
    secret: str


class WebhooksDamaged(ValueError):
    """The file cannot be read, or holds no webhooks; the message names it and what to do."""


class SourceWebhooks:
    """The rows of the file as they are now; without a file there are none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = (0, 0)
        self._rows: tuple[SourceWebhook, ...] = ()

    def rows(self) -> tuple[SourceWebhook, ...]:
        """Return the rows, one of each source; raises ``WebhooksDamaged``."""
        try:
            found = self._path.stat()
            stamp = (found.st_mtime_ns, found.st_ino)
            if stamp != self._stamp:
                content = self._path.read_bytes()
                self._rows = msgspec.json.decode(content, type=tuple[SourceWebhook, ...])
                self._stamp = stamp
        except FileNotFoundError:
            self._rows, self._stamp = (), (0, 0)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as fault:
            raise WebhooksDamaged(
                f"{self._path} holds no webhooks of sources ({fault}): write it anew by"
                " `creditbus sources webhook`, or take it away"
            ) from fault
        return self._rows


def file_of(rows: tuple[SourceWebhook, ...]) -> bytes:
    """Return the file's content for these rows."""
    return msgspec.json.format(msgspec.json.encode(rows), indent=2) + b"\n"
