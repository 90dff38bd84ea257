"""Tells whether a sentence asks the customer for a secret, in some thirty languages."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from domain.words import fold

_UPPER_CASE = re.compile(
    r"\b(?:PIN|TAN|CVV2?|CVC2?|OTP|MFA|2FA)\b(?![- ]?(?:code|codes)? (?:is|are|stays|remains)\b)"
)
"""In small letters some of them are ordinary words."""
_PHRASES = "secret_requests.txt"


def asks_for_secret(sentence: str) -> str | None:
    """Return the secret that a sentence asks for; None if it asks for none.

    A sentence that names a secret asks for it if it says to whom to give it, or which one it is. In doubt it
    asks.
    """
    plain = fold(sentence)
    secrets, asks = _patterns()
    secret = secrets.search(plain) or _UPPER_CASE.search(sentence)
    if secret is None:
        return None
    rest = plain.replace(secret.group().casefold(), " ", 1)
    return secret.group() if asks.search(rest) else None


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    parts: dict[str, list[str]] = {}
    for line in (files(__package__) / _PHRASES).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            current = parts.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            # Folded as the text is: Japanese and Korean letters fall apart.
            current.append(fold(line))
    return _any(parts["secrets"]), _any(parts["asks"])


def _any(phrases: list[str]) -> re.Pattern[str]:
    """Match one of them; words of scripts without spaces anywhere, others as whole words."""
    spaced = [phrase for phrase in phrases if not _WITHOUT_SPACES.search(phrase)]
    others = [phrase for phrase in phrases if _WITHOUT_SPACES.search(phrase)]
    return re.compile("|".join([rf"\b(?:{'|'.join(spaced)})\b", *others]))


_WITHOUT_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u1100-\u11ff\uac00-\ud7af\u0e00-\u0e7f]")
