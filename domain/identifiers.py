"""Normalises customers' identifiers and tells how far each can be trusted."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum

import idna
import phonenumbers

from domain.errors import Malformed
from domain.turn_text import normalise

_EMAIL = re.compile(
    r"\A(?P<local>[^\s@<>()\[\],;:\\\"]{1,250})@(?P<host>[^\s@<>()\[\],;:\\\"]{1,253})"
)
_HOST_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_BSUID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{4,131}")
_SINGLE_DOT = re.compile(r"(?<!\.)\.(?!\.)")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_OLD_MEXICAN = re.compile(r"\+521(\d{10})$")
_ARGENTINE_WITHOUT_9 = re.compile(r"\+54([1-8]\d{9})$")
"""Area and number of ten digits belong to one line, which abroad is dialled with 9 if it is a mobile."""
_OLD_BRAZILIAN = re.compile(r"\+55(\d\d)([689]\d{7})$")
_WHATSAPP_PREFIX = re.compile(r"\A\s*whatsapp:\s*", re.IGNORECASE)
_PASTED_EDGES = "\u200b\u200e\u200f\u2060\ufeff"
"""Invisible characters that are copied with an address from a page or chat."""

_LONGEST_WRITTEN = 700
"""Twice the longest address, since decomposed accents are separate characters."""

_LONGEST_LOCAL = 64
RELAYED_LOCAL = 250
"""Marketplaces and group mailers encode an address in the part before the @, and mail hosts deliver it."""
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
    """What an identifier is."""

    EMAIL = "email"
    PHONE = "phone"
    WHATSAPP = "whatsapp"
    """A WhatsApp user id (BSUID), if the user hides the phone number."""


class Assurance(StrEnum):
    """How we know that the sender owns the identifier, weakest first."""

    CLAIMED = "claimed"
    """Entered into a form and not checked."""
    PROVIDER_ATTESTED = "provider_attested"
    """The provider authenticated the sender (Twilio's webhook, mail that passed Gmail)."""
    VERIFIED = "verified"
    """Staff, or a link that we sent there, confirmed it."""

    @property
    def is_proven(self) -> bool:
        """Whether more than the sender's claim supports it."""
        return self is not Assurance.CLAIMED


@dataclass(frozen=True, slots=True)
class Identifier:
    """An address by which a customer is known."""

    kind: IdentifierKind
    value: str
    """Canonical: all spellings of an address have the same value."""
    assurance: Assurance
    address: str = field(default="", compare=False)
    """As the provider wrote it, where a reply has to go there; empty for the value itself."""

    @property
    def reachable_at(self) -> str:
        """Where a reply goes."""
        return self.address or self.value


def normalise_email(address: str, longest_local: int = _LONGEST_LOCAL) -> str:
    """Normalise an e-mail address to its mailbox: NFC, lower case, host in IDNA 2008 form.

    Spellings that a mail host documents as the same mailbox become equal: dots, +tags and
    googlemail.com at Gmail, +tags at Outlook, iCloud, Proton and Fastmail, Yandex's domains. A reply
    to the canonical address always arrives. Elsewhere dots and tags stay, as do Yahoo's -keywords
    (their base name is no address): a wrong merge of two people costs more than a missed one.
    Repeated and trailing dots, which the standard forbids, are accepted, since some Japanese mail
    hosts issued such addresses. Raises Malformed.
    """
    if len(address) > _LONGEST_WRITTEN:
        raise _no_email("is not a valid e-mail address")
    text = normalise(address, "NFC").strip().strip(_PASTED_EDGES).strip().lower()
    match = _EMAIL.fullmatch(text)
    if match is None or len(match["local"]) > longest_local or not all(map(_is_visible, text)):
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
    """Return the ASCII form of a host name. IDNA 2008 distinguishes `straße` from `strasse`."""
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
    """Normalise a phone number to E.164, without its extension.

    `region` (ISO 3166 code) is the country of a number without country code. Raises Malformed if the
    number is not possible in its country.
    """
    parsed = _parse_phone(number, region)
    if parsed is None or not phonenumbers.is_possible_number(parsed):
        raise Malformed("not a phone number", {"phone": "is not a phone number"})
    return _e164(parsed)


def identify_phone(number: str, assurance: Assurance) -> Identifier:
    """Make the identifier of a phone number with country code, in the form that WhatsApp attests.

    Mexican and Brazilian mobile numbers in their country's old form, which people and WhatsApp still use,
    get the current form, and Argentine numbers the 9 of a mobile. Raises Malformed.
    """
    parsed = _parse_phone(number, None)
    written = number if parsed is None else _e164(parsed)
    modern = _OLD_BRAZILIAN.sub(r"+55\g<1>9\2", _OLD_MEXICAN.sub(r"+52\1", written))
    modern = _ARGENTINE_WITHOUT_9.sub(r"+549\1", modern)
    return Identifier(IdentifierKind.PHONE, normalise_phone(modern), assurance)


def _parse_phone(number: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    if len(number) > _LONGEST_WRITTEN:
        return None
    text = normalise(number, "NFKC").strip().strip(_PASTED_EDGES)
    spellings = [(text, region.upper() if region else None)]
    if text.startswith("00"):
        spellings.append((f"+{text[2:]}", None))
    for spelling in spellings:
        try:
            parsed = phonenumbers.parse(*spelling)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(parsed) or spelling is spellings[-1]:
            return parsed
    return None


def _e164(parsed: phonenumbers.PhoneNumber) -> str:
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def identify_whatsapp(address: str, assurance: Assurance) -> Identifier:
    """Read `whatsapp:+E164` as a phone and `whatsapp:<BSUID>` as a WhatsApp id. Raises Malformed.

    A number without plus sign is WhatsApp's `WaId`, which always has a country code. A number that
    WhatsApp attests is accepted even if our numbering plans don't know its range.
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


def identify_email(
    address: str, assurance: Assurance, longest_local: int = _LONGEST_LOCAL
) -> Identifier:
    """Make the identifier of an e-mail address.

    `longest_local` is how many characters may stand before the @. Raises Malformed.
    """
    return Identifier(IdentifierKind.EMAIL, normalise_email(address, longest_local), assurance)
