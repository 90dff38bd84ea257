"""Tells whether a sentence asks the customer for a secret, in some thirty languages."""

from __future__ import annotations

import re
from functools import cache

from agent.phrases import any_phrase, read_phrases
from domain.words import fold

_UPPER_CASE = re.compile(
    r"\b(?:PIN|TAN|CVV2?|CVC2?|OTP|MFA|2FA)\b(?![- ]?(?:code|codes)? (?:is|are|stays|remains)\b)"
)
"""In small letters some of them are ordinary words."""


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
    # Folded as the text is: Japanese and Korean letters fall apart.
    parts = {
        name: any_phrase([fold(phrase) for phrase in phrases])
        for name, phrases in read_phrases("secret_requests.txt").items()
    }
    return parts["secrets"], parts["asks"]
