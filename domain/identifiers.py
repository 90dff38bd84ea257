"""Who a customer is: identifiers in one canonical form each, and how far each can be trusted."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

import idna
import phonenumbers

from domain.errors import Malformed
from domain.turn_text import normalise

_EMAIL = re.compile(
    r"(?P<local>[^\s@<>()\[\],;:\\\"]{1,64})@(?P<host>[^\s@<>()\[\],;:\\\"]{1,253})"
)
_HOST_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_BSUID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{4,131}")
_SINGLE_DOT = re.compile(r"(?<!\.)\.(?!\.)")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_OLD_MEXICAN = re.compile(r"\+521(\d{10})$")
_OLD_BRAZILIAN = re.compile(r"\+55(\d\d)([689]\d{7})$")
_WHATSAPP_PREFIX = re.compile(r"\A\s*whatsapp:\s*", re.IGNORECASE)
_PASTED_EDGES = "\u200b\u200e\u200f\u2060\ufeff"
"""Invisible characters that come along when an address is copied from a page or a chat."""

_LONGEST_WRITTEN = 700
"""Twice the longest address, for accents written as characters of their own."""

_GMAIL_HOSTS = frozenset({"gmail.com", "googlemail.com"})
_YANDEX_HOSTS = frozenset(
    {"yandex.ru", "yandex.com", "yandex.by", "yandex.kz", "yandex.ua", "ya.ru"}
)
_PLUS_TAG_HOSTS = _GMAIL_HOSTS | {
    "fastmail.com",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "mac.com",
    "me.com",
    "outlook.com",
    "pm.me",
    "proton.me",
    "protonmail.com",
}
"""Mail hosts that document that `name+anything` is the mailbox of `name`."""


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
    """The mailbox behind an address: NFC, lower case, host in IDNA 2008 form.

    Where the mail host documents that several spellings are one mailbox, they become one: dots,
    +tags and googlemail.com at Gmail, +tags at Outlook, iCloud, Proton and Fastmail, Yandex's
    domains. A reply to the canonical address always arrives. Everywhere else dots and tags stay,
    Yahoo's -keywords too (their base name is no address of its own): a wrong merge of two people
    costs more than a missed one. Repeated and trailing dots, which the standard forbids, pass: some
    Japanese mail hosts gave such addresses out. Raises Malformed.
    """
    if len(address) > _LONGEST_WRITTEN:
        raise _no_email("is not a valid e-mail address")
    text = normalise(address, "NFC").strip().strip(_PASTED_EDGES).strip().lower()
    match = _EMAIL.fullmatch(text)
    if match is None or not all(map(_is_visible, text)):
        raise _no_email("is not a valid e-mail address")
    local, host = match["local"], _normalise_host(match["host"])
    if local.startswith("."):
        raise _no_email("is not a valid e-mail address")
    if host in _PLUS_TAG_HOSTS:
        local = local.split("+", 1)[0]
    if host in _GMAIL_HOSTS:
        local, host = _SINGLE_DOT.sub("", local), "gmail.com"
    if host in _YANDEX_HOSTS:
        host = "yandex.ru"
    if not local:
        raise _no_email("is not a valid e-mail address")
    return f"{local}@{host}"


def _is_visible(character: str) -> bool:
    """False for control, format and surrogate characters: NUL, zero-width and direction marks."""
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs"}


def _normalise_host(host: str) -> str:
    """ASCII form of a host name. IDNA 2008 keeps `straße` apart from `strasse`; 2003 merged them."""
    host = host.removesuffix(".")
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise _no_email("has no valid host name") from error
    labels = host.split(".")
    if len(labels) < 2 or not all(_HOST_LABEL.fullmatch(label) for label in labels):
        raise _no_email("has no valid host name")
    return host


def _no_email(why: str) -> Malformed:
    return Malformed("not an e-mail address", {"email": why})


def normalise_phone(number: str, region: str | None = None) -> str:
    """E.164 of a number in any form; `region` (ISO 3166 code) reads a number without country code.

    An extension is left out: the line is what a message reaches. Raises Malformed where the number
    is not possible in its country.
    """
    parsed = _parse_phone(number, region)
    if parsed is None or not phonenumbers.is_possible_number(parsed):
        raise Malformed("not a phone number", {"phone": "is not a phone number"})
    return _e164(parsed)


def identify_phone(number: str, assurance: Assurance) -> Identifier:
    """A phone by the key under which WhatsApp attests it, from a number with country code.

    Mexican and Brazilian mobile numbers, which people and WhatsApp still write in the form that their
    country gave up, get today's. Raises Malformed.
    """
    parsed = _parse_phone(number, None)
    written = number if parsed is None else _e164(parsed)
    modern = _OLD_BRAZILIAN.sub(r"+55\g<1>9\2", _OLD_MEXICAN.sub(r"+52\1", written))
    return Identifier(IdentifierKind.PHONE, normalise_phone(modern), assurance)


def _parse_phone(number: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    if len(number) > _LONGEST_WRITTEN:
        return None
    text = normalise(number, "NFKC").strip().strip(_PASTED_EDGES)
    encodings = [(text, region.upper() if region else None)]
    if text.startswith("00"):
        encodings.append((f"+{text[2:]}", None))
    for reading in encodings:
        try:
            parsed = phonenumbers.parse(*reading)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(parsed) or reading is encodings[-1]:
            return parsed
    return None


def _e164(parsed: phonenumbers.PhoneNumber) -> str:
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def identify_whatsapp(address: str, assurance: Assurance) -> Identifier:
    """Read `whatsapp:+E164` as a phone, `whatsapp:<BSUID>` as a WhatsApp id. Raises Malformed.

    A bare number without its plus sign is WhatsApp's own `WaId`, which always has a country code. A
    number that WhatsApp attests exists, even in a range that our plans do not know yet.
    """
    bare = _WHATSAPP_PREFIX.sub("", address, count=1).strip()
    if bare.startswith("+") or bare.isdigit():
        number = bare if bare.startswith("+") else f"+{bare}"
        try:
            return identify_phone(number, assurance)
        except Malformed:
            if not (assurance.is_proven and _E164.fullmatch(number)):
                raise
        return Identifier(IdentifierKind.PHONE, number, assurance)
    if not _BSUID.fullmatch(bare):
        raise Malformed(
            "not a WhatsApp sender", {"From": "is neither a phone number nor a user id"}
        )
    return Identifier(IdentifierKind.WHATSAPP, bare, assurance)


def identify_email(address: str, assurance: Assurance) -> Identifier:
    """Raises Malformed."""
    return Identifier(IdentifierKind.EMAIL, normalise_email(address), assurance)
