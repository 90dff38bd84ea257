"""Defines a staff member's account, the keys that open it and the sessions of its owner."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.errors import Malformed
from domain.principals import Principal, Role

_KEY = re.compile(r"staff_([0-9a-f]{16})_[A-Za-z0-9_-]{43}")
_NAME_LENGTH = 80
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}\.[^\s@]{1,63}")


@dataclass(frozen=True, slots=True)
class StaffAccount:
    """Who may call the staff API, by a key or through the identity provider."""

    id: UUID
    name: str
    email: str | None
    role: Role
    issuer: str | None
    """The identity provider that vouches for its owner; None for an account with a key."""
    created_at: datetime
    last_seen_at: datetime | None
    withdrawn_at: datetime | None

    @property
    def principal(self) -> Principal:
        """The account as a caller."""
        return Principal(self.name, self.role, self.id)


@dataclass(frozen=True, slots=True)
class SealedKey:
    """What is stored of an account's key.

    A key holds 256 random bits, so no one can find it by trying and a slow hash would only delay each call. The
    digest is keyed with a salt of its own: equal digests say nothing, and no table of them helps.
    """

    lookup: str
    """The public part of the key, by which its row is found."""
    salt: bytes
    digest: bytes

    @classmethod
    def of(cls, key: str) -> SealedKey:
        """Seal a key that `make_key` made."""
        salt = secrets.token_bytes(16)
        return cls(lookup_of(key) or "", salt, _digest(key, salt))

    def opens(self, key: str) -> bool:
        """Tell, in constant time, whether `key` is the sealed one."""
        return hmac.compare_digest(self.digest, _digest(key, self.salt))


def make_key() -> str:
    """Draw a new key."""
    return f"staff_{secrets.token_hex(8)}_{secrets.token_urlsafe(32)}"


def lookup_of(key: str) -> str | None:
    """Return the public part of a key; None if it has not the form of an account's key."""
    found = _KEY.fullmatch(key)
    return found[1] if found is not None else None


def _digest(key: str, salt: bytes) -> bytes:
    return hmac.digest(salt, key.encode(), hashlib.sha256)


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session of the console lasts."""

    idle: timedelta = timedelta(hours=1)
    """Without any call; an open page calls by itself."""
    absolute: timedelta = timedelta(hours=12)
    """From the sign-in on, whatever happens."""


@dataclass(frozen=True, slots=True)
class StaffSession:
    """A sign-in to the console: of an account, or of the holder of a key of the settings."""

    is_open: bool
    account: StaffAccount | None
    key_proof: bytes | None
    """Without an account: what `prove` made of the key and the session's token."""


def make_token() -> str:
    """Draw the secret of a new session."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> bytes:
    """Return what is stored of a session's token, which is as random as a key."""
    return hashlib.sha256(token.encode()).digest()


def prove(token: str, key: str) -> bytes:
    """Bind a session to a key of the settings, so that it ends with the key; of no use without the token."""
    return hmac.digest(token.encode(), key.encode(), hashlib.sha256)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed in at the identity provider, by its ID token."""

    issuer: str
    subject: str
    name: str
    email: str | None
    role: Role | None
    """None if no value of the role claim is a role here."""


def role_from_claims(
    claims: Mapping[str, object], claim: str, roles: Mapping[str, Role]
) -> Role | None:
    """Return the highest role that a claim grants, or None.

    Args:
        claims: Of the ID token.
        claim: The name of the role claim; with dots, a path into nested claims where no claim has the whole name.
        roles: Role by a value of the claim, in lower case; a role's own name means itself.
    """
    if claim == "email" and claims.get("email_verified") is not True:
        return None
    value: object = claims.get(claim)
    if claim not in claims:
        value = claims
        for part in claim.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    values = value if isinstance(value, list) else [value]
    known = {role.value: role for role in Role} | dict(roles)
    granted = [known[text] for text in (str(one).lower() for one in values) if text in known]
    return max(granted, key=list(Role).index, default=None)


def checked_name(name: str) -> str:
    """Return an account's name without surrounding space. Raises Malformed."""
    text = " ".join(name.split())
    if not text or len(text) > _NAME_LENGTH or not text.isprintable():
        why = f"must have 1 to {_NAME_LENGTH} characters that can be printed"
        raise Malformed("no name for an account", {"name": why})
    return text


def checked_email(email: str | None) -> str | None:
    """Return an account's address in lower case; None for none. Raises Malformed."""
    text = (email or "").strip().lower()
    if text and (len(text) > 320 or not _EMAIL.fullmatch(text)):
        raise Malformed("no address", {"email": "is not an e-mail address"})
    return text or None
