"""Finds the hosts that a text names or disguises, by the public suffix list."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from tld import get_tld

from domain.turn_text import normalise

_URL = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]{0,30}:)?//[^\s<>()\[\]\"'“”]+|\bwww\.[^\s<>()\[\]\"'“”]+", re.IGNORECASE
)
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NAME = re.compile(r"(?<![@\w.-])\w(?:[\w-]*\w)?(?:\.\w(?:[\w-]*\w)?)+")
_DOTS = str.maketrans(dict.fromkeys("。．｡․‧·•∙⋅", "."))
_HIDDEN = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_HXXP = re.compile(r"\bh(?:xx|tt|\*\*)ps?\s?(?::|\[:\])\s?/\s?/", re.IGNORECASE)
_BRACKETED_DOT = re.compile(
    r"\s?[\[({<]\s?(?:\.|dot|punkt|punto|point)\s?[\])}>]\s?", re.IGNORECASE
)
_SPELLED_DOT = re.compile(
    r"(?<=\w)\s?(?:\bdot\b|\bpunkt\b|\bpunto\b)\s?(?=(?:com|net|org|info|io|co|de|eu|uk|fr|es|app|dev|"
    r"support|online|shop|site|xyz|ru|cn|me|link|click|example)\b)",
    re.IGNORECASE,
)


def unmask(text: str) -> str:
    """Return a text with disguised links written plainly: full-width letters, other dots, hxxp, "dot"."""
    plain = normalise(_HIDDEN.sub("", text), "NFKC").translate(_DOTS)
    plain = _HXXP.sub(
        lambda found: "https://" if "s" in found.group().lower() else "http://", plain
    )
    return _SPELLED_DOT.sub(".", _BRACKETED_DOT.sub(".", plain))


def hosts(text: str) -> set[str]:
    """Return the hosts of a text's links, and every bare name that ends in a public suffix, in lower case."""
    plain = unmask(text)
    found: set[str] = set()
    for url in _URL.findall(plain):
        full = url if "//" in url else f"//{url}"
        try:
            host = urlsplit(full.rstrip(".,;:!?")).hostname
        except ValueError:
            host = None
        found.add((host or url).lower())
    for name in _NAME.findall(_URL.sub(" ", _MAIL.sub(" ", plain))):
        if _is_host(name):
            found.add(name.lower())
    return found


def _is_host(name: str) -> bool:
    """Whether a name ends in a top-level domain; a number, an abbreviation or a file's name does not."""
    last = name.rpartition(".")[2]
    if len(last) < 2 or last.isdigit():
        return False
    if last.lower() == "example":
        return True
    known = get_tld(name.lower(), fix_protocol=True, fail_silently=True, search_private=False)
    return known is not None


def is_allowed(host: str, allowed: set[str]) -> bool:
    """Return whether a host is one of `allowed` or a subdomain of one."""
    return any(host == domain or host.endswith(f".{domain}") for domain in allowed)
