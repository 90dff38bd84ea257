"""Issues access tokens, and OIDC tokens with published keys, as Google does."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

ISSUER = "https://accounts.google.com"
LIFETIME = timedelta(hours=1)


class SigningKey:
    """An RSA key that is published as a PEM certificate or a JWK."""

    def __init__(self) -> None:
        self.key_id = secrets.token_hex(20)
        self._private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gmail-stand-in")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .sign(self._private, hashes.SHA256())
        )
        self.certificate = certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")

    def jwk(self) -> dict[str, str]:
        """Return the public key as a JWK."""
        numbers = self._private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "alg": "RS256",
            "use": "sig",
            "kid": self.key_id,
            "n": _encode(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
            "e": _encode(numbers.e.to_bytes(3, "big")),
        }

    def sign(
        self, claims: Mapping[str, object], key_id: str | None = None, **header_members: object
    ) -> str:
        """A JWT over `claims`; `key_id` names another key than the one that signs."""
        header = {"alg": "RS256", "kid": key_id or self.key_id, "typ": "JWT", **header_members}
        signed = ".".join(_encode(json.dumps(part).encode()) for part in (header, dict(claims)))
        signature = self._private.sign(signed.encode("ascii"), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_encode(signature)}"


def push_claims(audience: str, service_account: str, **changes: object) -> dict[str, object]:
    """Return the claims of a push token; a change to None removes the claim."""
    now = int(time.time())
    claims: dict[str, object] = {
        "aud": audience,
        "azp": "113774264463038321964",
        "email": service_account,
        "email_verified": True,
        "exp": now + int(LIFETIME.total_seconds()),
        "iat": now,
        "iss": ISSUER,
        "sub": "113774264463038321964",
    }
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}


class AccessTokens:
    """The access tokens of OAuth's token endpoint, valid for an hour."""

    def __init__(self) -> None:
        self._expiry: dict[str, float] = {}

    def issue(self) -> str:
        """Return a new access token."""
        token = f"ya29.{secrets.token_urlsafe(32)}"
        self._expiry[token] = time.time() + LIFETIME.total_seconds()
        return token

    def accepts(self, authorization: str | None) -> bool:
        """Tell whether the Authorization header holds a valid token."""
        scheme, _, token = (authorization or "").partition(" ")
        return scheme.lower() == "bearer" and self._expiry.get(token, 0.0) > time.time()

    def revoke_all(self) -> None:
        """Revoke every token."""
        self._expiry.clear()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
