"""Rotations: a secret of a bus is replaced, and whoever knew the old one is shut out.

Each is written into ``stack.json`` first or last, so that a broken-off rotation can be done again:
what the bus and its keeper know never falls apart. What processes were started with counts for them
until their next start.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from confluent_kafka.admin import (
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from creditbus.domain.calendar import day_of
from creditbus.runtime.attestations import renewed
from creditbus.runtime.clock import SystemClock
from creditbus.stack.bus import (
    ATTESTATION_KEY,
    new_webhook_secret,
    token_name,
    webhook_secret_name,
)
from creditbus.stack.errors import NotRotated
from creditbus.stack.folder import Folder, StackFile
from creditbus.stack.principals import reached_admin
from creditbus.stack.provision import BOUND_S, SCRAM_ITERATIONS, new_password
from creditbus.stack.tokens import Tokens

TOKENS: Final = ("tokens.json", "http/tokens.json")
"""Where the hashes of the tokens lie: of the local bus, and of a deployment."""


class SecretKind(StrEnum):
    """What can be rotated: ``of`` names whose for the first three."""

    TOKEN = "token"  # noqa: S105 - the kind, not one of them
    LOGIN = "login"
    WEBHOOK = "webhook"
    ATTESTATION = "attestation"
    REDIS = "redis"
    REGISTRY = "registry"


OF_SOMEBODY: Final = frozenset({SecretKind.TOKEN, SecretKind.LOGIN, SecretKind.WEBHOOK})


@dataclass(frozen=True, slots=True)
class Rotations:
    """The rotations of the bus in a folder."""

    folder: Folder

    def rotate(self, kind: SecretKind, of: str = "") -> str:
        """Replace a secret and return the new one; raises ``NotRotated`` with what to do."""
        file = StackFile.load(self.folder.stack_file)
        match kind:
            case SecretKind.TOKEN:
                return self._token(file, of)
            case SecretKind.LOGIN:
                return self._login(file, of)
            case SecretKind.WEBHOOK:
                return self._secret(file, webhook_secret_name(of), new_webhook_secret())
            case SecretKind.ATTESTATION:
                new = renewed(file.secrets.get(ATTESTATION_KEY, ""))
                return self._secret(file, ATTESTATION_KEY, new)
            case SecretKind.REDIS | SecretKind.REGISTRY:
                return self._secret(file, kind.value, new_password())

    def _token(self, file: StackFile, party: str) -> str:
        tokens, today = Tokens(self._tokens()), day_of(SystemClock().now())
        held = tokens.of(party)
        if not held:
            known = ", ".join(sorted(tokens.parties()))
            raise NotRotated(f"{party} has no token; there are those of {known}")
        # Whoever has none that is good today wants one that is: it is not born with an old end.
        good = [row for row in held if row.is_good(today)]
        role, until = (good[-1].role, good[-1].expires_on) if good else (held[-1].role, None)
        token, _ = tokens.give(party, role, today, good_until=until)
        # Told before the old ones end: a token that nobody knows would shut its holder out.
        file.secrets[token_name(party)] = token
        file.save(self.folder.stack_file)
        for row in held:
            if row.revoked_on is None:
                tokens.revoke(party, today, row.id)
        return token

    def _login(self, file: StackFile, principal: str) -> str:
        if principal not in file.credentials:
            known = ", ".join(sorted(file.credentials))
            raise NotRotated(f"{principal} has no login; there are {known}")
        admin = reached_admin(file)
        password = new_password()
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, SCRAM_ITERATIONS)
        upsertion = UserScramCredentialUpsertion(principal, info, password.encode())
        for altered in admin.alter_user_scram_credentials([upsertion]).values():
            altered.result(BOUND_S)
        file.credentials[principal] = password
        file.save(self.folder.stack_file)
        return password

    def _secret(self, file: StackFile, name: str, new: str) -> str:
        if name not in file.secrets:
            prefix = name.partition(" of ")[0]
            known = sorted(each for each in file.secrets if each.startswith(prefix))
            raise NotRotated(f"there is no {name}; there are {', '.join(known) or 'none yet'}")
        file.secrets[name] = new
        file.save(self.folder.stack_file)
        return new

    def _tokens(self) -> Path:
        for name in TOKENS:
            if (self.folder.path / name).exists():
                return self.folder.path / name
        raise NotRotated(f"{self.folder.path} holds no {' and no '.join(TOKENS)}: start it once")
