"""Receive directives as an executing body: verify the signature, fence by revision, act, answer.

Deliveries are at least once and in any order; the fence makes that harmless. It keeps the highest
revision of each obligation in a file, so that a body that restarts still refuses what is older.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, Self
from weakref import WeakValueDictionary

import msgspec
from standardwebhooks import Webhook, WebhookVerificationError

from creditbus.domain.effects.directives import Action, Directive, Outcome
from creditbus.domain.ids import ObligationId
from creditbus.wire.answers import FATES_TOLD, ToldFatesMessage

LONGEST_WAIT_S: Final = 30.0
"""How long to wait for another process that writes to the fence's file."""


class Answered(msgspec.Struct, frozen=True):
    """What the body answers a delivery with."""

    outcome: Outcome
    detail: str = ""


_CLAIM: Final = Answered(Outcome.ACCEPTED)
"""Stands in the file while the body acts, and stays if it fails: taken, settled in no way."""


class Forged(Exception):
    """The delivery is not the bus's, too old or no delivery at all; answer 401, act on nothing."""


class _Delivery(msgspec.Struct, frozen=True):
    """The CloudEvents envelope of a delivery; the rest of it is for others."""

    data: Directive


class Fence:
    """The highest revision taken of each obligation, and its answer, in a SQLite file.

    A revision is written down before the body acts on it, so that a lower one is refused from then
    on, whatever becomes of the act. Threads of one process act on one obligation in turn, and on
    others meanwhile. Several processes may share the file, but not the turns: if a higher revision
    comes to another process while ``act`` runs, both run at once, and the lower is answered
    ``SUPERSEDED`` after it has acted. With several processes ``act`` must therefore itself write
    only where its own system holds no higher revision, in one transaction.

    ``close`` it at the end, or use it in a ``with``.
    """

    def __init__(self, path: Path, *, now: Callable[[], datetime] | None = None) -> None:
        """Open the file; with ``now`` an application whose term is over is never acted on."""
        self._now = now
        self._guard = threading.Lock()
        self._turns: WeakValueDictionary[ObligationId, threading.Lock] = WeakValueDictionary()
        self._database = sqlite3.connect(
            path, timeout=LONGEST_WAIT_S, check_same_thread=False, isolation_level=None
        )
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS fence"
            " (obligation TEXT PRIMARY KEY, revision INTEGER, outcome TEXT, detail TEXT)"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()

    def once(self, directive: Directive, act: Callable[[Directive], Answered]) -> Answered:
        """Act on a directive unless it is settled or superseded; return the answer either way.

        What was only accepted, or failed, is acted on again: acting twice must be harmless.
        """
        with self._turn(directive.obligation_id):
            known = self._keep(directive, _CLAIM)
            if known is not None:
                return known
            answer = self._ended(directive) or act(directive)
            return self._keep(directive, answer) or answer

    def close(self) -> None:
        """Close the file; the fence takes nothing more."""
        with self._guard:
            self._database.close()

    def _turn(self, obligation_id: ObligationId) -> threading.Lock:
        # Weakly held: a lock goes when the last thread that uses it has gone.
        with self._guard:
            return self._turns.setdefault(obligation_id, threading.Lock())

    def _ended(self, directive: Directive) -> Answered | None:
        ends_at = directive.ends_at
        if self._now is None or ends_at is None or directive.action is Action.LIFT:
            return None
        if self._now() < ends_at:
            return None
        return Answered(Outcome.NOT_APPLICABLE, f"its term was over at {ends_at.isoformat()}")

    def _keep(self, directive: Directive, answer: Answered) -> Answered | None:
        """Write an answer down, unless a settled one or a higher revision stands: return that."""
        with self._transaction() as database:
            known = _known(database, directive)
            if known is None:
                database.execute(
                    "INSERT OR REPLACE INTO fence VALUES (?, ?, ?, ?)",
                    (directive.obligation_id, directive.revision, answer.outcome, answer.detail),
                )
            return known

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        # Immediate: reading and writing are one step for other processes too.
        with self._guard:
            self._database.execute("BEGIN IMMEDIATE")
            with self._database:
                yield self._database


def _known(database: sqlite3.Connection, directive: Directive) -> Answered | None:
    row = database.execute(
        "SELECT revision, outcome, detail FROM fence WHERE obligation = ?",
        (directive.obligation_id,),
    ).fetchone()
    if row is None or directive.revision > row[0]:
        return None
    if directive.revision < row[0]:
        return Answered(Outcome.SUPERSEDED, f"revision {row[0]} was seen before")
    answer = Answered(Outcome(row[1]), row[2])
    return answer if answer.outcome.settles else None


class _FateDelivery(msgspec.Struct, frozen=True):
    """The CloudEvents envelope of a message with fates."""

    id: str
    type: str
    data: ToldFatesMessage


class FateReceiver:
    """A source's way to be told of its fates: ``secret`` is what signs them (whsec_…).

    Several secrets, one after the other, count while the bus changes from one to the next.
    """

    def __init__(self, secret: str | Sequence[str]) -> None:
        self._signers = signers_of(secret)

    def read(
        self, headers: Mapping[str, str] | Mapping[bytes, bytes], body: bytes
    ) -> tuple[str, ToldFatesMessage]:
        """Return the id of a message and what it tells; answer 2xx once that is kept.

        What is not answered so comes again under the same id. Raises ``Forged`` for whatever else
        came to the address.
        """
        body = bytes(body)
        verify(self._signers, headers, body)
        try:
            found = msgspec.json.decode(body, type=_FateDelivery)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Forged(f"it is no message with fates: {error}") from error
        if found.type != FATES_TOLD:
            raise Forged(f"it is no message with fates, but {found.type}")
        return found.id, found.data


class Receiver:
    """One body's way to take deliveries: ``secret`` is the body's signing secret (whsec_…).

    Several secrets, one after the other, count while the bus changes from one to the next.
    """

    def __init__(self, secret: str | Sequence[str], fence: Fence) -> None:
        self._signers = signers_of(secret)
        self._fence = fence

    def receive(
        self,
        headers: Mapping[str, str] | Mapping[bytes, bytes],
        body: bytes,
        act: Callable[[Directive], Answered],
    ) -> Answered:
        """Verify, fence, act, and return what to answer as JSON with status 200.

        Headers may be texts, or the bytes that a server of the ASGI protocol hands on.
        Raises ``Forged`` for whatever else came to the address: anybody may send anything there.
        """
        body = bytes(body)
        verify(self._signers, headers, body)
        try:
            directive = msgspec.json.decode(body, type=_Delivery).data
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Forged(f"it is no delivery: {error}") from error
        return self._fence.once(directive, act)


def signers_of(secret: str | Sequence[str]) -> list[Webhook]:
    """Return what each of some secrets signs with; raises ``ValueError`` for what is none."""
    return [Webhook(each) for each in ([secret] if isinstance(secret, str) else secret)]


def verify(
    signers: Sequence[Webhook],
    headers: Mapping[str, str] | Mapping[bytes, bytes],
    body: bytes,
) -> None:
    """Raise ``Forged`` unless one of these secrets has signed a delivery, not too long ago."""
    reason = "there is no secret"
    plain = {_text(name): _text(value) for name, value in headers.items()}
    for webhook in signers:
        try:
            webhook.verify(body, plain, json_parse=False)
        # The library lets through what base64, a number or UTF-8 makes of rubbish.
        except (WebhookVerificationError, ValueError, OverflowError, OSError) as error:
            reason = str(error)
        else:
            return
    raise Forged(f"the signature does not hold: {reason}")


def _text(header: str | bytes) -> str:
    return header.decode("latin-1") if isinstance(header, bytes) else header
