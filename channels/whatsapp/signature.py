"""Verifies X-Twilio-Signature of webhooks against our own public address."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from urllib.parse import urlsplit

from pydantic import SecretStr
from twilio.request_validator import RequestValidator

from channels.whatsapp.fields import read_fields
from domain.errors import ConfigurationError, Malformed, NotAuthentic

_DEFAULT_PORTS = {"https": 443, "http": 80}


class TwilioSignature:
    """Verifies webhooks with any of several auth tokens, so that a token can be rotated.

    The signed URL is built from the configured public address, since a proxy or an attacker may
    change the request's headers. Raises ConfigurationError for an empty token, which Twilio's
    validator would accept.
    """

    def __init__(self, auth_tokens: Sequence[SecretStr], public_base_url: str) -> None:
        tokens = [token.get_secret_value().strip() for token in auth_tokens]
        if not tokens or not all(tokens):
            raise ConfigurationError("TWILIO_AUTH_TOKEN is empty: no webhook could be verified")
        parts = urlsplit(public_base_url)
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
            raise ConfigurationError("PUBLIC_BASE_URL must be an http or https address")
        self._validators = [_make_validator(token) for token in tokens]
        self._base_urls = _with_and_without_port(public_base_url.rstrip("/"))

    def verify(self, path: str, body: bytes, signature: str | None) -> None:
        """Check a signature; `path` is the route's, with its query string if any. Raises NotAuthentic.

        All tokens and forms of the URL are compared in constant time, so that the time tells nothing.
        """
        if not signature:
            raise NotAuthentic("the webhook has no signature")
        try:
            fields = read_fields(body)
        except Malformed as error:
            raise NotAuthentic("the webhook's body can't be what Twilio signed") from error
        given = signature.strip().encode("utf-8", errors="replace")
        is_valid = False
        for validator in self._validators:
            for base_url in self._base_urls:
                expected = str(validator.compute_signature(base_url + path, fields))
                is_valid |= hmac.compare_digest(expected.encode("ascii"), given)
        if not is_valid:
            raise NotAuthentic("the webhook's signature is wrong")


def _make_validator(token: str) -> RequestValidator:
    return RequestValidator(token)


def _with_and_without_port(base_url: str) -> list[str]:
    """Return the URL in both forms that Twilio signs, whatever the console says."""
    parts = urlsplit(base_url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    with_port = parts._replace(netloc=f"{host}:{parts.port or _DEFAULT_PORTS[parts.scheme]}")
    without_port = parts._replace(netloc=str(host))
    return list(dict.fromkeys([base_url, with_port.geturl(), without_port.geturl()]))
