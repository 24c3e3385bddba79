"""OpenID: somebody logs in with the organisation's account, and a claim says in which role.

The authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636). What comes back is
believed only when it answers what this browser was sent away with (state, nonce, verifier), is
signed by one of the provider's keys, was made by that issuer for this client, and has not run out.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit

import httpx
import msgspec
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from creditbus.console.staff import StaffRole
from creditbus.runtime.clock import Clock
from creditbus.runtime.settings import SettingMissing, Settings

AWAY: Final = "/login/openid"
BACK: Final = "/login/openid/back"
COOKIE: Final = "creditbus_openid"
KEPT: Final = 1000
GOOD_FOR: Final = timedelta(minutes=10)
"""How long somebody may take at the provider."""

LEEWAY_S: Final = 30
"""How far the provider's clock may be from ours."""

_BOUND_S: Final = 10.0
_SIGNED_BY: Final = ["RS256", "PS256", "ES256"]
_NAME_CHARACTERS: Final = 80
_DISCOVERY: Final = "/.well-known/openid-configuration"


class NotBelieved(Exception):
    """What came back from the provider is not to be believed; the sentence is for the log."""


class Departure(msgspec.Struct, frozen=True):
    """What one browser was sent away with, and where it wants to go."""

    nonce: str
    verifier: str
    to: str
    begun_at: datetime


class Somebody(msgspec.Struct, frozen=True):
    """Who the provider says came: a name for the record, and the role that a claim gives."""

    name: str
    role: StaffRole


class Provider(msgspec.Struct, frozen=True):
    """What a provider says of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class _Told(msgspec.Struct, frozen=True):
    """What the provider gives for a code; the access token is for nothing that is done here."""

    id_token: str


class OpenIdLogin:
    """Sends browsers to the provider, and takes those who come back."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        _refuse_unsafe(settings)
        self._settings, self._clock = settings, clock
        self._departures: dict[str, Departure] = {}
        self._provider: Provider | None = None
        self._keys: KeySet | None = None

    @property
    def is_on(self) -> bool:
        """Whether a provider is named."""
        return bool(self._settings.openid_issuer)

    async def send_away(self, back: str, to: str) -> tuple[str, str]:
        """Return the provider's address for one browser, and the state that it must bring back.

        Raises ``NotBelieved`` and ``httpx.HTTPError``.
        """
        provider, now = await self._known(), self._clock.now()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        self._departures = {
            name: each for name, each in self._departures.items() if now - each.begun_at < GOOD_FOR
        }
        while len(self._departures) >= KEPT:
            self._departures.pop(next(iter(self._departures)))
        self._departures[state] = Departure(nonce, verifier, to, now)
        asked = {
            "response_type": "code",
            "client_id": self._settings.openid_client,
            "redirect_uri": back,
            "scope": "openid profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        return add_params_to_uri(provider.authorization_endpoint, list(asked.items())), state

    async def take_back(
        self, back: str, stated: Mapping[str, str], kept_state: str
    ) -> tuple[Somebody, str]:
        """Return who has come back, and where he or she wants to go.

        ``kept_state`` is what this browser was sent away with. Raises ``NotBelieved`` and
        ``httpx.HTTPError``.
        """
        state = stated.get("state", "")
        if not kept_state or not secrets.compare_digest(state.encode(), kept_state.encode()):
            raise NotBelieved("the state is not the one that this browser was sent away with")
        # Once: whoever brings it a second time has copied it.
        departure = self._departures.pop(state, None)
        if departure is None or self._clock.now() - departure.begun_at >= GOOD_FOR:
            raise NotBelieved("nobody was sent away with this state, or too long ago")
        if "code" not in stated:
            raise NotBelieved(f"the provider says {stated.get('error', 'nothing')}")
        provider = await self._known()
        if stated.get("iss", provider.issuer) != provider.issuer:
            raise NotBelieved("another issuer answers")  # RFC 9207
        token = await self._token(provider, stated["code"], departure.verifier, back)
        return self._somebody(await self._claims(provider, token, departure.nonce)), departure.to

    async def _token(self, provider: Provider, code: str, verifier: str, back: str) -> str:
        """Return the identity token for a code."""
        client, secret = self._settings.openid_client, self._settings.openid_secret
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": verifier,
        }
        if not secret:
            asked["client_id"] = client
        # As forms are written: RFC 6749, 2.3.1.
        login = (quote_plus(client), quote_plus(secret))
        async with httpx.AsyncClient(timeout=_BOUND_S, auth=login if secret else None) as caller:
            answer = await caller.post(provider.token_endpoint, data=asked)
        if answer.is_server_error:
            answer.raise_for_status()
        try:
            return msgspec.json.decode(answer.content, type=_Told).id_token
        except msgspec.DecodeError as fault:
            raise NotBelieved(
                f"the provider gives no identity token ({answer.status_code})"
            ) from fault

    async def _known(self) -> Provider:
        """Return what the provider says of itself, asked once."""
        if self._provider is None:
            issuer = self._settings.openid_issuer.rstrip("/")
            content = await _got(issuer + _DISCOVERY)
            try:
                found = msgspec.json.decode(content, type=Provider)
            except msgspec.DecodeError as fault:
                raise NotBelieved(f"{issuer} describes no provider: {fault}") from fault
            if found.issuer.rstrip("/") != issuer:
                raise NotBelieved(f"{issuer} says that it is {found.issuer}")
            self._provider = found
        return self._provider

    async def _claims(self, provider: Provider, token: str, nonce: str) -> dict[str, Any]:
        """Return what the identity token says, once everything in it is as it must be."""
        claims = await self._signed(provider, token)
        client = self._settings.openid_client
        audience = claims.get("aud")
        several = isinstance(audience, list) and len(audience) > 1
        now = int(self._clock.now().timestamp())
        registry = jwt.JWTClaimsRegistry(
            now=now,
            leeway=LEEWAY_S,
            iss={"essential": True, "value": provider.issuer},
            aud={"essential": True, "value": client},
            azp={"essential": several, "value": client},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
            sub={"essential": True},
        )
        try:
            registry.validate(claims)
        except JoseError as fault:
            raise NotBelieved(f"the identity token: {fault}") from fault
        return claims

    async def _signed(self, provider: Provider, text: str) -> dict[str, Any]:
        """Return the claims of a token that one of the provider's keys has signed."""
        for is_fresh in (False, True):
            # A provider changes its keys; an unknown one is looked for once more.
            if self._keys is None or is_fresh:
                self._keys = _keys(await _got(provider.jwks_uri))
            try:
                return dict(jwt.decode(text, self._keys, algorithms=_SIGNED_BY).claims)
            except (JoseError, ValueError) as fault:
                if is_fresh:
                    raise NotBelieved(
                        f"the identity token is not the provider's: {fault}"
                    ) from fault
        raise AssertionError

    def _somebody(self, claims: Mapping[str, Any]) -> Somebody:
        """Return who it is; whoever has no role here is nobody."""
        found: Any = claims
        for part in self._settings.openid_role_claim.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        stated = [found] if isinstance(found, str) else found if isinstance(found, list) else []
        roles = {self._settings.openid_roles.get(str(each)) for each in stated}
        name = " ".join(str(claims.get("preferred_username") or claims["sub"]).split())
        role = next((each for each in reversed(StaffRole) if each.value in roles), None)
        if role is None or not name:
            claim = self._settings.openid_role_claim
            raise NotBelieved(f"{name} has no role here: the claim {claim} names none")
        return Somebody(name[:_NAME_CHARACTERS], role)


def _refuse_unsafe(settings: Settings) -> None:
    """Raise ``SettingMissing`` for a provider that could not be believed whatever it says."""
    issuer = urlsplit(settings.openid_issuer)
    if not settings.openid_issuer:
        return
    is_here = issuer.hostname in {"127.0.0.1", "localhost", "::1"}
    if issuer.scheme != "https" and not (issuer.scheme == "http" and is_here):
        raise SettingMissing(
            "set CREDITBUS_OPENID_ISSUER to an https:// address: whoever stands between may be"
            " anybody otherwise"
        )
    if not settings.openid_client:
        raise SettingMissing("set CREDITBUS_OPENID_CLIENT to what the provider calls the console")


def _keys(content: bytes) -> KeySet:
    try:
        return KeySet.import_key_set(msgspec.json.decode(content))
    except (msgspec.DecodeError, JoseError, KeyError, TypeError, ValueError) as fault:
        raise NotBelieved(f"the provider's keys cannot be read: {fault}") from fault


async def _got(address: str) -> bytes:
    async with httpx.AsyncClient(timeout=_BOUND_S) as client:
        answer = await client.get(address)
        answer.raise_for_status()
        return answer.content
