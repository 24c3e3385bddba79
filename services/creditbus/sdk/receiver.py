"""Receive directives as an executing body: verify the signature, fence by revision, act, answer.

Deliveries are at least once and in any order; the fence makes that harmless. It keeps the highest
revision of each obligation in a file, so that a body that restarts still refuses what is older.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from standardwebhooks import Webhook, WebhookVerificationError

from creditbus.domain.directives import Directive, Outcome


class Answered(msgspec.Struct, frozen=True):
    """What the body answers a delivery with."""

    outcome: Outcome
    detail: str = ""


class Forged(Exception):
    """The delivery's signature is not the bus's, or too old; answer 401 and act on nothing."""


class _Delivery(msgspec.Struct, frozen=True):
    """The CloudEvents envelope of a delivery; the rest of it is for others."""

    data: Directive


class Fence:
    """The highest revision acted on of each obligation, in a SQLite file."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS fence"
            " (obligation TEXT PRIMARY KEY, revision INTEGER, outcome TEXT, detail TEXT)"
        )

    def seen(self, directive: Directive) -> Answered | None:
        """Return the answer to a directive that is not news: as before, or superseded.

        None for news.
        """
        row = self._database.execute(
            "SELECT revision, outcome, detail FROM fence WHERE obligation = ?",
            (directive.obligation_id,),
        ).fetchone()
        if row is None or directive.revision > row[0]:
            return None
        if directive.revision == row[0]:
            return Answered(Outcome(row[1]), row[2])
        return Answered(Outcome.SUPERSEDED, f"revision {row[0]} was seen before")

    def remember(self, directive: Directive, answer: Answered) -> None:
        """Keep the answer to a directive that was acted on.

        A lower revision never replaces a higher.
        """
        self._database.execute(
            "INSERT INTO fence VALUES (?, ?, ?, ?) ON CONFLICT (obligation) DO UPDATE SET"
            " revision = excluded.revision, outcome = excluded.outcome, detail = excluded.detail"
            " WHERE excluded.revision > fence.revision",
            (directive.obligation_id, directive.revision, answer.outcome, answer.detail),
        )

    def once(self, directive: Directive, act: Callable[[Directive], Answered]) -> Answered:
        """Act on a directive if it is news, and return the answer either way."""
        with self._lock:
            known = self.seen(directive)
            if known is not None:
                return known
            answer = act(directive)
            if answer.outcome.settles:
                self.remember(directive, answer)
            return answer


class Receiver:
    """One body's way to take deliveries: ``secret`` is the body's signing secret (whsec_…)."""

    def __init__(self, secret: str, fence: Fence) -> None:
        self._webhook = Webhook(secret)
        self._fence = fence

    def receive(
        self, headers: Mapping[str, str], body: bytes, act: Callable[[Directive], Answered]
    ) -> Answered:
        """Verify, fence, act, and return what to answer as JSON with status 200.

        Raises ``Forged``.
        """
        try:
            self._webhook.verify(body, dict(headers))
        except WebhookVerificationError as error:
            raise Forged(f"the signature does not hold: {error}") from error
        directive = msgspec.json.decode(body, type=_Delivery).data
        return self._fence.once(directive, act)
