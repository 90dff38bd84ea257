"""Verifies that a Pub/Sub push is Google's and meant for us, and reads which mailbox changed.

The token's rules: https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import load_pem_x509_certificate
from jwt.algorithms import RSAAlgorithm

from channels.gmail.settings import GOOGLE_CERTS_URL, GmailSettings
from domain.errors import ConfigurationError, Malformed, NotAuthentic, ProviderUnavailable

_ISSUERS = frozenset({"https://accounts.google.com", "accounts.google.com"})
_ALGORITHMS = ["RS256"]
_CLOCK_SKEW = timedelta(seconds=30)
_MAX_TOKEN_CHARS = 8192
_KEYS_LIFESPAN = timedelta(hours=1)
"""A key that Google withdrew is accepted this long at most."""
_MAX_KEYS_BYTES = 256 * 1024
_LARGEST_HISTORY_ID = 2**63 - 1
"""What fits into a bigint of the database; Gmail's numbers are far below."""


@dataclass(frozen=True, slots=True)
class PushNotification:
    """Which mailbox changed, and up to which history id; a push never tells what changed."""

    email_address: str
    history_id: int


class PushVerifier:
    """Checks the OIDC token of a push. Raises ConfigurationError if it could not reject a forged one."""

    def __init__(
        self, settings: GmailSettings, refetch_pause: timedelta = timedelta(minutes=1)
    ) -> None:
        """An unknown key in a token causes a new fetch of the keys, at most once per `refetch_pause`."""
        if not settings.pubsub_audience or not settings.pubsub_service_account:
            raise ConfigurationError(
                "GMAIL_PUBSUB_AUDIENCE and GMAIL_PUBSUB_SERVICE_ACCOUNT are needed to check pushes"
            )
        self._audience = settings.pubsub_audience
        self._service_account = settings.pubsub_service_account.lower()
        self._keys = _GoogleKeys(
            settings.pubsub_certs_url or GOOGLE_CERTS_URL, settings.timeout, refetch_pause
        )
        self._one_fetch = asyncio.Lock()

    async def verify(self, authorization: str | None) -> None:
        """Check the value of the Authorization header.

        Raises:
            NotAuthentic: The push is not Google's or not for us.
            ProviderUnavailable: The keys can't be fetched; the push must be tried again.
        """
        token = _bearer_token(authorization)
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.InvalidTokenError, RecursionError) as error:
            raise NotAuthentic("the token can't be read") from error
        key_id = header.get("kid")
        if header.get("alg") not in _ALGORITHMS or not isinstance(key_id, str):
            raise NotAuthentic("the token is not signed in the way of Google's")
        key = await self._find_key(key_id)
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=_ALGORITHMS,
                audience=self._audience,
                issuer=_ISSUERS,
                leeway=_CLOCK_SKEW,
                options={"require": ["aud", "exp", "iat", "iss"], "strict_aud": True},
            )
        except jwt.InvalidTokenError as error:
            raise NotAuthentic(
                "signature, audience, issuer or expiry of the token is wrong"
            ) from error
        self._check_claims(claims)

    async def _find_key(self, key_id: str) -> jwt.PyJWK:
        """Fetch keys on one thread at most, so that a slow server does not take all threads."""
        async with self._one_fetch:
            try:
                return await asyncio.to_thread(self._keys.get_signing_key, key_id)
            except jwt.PyJWKSetError as error:
                raise ProviderUnavailable("the keys' address holds no keys") from error
            except jwt.PyJWKClientError as error:
                raise NotAuthentic("the token is signed with a key that is not Google's") from error

    def _check_claims(self, claims: Mapping[str, object]) -> None:
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
        address, history_id = payload["emailAddress"], _read_history_id(payload["historyId"])
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        binascii.Error,
        RecursionError,
    ) as error:
        raise Malformed("not a Gmail push", {"message": "is not a Gmail notification"}) from error
    if not isinstance(address, str) or "@" not in address or history_id is None:
        raise Malformed("not a Gmail push", {"message.data": "names no mailbox or history id"})
    return PushNotification(address, history_id)


def _read_history_id(value: object) -> int | None:
    """Return Gmail's number, sent as text or as a number; None for what can't be one."""
    if not isinstance(value, int | str) or isinstance(value, bool) or len(str(value)) > 20:
        return None
    number = int(value)
    return number if 0 < number <= _LARGEST_HISTORY_ID else None


def _bearer_token(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > _MAX_TOKEN_CHARS:
        raise NotAuthentic("no bearer token")
    return token


class _GoogleKeys(jwt.PyJWKClient):
    """Fetches Google's public keys within limits, in either form that Google publishes."""

    def __init__(self, url: str, timeout: timedelta, refetch_pause: timedelta) -> None:
        try:
            super().__init__(
                url,
                lifespan=_KEYS_LIFESPAN.total_seconds(),
                timeout=timeout.total_seconds(),
                cooldown_duration=0,
            )
        except jwt.PyJWKClientError as error:
            raise ConfigurationError("GMAIL_PUBSUB_CERTS_URL must be an http(s) address") from error
        self._refetch_pause = refetch_pause.total_seconds()
        self._asked_at = float("-inf")

    def get_jwk_set(self, refresh: bool = False) -> jwt.PyJWKSet:
        """Fetch again for an unknown key at most once per pause, failed fetches included.

        PyJWKClient's own cooldown counts only the fetches that succeed.
        """
        may_refresh = time.monotonic() - self._asked_at > self._refetch_pause
        return super().get_jwk_set(refresh and may_refresh)

    def fetch_data(self) -> dict[str, Any]:
        """Fetch the key set. Raises ProviderUnavailable.

        PyJWKClient's own fetch reads an answer of any length for any time.
        """
        self._asked_at = time.monotonic()
        try:
            document = json.loads(self._read())
            return document if "keys" in document else _jwk_set(document)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderUnavailable("the keys of Pub/Sub's tokens can't be fetched") from error
        except (
            ValueError,
            TypeError,
            AttributeError,
            RecursionError,
            UnsupportedAlgorithm,
        ) as error:
            raise ProviderUnavailable("the keys' address holds no keys") from error

    def _read(self) -> bytes:
        content = b""
        # A compressed answer could expand beyond the limit.
        headers = {"Accept-Encoding": "identity"}
        with httpx.stream("GET", self.uri, headers=headers, timeout=self.timeout) as response:
            if response.status_code != httpx.codes.OK:
                raise ProviderUnavailable(f"the keys' address answered {response.status_code}")
            for part in response.iter_raw():
                content += part
                if len(content) > _MAX_KEYS_BYTES:
                    raise ProviderUnavailable("the keys' address answered with too much")
                if time.monotonic() - self._asked_at > self.timeout:
                    raise ProviderUnavailable("the keys' address answered too slowly")
        return content


def _jwk_set(certificates: Mapping[str, str]) -> dict[str, Any]:
    """Return the key set (RFC 7517) of {key id: PEM certificate}."""
    keys = []
    for key_id, pem in certificates.items():
        key = load_pem_x509_certificate(pem.encode()).public_key()
        if isinstance(key, RSAPublicKey):
            keys.append({**RSAAlgorithm.to_jwk(key, as_dict=True), "kid": key_id})
    return {"keys": keys}
