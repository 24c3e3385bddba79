"""Signatures of statements: Ed25519 (RFC 8032; ``alg`` of RFC 9864) in a JWS of compact form.

Each key is named by its thumbprint (RFC 7638). The library takes a third of a second to import, so
whoever shall start at once imports this module only when something is signed.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from creditbus.wire.statements import DayStatement, PublishedKeys

ALGORITHM: Final = "Ed25519"


class StatementUnsound(ValueError):
    """A statement is not to be believed: it was changed, or another has signed it."""


class KeyUnusable(ValueError):
    """What should hold keys of statements holds none."""


class StatementSigner:
    """Signs statements with the first of some keys, and tells the public part of all of them.

    A new key is put before the old one, which stays for what it has signed.
    """

    def __init__(self, keys: str) -> None:
        """Take a JWK set with private parts; raises ``KeyUnusable``."""
        self._keys = _key_set(keys)
        if not self._keys.keys or not all(key.is_private for key in self._keys.keys):
            raise KeyUnusable("a statement key is a JWK set of private Ed25519 keys")

    @property
    def published(self) -> PublishedKeys:
        """The public keys."""
        return PublishedKeys(
            tuple(
                {name: str(value) for name, value in key.as_dict(private=False).items()}
                for key in self._keys.keys
            )
        )

    def sign(self, statement: DayStatement) -> str:
        """Return the statement in compact form."""
        key = self._keys.keys[0]
        header = {"alg": ALGORITHM, "kid": key.kid, "typ": "JOSE"}
        payload = msgspec.json.encode(statement)
        return jws.serialize_compact(header, payload, key, algorithms=[ALGORITHM])


def verified(compact: str, keys: str) -> DayStatement:
    """Return what a statement says, once its signature is proved by one of the public keys.

    ``keys`` is a JWK set, got from the bus beforehand and never from beside the statement. Raises
    ``StatementUnsound`` and ``KeyUnusable``.
    """
    known = _key_set(keys)
    try:
        _refuse_second_spelling(compact)
        found = jws.deserialize_compact(compact, known, algorithms=[ALGORITHM])
        statement = msgspec.json.decode(found.payload, type=DayStatement)
    except (JoseError, ValueError) as fault:
        raise StatementUnsound(
            f"it was changed after it was signed, or another has signed it ({fault})"
        ) from fault
    if not statement.adds_up:
        raise StatementUnsound("its sums do not add up")
    return statement


def _refuse_second_spelling(compact: str) -> None:
    """Raise ``ValueError`` where other letters stand for the same bytes, as base64 allows.

    So not one character of a statement can be changed.
    """
    for part in compact.split("."):
        read = urlsafe_b64decode(part + "=" * (-len(part) % 4))
        if urlsafe_b64encode(read).rstrip(b"=") != part.encode():
            raise ValueError("it is not spelt as it was signed")


def new_statement_key() -> str:
    """Return a new key that signs, as a JWK set."""
    key = OKPKey.generate_key(ALGORITHM, {"use": "sig"}, private=True, auto_kid=True)
    return msgspec.json.encode({"keys": [key.as_dict(private=True)]}).decode()


def _key_set(keys: str) -> KeySet:
    try:
        rows = msgspec.json.decode(keys, type=PublishedKeys).keys
        found = [OKPKey.import_key({**row}) for row in rows]
        for key in found:
            key.ensure_kid()
    except (JoseError, ValueError, KeyError, TypeError) as fault:
        raise KeyUnusable(f"this is no JWK set of Ed25519 keys: {fault}") from fault
    if any(key.curve_name != ALGORITHM for key in found):
        raise KeyUnusable(f"a key of statements is of the curve {ALGORITHM}")
    return KeySet([*found])
