"""Signs outgoing webhooks after the Standard Webhooks specification."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator

_PREFIX = "whsec_"


def signature(secrets: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """Return the header `webhook-signature`: one `v1,` signature for each of the comma-separated secrets.

    A secret is `whsec_` and base64. One without the prefix is read by some libraries as base64 and by others as
    text, so it signs as both.
    """
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    made = [_sign(key, signed) for key in _keys(secrets)]
    return " ".join(dict.fromkeys(made))


def _sign(key: bytes, signed: bytes) -> str:
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode('ascii')}"


def _keys(secrets: str) -> Iterator[bytes]:
    for secret in filter(None, map(str.strip, secrets.split(","))):
        decoded = _decoded(secret.removeprefix(_PREFIX))
        if decoded is not None:
            yield decoded
        if decoded is None or not secret.startswith(_PREFIX):
            yield secret.encode()


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True) or None
    except (binascii.Error, ValueError):
        return None
