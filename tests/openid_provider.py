"""An OpenID provider for tests, as a process: the code flow with PKCE, and how it can be bad.

``python -m tests.openid_provider PORT CLIENT SECRET``. ``POST /be`` makes it bad in one way until
it is told otherwise; what it does otherwise is what RFC 6749, RFC 7636 and OpenID Connect ask for.
"""

from __future__ import annotations

import hmac
import json
import secrets
import sys
import time
from base64 import b64encode, urlsafe_b64encode
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

import uvicorn
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

HOST: Final = "127.0.0.1"
LASTS_S: Final = 3600
SHORT_S: Final = 20
"""Less than what clocks may differ by; three times as long is more."""

PERSON: Final = {"sub": "4711", "preferred_username": "wang", "roles": ["credit-ops"]}


class Provider:
    """The provider's keys, who it says is there, and the codes that it has given out."""

    def __init__(self, port: int, client: str, secret: str) -> None:
        self.issuer = f"http://{HOST}:{port}"
        self.client, self.secret = client, secret
        self.key: RSAKey | ECKey = RSAKey.generate_key(2048, {"kid": "first"})
        self.codes: dict[str, dict[str, str]] = {}
        self.bad = ""
        self.person: dict[str, Any] = dict(PERSON)

    def token(self, nonce: str) -> str:
        """Return an identity token, wrong in the way that was asked for."""
        now = int(time.time())  # noqa: TID251 - a provider has a clock of its own
        claims = {
            **self.person,
            "iss": self.issuer,
            "aud": self.client,
            "iat": now,
            "exp": now + LASTS_S,
            "nonce": nonce,
        }
        wrong: dict[str, dict[str, Any]] = {
            "issuer": {"iss": "https://elsewhere.example"},
            "audience": {"aud": "another-client"},
            "audiences": {"aud": [self.client, "another-client"]},
            "expired": {"iat": now - 2 * LASTS_S, "exp": now - LASTS_S},
            "nonce": {"nonce": secrets.token_urlsafe()},
            "no_nonce": {"nonce": None},
            "no_expiry": {"exp": None},
            "no_issued": {"iat": None},
            "no_subject": {"sub": None},
            "for_another": {"aud": [self.client, "another-client"], "azp": "another-client"},
            "for_several": {"aud": [self.client, "another-client"], "azp": self.client},
            "just_over": {"exp": now - SHORT_S},
            "over": {"exp": now - 3 * SHORT_S},
            "ahead": {"iat": now + SHORT_S},
            "far_ahead": {"iat": now + 3 * SHORT_S},
        }
        claims = {
            name: value
            for name, value in (claims | wrong.get(self.bad, {})).items()
            if value is not None
        }
        kid, algorithm = str(self.key.kid), "ES256" if self.key.key_type == "EC" else "RS256"
        if self.bad == "foreign_key":
            foreign = RSAKey.generate_key(2048, {"kid": kid})
            return jwt.encode({"alg": "RS256", "kid": kid}, claims, foreign)
        signed = jwt.encode({"alg": algorithm, "kid": kid}, claims, self.key)
        payload = signed.split(".")[1]
        if self.bad == "unsigned":
            return f"{_part({'alg': 'none', 'kid': kid})}.{payload}."
        if self.bad == "symmetric":
            # The old confusion: the public key taken for a shared secret.
            begun = f"{_part({'alg': 'HS256', 'kid': kid})}.{payload}"
            public = self.key.as_pem(private=False)
            mark = hmac.digest(public, begun.encode(), "sha256")
            return f"{begun}.{urlsafe_b64encode(mark).rstrip(b'=').decode()}"
        return signed

    def authorize(self, stated: dict[str, str]) -> Response:
        """Send a browser back with a code: whoever comes here is logged in already."""
        if (
            stated.get("client_id") != self.client
            or stated.get("response_type") != "code"
            or stated.get("code_challenge_method") != "S256"
            or "openid" not in stated.get("scope", "").split()
        ):
            return JSONResponse({"error": "invalid_request"}, 400)
        told = {"state": stated["state"], "iss": self.issuer}
        if self.bad == "answers_as_another":
            told["iss"] = "https://elsewhere.example"
        if self.bad == "denied":
            told["error"] = "access_denied"
        else:
            told["code"] = secrets.token_urlsafe()
            self.codes[told["code"]] = stated
        return RedirectResponse(f"{stated['redirect_uri']}?{urlencode(told)}", 302)

    def exchange(self, given: dict[str, str], authorization: str) -> Response:
        """Return the tokens for a code, once, to who knows secret, verifier and address."""
        # Both written as in a form: RFC 6749, 2.3.1.
        login = f"{quote_plus(self.client)}:{quote_plus(self.secret)}"
        known = b64encode(login.encode()).decode()
        asked = self.codes.pop(given.get("code", ""), None)
        if self.bad == "token_down":
            return JSONResponse({}, 500)
        # One without a secret says in the form who it is: RFC 6749, 3.2.1.
        is_public = self.bad == "public" and not authorization
        is_named = is_public and given.get("client_id") == self.client
        if authorization != f"Basic {known}" and not is_named:
            return JSONResponse({"error": "invalid_client"}, 401)
        challenge = create_s256_code_challenge(given.get("code_verifier", ""))
        if (
            asked is None
            or given.get("grant_type") != "authorization_code"
            or given.get("redirect_uri") != asked["redirect_uri"]
            or challenge != asked["code_challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        told = {"access_token": "opaque", "token_type": "Bearer", "expires_in": LASTS_S}
        if self.bad != "no_identity_token":
            told["id_token"] = self.token(asked.get("nonce", ""))
        return JSONResponse(told)


def _part(content: dict[str, str]) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def build(provider: Provider) -> FastAPI:
    """Return the provider's site."""
    app = FastAPI()

    @app.get("/.well-known/openid-configuration")
    async def discovery() -> dict[str, str]:
        return {
            "issuer": provider.issuer,
            "authorization_endpoint": f"{provider.issuer}/authorize",
            "token_endpoint": f"{provider.issuer}/token",
            "jwks_uri": f"{provider.issuer}/keys",
        }

    @app.get("/keys")
    async def keys() -> dict[str, Any]:
        return {"keys": [provider.key.as_dict(private=False)]}

    @app.get("/authorize")
    async def authorize(asked: Request) -> Response:
        return provider.authorize(dict(asked.query_params))

    @app.post("/token")
    async def token(asked: Request) -> Response:
        form = {name: str(value) for name, value in (await asked.form()).items()}
        return provider.exchange(form, asked.headers.get("Authorization", ""))

    @app.post("/be")
    async def be(bad: str = "", roles: str = "credit-ops", name: str = "wang") -> None:
        provider.bad = bad
        several = roles.split()
        kinds = {"roles": several, "realm": {"roles": several}, "role": roles}
        provider.person = {**PERSON, "preferred_username": name, **kinds}
        if bad == "new_key":
            provider.key = ECKey.generate_key("P-256", {"kid": secrets.token_hex(4)})

    return app


def main() -> None:
    """Run the provider until it is told to stop."""
    port, client, secret = sys.argv[1:]
    app = build(Provider(int(port), client, secret))
    uvicorn.run(app, host=HOST, port=int(port), log_level="error")


if __name__ == "__main__":
    main()
