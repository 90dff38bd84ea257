"""Pub/Sub's push: is it from Google and meant for us, and which mailbox has news?

The token's rules: https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import re
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta

import httplib2
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from google.auth import jwt
from google.auth.exceptions import GoogleAuthError

from channels.gmail.settings import GOOGLE_CERTS_URL, GmailSettings
from domain.errors import ConfigurationError, Malformed, NotAuthentic, ProviderUnavailable

_ISSUERS = frozenset({"https://accounts.google.com", "accounts.google.com"})
_CLOCK_SKEW_SECONDS = 30
_MAX_TOKEN_CHARS = 8192
_DEFAULT_MAX_AGE = timedelta(minutes=5)
_LONGEST_MAX_AGE = timedelta(hours=24)
_MAX_AGE = re.compile(r"max-age=(\d{1,9})")


@dataclass(frozen=True, slots=True)
class PushNotification:
    """All that a push says: which mailbox changed, and up to where. Never what changed."""

    email_address: str
    history_id: int


class PushVerifier:
    """Checks the OIDC token of a push. Raises ConfigurationError where it could not fail closed."""

    def __init__(
        self, settings: GmailSettings, refetch_pause: timedelta = timedelta(seconds=10)
    ) -> None:
        """A token that names an unknown key has the keys fetched again, once in `refetch_pause`."""
        if not settings.pubsub_audience or not settings.pubsub_service_account:
            raise ConfigurationError(
                "GMAIL_PUBSUB_AUDIENCE and GMAIL_PUBSUB_SERVICE_ACCOUNT are needed to check pushes"
            )
        self._audience = settings.pubsub_audience
        self._service_account = settings.pubsub_service_account.lower()
        self._keys = _KeyRing(
            settings.pubsub_certs_url or GOOGLE_CERTS_URL, settings.timeout, refetch_pause
        )

    async def verify(self, authorization: str | None) -> None:
        """`authorization` is the header's value. Raises NotAuthentic.

        Raises ProviderUnavailable while the keys can't be had: the push must then be tried again.
        """
        token = _bearer_token(authorization)
        try:
            header = jwt.decode_header(token)
        except (GoogleAuthError, ValueError) as error:
            raise NotAuthentic("the token can't be read") from error
        key_id = header.get("kid")
        if header.get("alg") != "RS256" or not isinstance(key_id, str):
            raise NotAuthentic("the token is not signed in the way of Google's")
        key = await self._keys.find(key_id)
        if key is None:
            raise NotAuthentic("the token is signed with a key that is not Google's")
        try:
            claims = jwt.decode(
                token,
                certs={key_id: key},
                audience=self._audience,
                clock_skew_in_seconds=_CLOCK_SKEW_SECONDS,
            )
        except (GoogleAuthError, ValueError, TypeError) as error:
            raise NotAuthentic("signature, audience or expiry of the token is wrong") from error
        self._check_claims(claims)

    def _check_claims(self, claims: Mapping[str, object]) -> None:
        if claims.get("iss") not in _ISSUERS:
            raise NotAuthentic("the token is not issued by Google")
        if str(claims.get("email", "")).lower() != self._service_account:
            raise NotAuthentic("the token is for another service account")
        if claims.get("email_verified") is not True:
            raise NotAuthentic("the service account's address is not verified")


def parse_push(body: bytes) -> PushNotification:
    """Read a Pub/Sub push envelope whose data is Gmail's JSON. Raises Malformed."""
    try:
        envelope = json.loads(body)
        data = envelope["message"]["data"]
        padded = data + "=" * (-len(data) % 4)
        payload = json.loads(
            base64.b64decode(padded, altchars=b"-_" if "-" in data or "_" in data else None)
        )
        address, history_id = payload["emailAddress"], int(payload["historyId"])
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        binascii.Error,
        RecursionError,
    ) as error:
        raise Malformed("not a Gmail push", {"message": "is not a Gmail notification"}) from error
    if not isinstance(address, str) or "@" not in address or history_id <= 0:
        raise Malformed("not a Gmail push", {"message.data": "names no mailbox or history id"})
    return PushNotification(address, history_id)


def _bearer_token(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > _MAX_TOKEN_CHARS:
        raise NotAuthentic("no bearer token")
    return token


class _KeyRing:
    """Google's public keys by id, kept as long as their Cache-Control says."""

    def __init__(self, url: str, timeout: timedelta, refetch_pause: timedelta) -> None:
        self._url = url
        self._timeout = timeout.total_seconds()
        self._refetch_pause = refetch_pause.total_seconds()
        self._keys: dict[str, bytes] = {}
        self._fresh_until = 0.0
        self._fetched_at = float("-inf")
        self._lock = asyncio.Lock()

    async def find(self, key_id: str) -> bytes | None:
        """The key in PEM, None where there is none of that id. Raises ProviderUnavailable."""
        if not self._needs_fetch(key_id):
            return self._keys.get(key_id)
        async with self._lock:
            if self._needs_fetch(key_id):
                self._keys, max_age = await asyncio.to_thread(self._fetch)
                self._fetched_at = time.monotonic()
                self._fresh_until = self._fetched_at + max_age.total_seconds()
        return self._keys.get(key_id)

    def _needs_fetch(self, key_id: str) -> bool:
        now = time.monotonic()
        if now >= self._fresh_until:
            return True
        return key_id not in self._keys and now - self._fetched_at > self._refetch_pause

    def _fetch(self) -> tuple[dict[str, bytes], timedelta]:
        try:
            with closing(httplib2.Http(timeout=self._timeout)) as transport:
                response, content = transport.request(self._url)
        except (OSError, httplib2.HttpLib2Error) as error:
            raise ProviderUnavailable("the keys of Pub/Sub's tokens can't be fetched") from error
        if response.status != 200:
            raise ProviderUnavailable(f"the keys' address answered {response.status}")
        try:
            keys = _read_keys(json.loads(content))
        except (ValueError, KeyError, TypeError, AttributeError, UnsupportedAlgorithm) as error:
            raise ProviderUnavailable("the keys' address holds no keys") from error
        match = _MAX_AGE.search(response.get("cache-control", ""))
        max_age = timedelta(seconds=int(match[1])) if match else _DEFAULT_MAX_AGE
        return keys, min(max_age, _LONGEST_MAX_AGE)


def _read_keys(document: Mapping[str, object]) -> dict[str, bytes]:
    """Both forms that Google publishes: {kid: PEM certificate}, or a JWK set (RFC 7517)."""
    jwks = document.get("keys")
    if not isinstance(jwks, list):
        return {key_id: str(pem).encode("ascii") for key_id, pem in document.items()}
    return {
        str(jwk["kid"]): RSAPublicNumbers(e=_number(jwk["e"]), n=_number(jwk["n"]))
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        for jwk in jwks
        if jwk.get("kty") == "RSA"
    }


def _number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")
