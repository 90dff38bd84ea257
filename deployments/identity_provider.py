"""Signs staff in through an OpenID Connect provider: authorisation code with PKCE, state and nonce, by authlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.starlette_client import OAuth
from joserfc.errors import JoseError

from deployments.settings import Settings
from domain.errors import Malformed, SignInRefusal, SignInRefused
from domain.staff_accounts import Identity, checked_email, role_from_claims
from sandbox.limited_answers import limiting_hooks

CALLBACK = "/api/v1/staff/oidc/callback"
_LIMIT_S = 10.0
_LONGEST_NAME = 60
_SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")  # fmt: skip
"""Made with a private key: a provider that announces `none` or a shared secret is not believed."""


@dataclass(frozen=True, slots=True)
class StartedSignIn:
    """What the browser keeps until it comes back from the provider."""

    url: str
    state: str
    nonce: str
    verifier: str


class IdentityProvider:
    """The provider of the settings; its description and its keys are read when they are first needed."""

    def __init__(self, settings: Settings) -> None:
        self._issuer = settings.oidc_issuer.rstrip("/")
        self._client_id = settings.oidc_client_id
        self._secret = settings.oidc_client_secret.get_secret_value()
        self._claim = settings.oidc_role_claim
        self._roles = settings.oidc_role_names
        self._callback = settings.base_url + CALLBACK
        self.label = (
            settings.oidc_name or urlsplit(self._issuer).hostname or "your company's account"
        )

    @cached_property
    def _client(self) -> Any:
        # authlib names no types of its own.
        return OAuth().register(
            "staff",
            client_id=self._client_id,
            client_secret=self._secret,
            server_metadata_url=f"{self._issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid profile email",
                "code_challenge_method": "S256",
                "timeout": _LIMIT_S,
                "event_hooks": limiting_hooks(),
            },
        )

    async def start(self) -> StartedSignIn:
        """Begin a sign-in. Raises SignInRefused if the provider does not answer."""
        await self._describe()
        started = await self._client.create_authorization_url(self._callback)
        return StartedSignIn(
            started["url"], started["state"], started["nonce"], started["code_verifier"]
        )

    async def finish(self, code: str, nonce: str, verifier: str) -> Identity:
        """Return who signed in.

        Raises:
            SignInRefused: The provider does not answer, refuses the code, or its ID token is not for this sign-in.
        """
        await self._describe()
        try:
            token = await self._client.fetch_access_token(
                redirect_uri=self._callback, code=code, code_verifier=verifier
            )
            claims = await self._client.parse_id_token(
                token, nonce=nonce, claims_options=self._expected()
            )
            if claims is None:
                raise _failed("gave no ID token")
            return self._identity(await self._with_userinfo(claims, token))
        except (OAuthError, JoseError, ValueError, KeyError) as error:
            raise _failed("gave an answer that can't be verified") from error
        except httpx2.HTTPError as error:
            raise _away() from error

    async def problems(self) -> Sequence[str]:
        """Return what keeps staff from signing in, in words for an administrator."""
        try:
            described = await self._describe()
            keys = await self._client.fetch_jwk_set()
        except SignInRefused:
            return [
                f"{self._issuer} does not answer as an OpenID Connect provider: check OIDC_ISSUER, DNS and the"
                f" certificate. {self._issuer}/.well-known/openid-configuration has to be readable from here."
            ]
        except (httpx2.HTTPError, RuntimeError, ValueError):
            return [f"{self._issuer} names no keys that can be read."]
        problems = []
        if described.get("issuer", "").rstrip("/") != self._issuer:
            problems.append(
                f"OIDC_ISSUER is {self._issuer}, but the provider calls itself {described.get('issuer')}:"
                " write it the same way."
            )
        if not keys.get("keys"):
            problems.append(f"{self._issuer} publishes no signing keys.")
        return problems

    def _expected(self) -> dict[str, dict[str, object]]:
        # authlib hands this on to checks that take out of it: one for each token.
        return {
            "iss": {"essential": True, "values": [self._issuer, f"{self._issuer}/"]},
            "aud": {"essential": True, "value": self._client_id},
        }

    async def _describe(self) -> dict[str, Any]:
        try:
            described: dict[str, Any] = await self._client.load_server_metadata()
        except (httpx2.HTTPError, ValueError) as error:
            raise _away() from error
        offered = described.get("id_token_signing_alg_values_supported") or ["RS256"]
        described["id_token_signing_alg_values_supported"] = [
            name for name in offered if name in _SIGNATURES
        ]
        return described

    async def _with_userinfo(self, claims: Mapping[str, Any], token: Any) -> Mapping[str, Any]:
        """Add what the provider tells at its userinfo endpoint alone."""
        described = await self._describe()
        if self._claim.partition(".")[0] in claims or self._claim in claims:
            return claims
        if "userinfo_endpoint" not in described:
            return claims
        told = await self._client.userinfo(token=token)
        if told.get("sub") != claims["sub"]:
            raise _failed("tells of two people")
        return {**told, **claims}

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        try:
            email = checked_email(str(claims.get("email") or ""))
        except Malformed:
            email = None
        names = (claims.get("name"), claims.get("preferred_username"), email, claims["sub"])
        name = next(str(one) for one in names if one)
        return Identity(
            issuer=self._issuer,
            subject=str(claims["sub"]),
            name="".join(one for one in name if one.isprintable())[:_LONGEST_NAME],
            email=email,
            role=role_from_claims(claims, self._claim, self._roles),
        )


def _failed(what: str) -> SignInRefused:
    return SignInRefused(f"The identity provider {what}: sign in again.", SignInRefusal.FAILED)


def _away() -> SignInRefused:
    return SignInRefused(
        "The identity provider does not answer just now; please try again.", SignInRefusal.AWAY
    )
