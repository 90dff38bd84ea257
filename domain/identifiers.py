"""Who a customer is: identifiers in one canonical form each, and how far each can be trusted."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers

from domain.errors import Malformed

_EMAIL = re.compile(
    r"(?P<local>[^\s@<>()\[\],;:\\\"]{1,64})@(?P<host>[^\s@<>()\[\],;:\\\"]{1,253})"
)
_HOST_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_BSUID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{4,127}")


class IdentifierKind(StrEnum):
    EMAIL = "email"
    PHONE = "phone"
    WHATSAPP = "whatsapp"
    """A WhatsApp user id (BSUID) of somebody who hides the phone number."""


class Assurance(StrEnum):
    """How we know that the sender owns the identifier, weakest first."""

    CLAIMED = "claimed"
    """Typed in by whoever filled a form: nobody checked it."""
    PROVIDER_ATTESTED = "provider_attested"
    """The provider authenticated the sender (Twilio's webhook, mail that passed Gmail)."""
    VERIFIED = "verified"
    """A person on our side, or a link that we sent there, confirmed it."""

    @property
    def is_proven(self) -> bool:
        return self is not Assurance.CLAIMED


@dataclass(frozen=True, slots=True)
class Identifier:
    kind: IdentifierKind
    value: str
    """Canonical: the same person writing it differently gives the same value."""
    assurance: Assurance


def normalise_email(address: str) -> str:
    """The address in NFC, casefolded, its host in IDNA form.

    Dots and +tags stay: whether they matter is the mail host's business, and a wrong merge of two
    people costs more than a missed one. Raises Malformed.
    """
    text = unicodedata.normalize("NFC", address.strip()).casefold()
    match = _EMAIL.fullmatch(text)
    if match is None:
        raise Malformed("not an e-mail address", {"email": "is not a valid e-mail address"})
    try:
        host = match["host"].encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise Malformed("not a host name", {"email": "has no valid host name"}) from error
    labels = host.split(".")
    if len(labels) < 2 or not all(_HOST_LABEL.fullmatch(label) for label in labels):
        raise Malformed("not a host name", {"email": "has no valid host name"})
    if match["local"].startswith(".") or match["local"].endswith(".") or ".." in match["local"]:
        raise Malformed("not an e-mail address", {"email": "is not a valid e-mail address"})
    return f"{match['local']}@{host}"


def normalise_phone(number: str, region: str | None = None) -> str:
    """E.164 of a number in any form; `region` (ISO 3166 code) reads a number without country code.

    Raises Malformed where the number is not possible in its country.
    """
    text = unicodedata.normalize("NFKC", number).strip()
    try:
        parsed = phonenumbers.parse(text, region.upper() if region else None)
    except phonenumbers.NumberParseException as error:
        raise Malformed("not a phone number", {"phone": "is not a phone number"}) from error
    if not phonenumbers.is_possible_number(parsed):
        raise Malformed("not a phone number", {"phone": "is not a possible phone number"})
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def identify_whatsapp(address: str, assurance: Assurance) -> Identifier:
    """Read `whatsapp:+E164` as a phone, `whatsapp:<BSUID>` as a WhatsApp id. Raises Malformed."""
    bare = address.strip().removeprefix("whatsapp:").strip()
    if bare.startswith("+") or bare.isdigit():
        number = normalise_phone(bare if bare.startswith("+") else f"+{bare}")
        return Identifier(IdentifierKind.PHONE, number, assurance)
    if not _BSUID.fullmatch(bare):
        raise Malformed(
            "not a WhatsApp sender", {"From": "is neither a phone number nor a user id"}
        )
    return Identifier(IdentifierKind.WHATSAPP, bare, assurance)


def identify_email(address: str, assurance: Assurance) -> Identifier:
    """Raises Malformed."""
    return Identifier(IdentifierKind.EMAIL, normalise_email(address), assurance)
