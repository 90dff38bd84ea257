"""Finds personal data in a text and removes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple


class PersonalData(NamedTuple):
    """A span of personal data in a text."""

    kind: str
    start: int
    end: int


_NAME = r"[A-ZÀ-ÖØ-Þ][\w'’-]{1,40}"
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("e-mail address", re.compile(r"(?<![\w.+-])[\w.+-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)+")),
    (
        "secret",
        re.compile(
            r"\b(?:sk|pk|rk|ghp|gho|xox[abps]|whsec|AKIA)[-_]?[A-Za-z0-9_-]{10,}"
            r"|(?:password|passwort|passcode|pin|token|api key|secret)\s*(?:is|was|:|=|to)\s*[\"'`]?"
            r"(?=\S{0,80}[\d!#$%&*_])[^\s\"'`,]{4,}"
            r"|(?<![\w-])(?=[A-Za-z0-9_-]*\d)(?=[A-Za-z0-9_-]*[A-Za-z])[A-Za-z0-9_-]{20,}\b"
            # Alternating letters and figures: codes, serials, document numbers.
            r"|(?<![\w-])(?=[\w-]{8,})\d*[-_]?(?:[A-Za-z]+[-_]?\d+[-_]?){2,}[A-Za-z]*(?![\w-])"
            r"|(?<![\w-])(?=[\w-]*[A-Z])(?=(?:[\w-]*\d){3})[A-Z0-9]{3,}(?:-[A-Z0-9]{3,}){2,}(?![\w-])",
            re.IGNORECASE,
        ),
    ),
    ("address of a page", re.compile(r"https?://[^\s?]{1,300}\?[^\s=]{0,300}=[^\s\d]{0,300}\d\S*")),
    ("bank account", re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?\b")),
    (
        "reference number",
        re.compile(
            r"\bTKT-[0-9A-Z]{6,}\b|(?<!\w)#\s?\d{3,}\b"
            r"|\b(?:orders?|invoices?|tickets?|cases?|bookings?|customers?|accounts?|references?|ref|contracts?|"
            r"licen[cs]es?|workspaces?|tenants?|subscriptions?|users?)\s*(?:(?:no\.?|nr\.?|numbers?|ids?|#|:)+\s*)?"
            r"[A-Z]{0,4}-?\d[\d-]{2,}\b",
            re.IGNORECASE,
        ),
    ),
    ("date", re.compile(
        r"\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b"
        r"|\b\d{1,2}(?:st|nd|rd|th)?\s(?:of\s)?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\b"
        r"|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\s\d{1,2}(?:st|nd|rd|th)?\b"
    )),
    (
        "network address",
        re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:[0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}\b", re.IGNORECASE),
    ),
    ("phone or card number", re.compile(r"(?<![\w.])(?:\+|\(?00)?\(?\d(?:[\s()./-]{0,2}\d){6,}(?!\w)")),
    (
        "postal address",
        re.compile(
            rf"\b\d{{1,5}}\s(?:{_NAME}\s){{1,3}}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Drive|Boulevard|Blvd|Square|Way)\b"
            rf"|\b{_NAME}(?:straße|strasse|weg|gasse|platz)\s\d{{1,4}}\b"
        ),
    ),
    (
        "name",
        re.compile(
            rf"\b(?:[Hh]i|[Hh]ello|[Hh]ey|[Dd]ear|[Hh]allo|[Tt]hanks|[Tt]hank you|[Cc]heers),?\s(?!(?:[Tt]here|[Aa]ll|"
            rf"[Tt]eam|[Ee]veryone|[Ff]or|[Ii]f|[Yy]ou)\b){_NAME}"
            rf"|\b(?:Mr|Mrs|Ms|Dr|Herr|Frau|Señora?|Mme|M)\.?\s{_NAME}"
            rf"|\b(?:colleagues?|manager|boss|wife|husband|assistant|admin|administrator|teammate|daughter|son|partner|"
            rf"engineer)s?,?\s(?:is\s|named\s|called\s)?{_NAME}(?:\s{_NAME})?"
            rf"|\b(?:name is|I am|I'm|this is)\s{_NAME}(?:\s{_NAME})?"
        ),
    ),
)  # fmt: skip
_BETWEEN_PARTS = re.compile(r"[\s,.]+")
_SHORTEST_NAME = 3
_NOT_NAMES = frozenset({"the", "and", "for", "you", "can", "may", "will", "our", "sync", "mail"})


def find_personal(text: str, private_words: Sequence[str] = ()) -> list[PersonalData]:
    """Find personal data in order; `private_words` are names and identifiers known from the ticket."""
    found = [
        PersonalData(kind, match.start(), match.end())
        for kind, pattern in _PATTERNS
        for match in pattern.finditer(text)
    ]
    for word in _parts(private_words):
        pattern = re.compile(rf"(?<!\w){re.escape(word)}(?:'s|s')?(?!\w)", re.IGNORECASE)
        found += [
            PersonalData("name", match.start(), match.end())
            for match in pattern.finditer(text)
            # A name that is also a common word counts only if capitalised.
            if word.lower() not in _NOT_NAMES or match.group()[0].isupper()
        ]
    return sorted(found, key=lambda personal: (personal.start, -personal.end))


def scrub(text: str, private_words: Sequence[str] = ()) -> str:
    """Replace personal data by its kind in brackets."""
    parts: list[str] = []
    at = 0
    for found in find_personal(text, private_words):
        if found.start < at:
            continue
        parts += [text[at : found.start], f"[{found.kind}]"]
        at = found.end
    return "".join([*parts, text[at:]])


def _parts(private_words: Sequence[str]) -> set[str]:
    """Return whole names and their parts."""
    whole = {word.strip() for word in private_words if len(word.strip()) >= _SHORTEST_NAME}
    parts = {
        part
        for word in whole
        if "@" not in word
        for part in _BETWEEN_PARTS.split(word)
        if len(part) >= _SHORTEST_NAME and not part.isdigit()
    }
    return whole | parts
