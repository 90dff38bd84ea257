"""Finds passwords, codes, card numbers and keys that a customer sent, and masks them."""

from __future__ import annotations

import re
from collections.abc import Iterator

MASK = "••••••"
"""Stands for what was masked."""

_CARD = re.compile(r"(?<![\w+.,-])(?:\d[ -]?){12,18}\d(?![\w-])")
_IBAN_BEFORE = re.compile(r"\b[A-Z]{2}\d{2}[ A-Z0-9]{0,40}\Z")
_LONGEST_IBAN = 44
_KEY = re.compile(
    r"(?<![\w-])(?:sk-[A-Za-z0-9_-]{16,200}|sk_(?:live|test)_[A-Za-z0-9]{10,200}|AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}|"
    r"gh[pousr]_[A-Za-z0-9]{20,200}|github_pat_[A-Za-z0-9_]{20,200}|glpat-[A-Za-z0-9_-]{16,200}|"
    r"xox[abprs]-[A-Za-z0-9-]{10,200}|AIza[A-Za-z0-9_-]{30,60}|SG\.[A-Za-z0-9_-]{16,60}\.[A-Za-z0-9_-]{16,80}|"
    r"eyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{5,2000})(?![\w-])"
)
_IS = (
    r"[^\S\n]{0,3}(?:(?:is|was|are|it's|=|:|：|ist|lautet|war|es|era|est|etait|était|é|è|sono|são|sao|luidt|->|=>)"
    r"[^\S\n]{0,3}[:=：]?[^\S\n]{1,3}|[:=：][^\S\n]{0,3}|(?<=\w)['’]s[^\S\n]{1,3})"
)
_PASSWORD = re.compile(
    r"(?<!\w)(?:pass ?words?|passphrase|passwd|pwd|pw|passwort|passwörter|kennwort|losung|contraseña|contrasena|clave|"
    r"mots? de passe|mdp|code secret|senha|palavra-passe|wachtwoord|paswoord|parola d'ordine)"
    r"(?:[^\S\n](?:now|still|currently|jetzt|ahora|maintenant|ora|agora|nu|actual|"
    r"for \w{1,20}|de \w{1,20}|für \w{1,20}))?" + _IS + r"(?P<secret>[\"'“„«]?\S{4,120})",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"(?<!\w)(?:2fa|two[- ]?factor|otp|one[- ]?time|verification|security|auth(?:entication|enticator)?|"
    r"log[- ]?in|sign[- ]?in|"
    r"sms|tan|pin|cvv|cvc|confirmation|backup|recovery|zwei-faktor|sicherheits\w{0,12}|bestätigungs\w{0,12}|einmal\w{0,12}|"
    r"anmelde\w{0,12}|verificación|verificacion|seguridad|vérification|sécurité|confirmation|verifica|sicurezza|verificação|"
    r"segurança|verificatie\w{0,8}|beveiligings\w{0,8})"
    r"(?:[^\S\n-]{0,2}-?(?:code|codes|pin|tan|number|token|password|passcode))?"
    + _IS
    + r"(?P<secret>\d(?:[ -]?\d){2,7})(?![\w-]|[.,]\d)",
    re.IGNORECASE,
)
_CODE_OF = re.compile(
    r"(?<!\w)(?:code|código|codigo|codice|koden)[^\S\n](?:de|di|da|of|voor|für|pour|para|por|per)[^\S\n]"
    r"(?:vérification|verification|sécurité|securite|verificación|verificacion|seguridad|verifica|sicurezza|verificação|"
    r"verificacao|segurança|seguranca|sms|2fa|confirmation|confirmación|conferma|confirmação)"
    + _IS
    + r"(?P<secret>\d(?:[ -]?\d){2,7})(?![\w-]|[.,]\d)",
    re.IGNORECASE,
)
_BARE_CODE = re.compile(
    r"(?<!error )(?<!status )(?<!zip )(?<!postal )(?<!post )(?<!country )(?<!area )(?<!promo )(?<!discount )(?<!\w)"
    r"(?:code|código|codigo|codice)" + _IS + r"(?P<secret>\d(?:[ -]?\d){5})(?![\w-]|[.,]\d)",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"(?<!\w)(?:tan|pin|otp|cvv|cvc)[^\S\n](?P<secret>\d{3,8})(?![\w-]|[.,]\d)", re.IGNORECASE
)
_EDGES = "\"'“”„«»,;)("


def mask_secrets(text: str) -> str:
    """Return the text with each secret replaced by MASK; an IBAN, a phone or ticket number is none."""
    spans = sorted(_spans(text))
    if not spans:
        return text
    pieces: list[str] = []
    at = 0
    for start, end in spans:
        if start >= at:
            pieces += [text[at:start], MASK]
        at = max(at, end)
    return "".join([*pieces, text[at:]])


def has_secret(text: str) -> bool:
    """Whether the text holds a secret, masked or not."""
    return MASK in text or mask_secrets(text) != text


def _spans(text: str) -> Iterator[tuple[int, int]]:
    for found in _KEY.finditer(text):
        yield found.span()
    for found in _CARD.finditer(text):
        digits = [int(character) for character in found[0] if character.isdecimal()]
        before = text[max(0, found.start() - _LONGEST_IBAN) : found.start()]
        if (
            digits[0] in (2, 3, 4, 5, 6)
            and _passes_luhn(digits)
            and not _IBAN_BEFORE.search(before)
        ):
            yield found.span()
    for found in _PASSWORD.finditer(text):
        word = found["secret"].strip(_EDGES).rstrip(".?")
        is_quoted = found["secret"][:1] in "\"'“„«"
        if len(word) >= 4 and (is_quoted or _looks_made_up(word)):
            start = found.start("secret") + found["secret"].index(word)
            yield start, start + len(word)
    for pattern in (_CODE, _CODE_OF, _BARE_CODE, _SAID):
        for found in pattern.finditer(text):
            yield found.span("secret")


def _looks_made_up(word: str) -> bool:
    """Whether a word has what a language's words have not: a figure, a sign or a capital inside."""
    if "://" in word or word.startswith(MASK):
        return False
    inner = word.rstrip("!")
    has_sign = any(not character.isalnum() and character not in "-'’" for character in inner)
    has_capital = any(character.isupper() for character in inner[1:]) and not inner.isupper()
    return any(character.isdecimal() for character in word) or has_sign or has_capital


def _passes_luhn(digits: list[int]) -> bool:
    doubled = [
        digit if place % 2 == 0 else sum(divmod(2 * digit, 10))
        for place, digit in enumerate(reversed(digits))
    ]
    return len(set(digits)) > 1 and sum(doubled) % 10 == 0
