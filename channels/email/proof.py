"""Checks whether the mailbox's provider confirmed the sender's domain (RFC 8601, RFC 7489)."""

from __future__ import annotations

import re

from channels.email.hosts import host_of
from channels.email.mime import ParsedMail

_RESULT = re.compile(r"(?:^|;)\s*(dmarc|dkim|spf)\s*=\s*(\w+)([^;]*)", re.IGNORECASE)
_DMARC_DOMAIN = re.compile(r"header\.from=@?([\w.-]+)", re.IGNORECASE)
_DKIM_DOMAIN = re.compile(r"header\.(?:d|i)=@?([\w.-]+)", re.IGNORECASE)
_SPF_DOMAIN = re.compile(r"(?<![^\s;])smtp\.mailfrom=(?:[^\s;@]*@)?([\w.-]+)", re.IGNORECASE)


def is_authenticated(mail: ParsedMail, authserv_id: str) -> bool:
    """Return whether the provider named `authserv_id` confirmed the sender's domain for this mail.

    Only the provider's own, topmost Authentication-Results count, since a sender can write others below it.
    A mail without them (inserted by API, or moved between accounts) is unproven, and so is one whose
    From domain it read differently. Quotes and comments are removed, as they repeat the sender's words.
    """
    if not has_findings(mail, authserv_id):
        return False
    _, _, findings = remove_comments(mail.header("authentication-results") or "").partition(";")
    domain = host_of(mail.sender)
    verdicts = [(m[0].lower(), m[1].lower(), m[2]) for m in _RESULT.findall(findings)]
    for method, verdict, properties in verdicts:
        if method == "dmarc" and verdict != "none":
            seen = _DMARC_DOMAIN.search(properties)
            return verdict == "pass" and seen is not None and seen[1].lower() == domain
    for method, verdict, properties in verdicts:
        pattern = {"dkim": _DKIM_DOMAIN, "spf": _SPF_DOMAIN}.get(method)
        found = pattern.search(properties) if pattern and verdict == "pass" else None
        if found and is_aligned(found[1].lower(), domain):
            return True
    return False


def has_findings(mail: ParsedMail, authserv_id: str) -> bool:
    """Return whether the topmost Authentication-Results are of the server that we trust."""
    results = remove_comments(mail.header("authentication-results") or "")
    named = results.partition(";")[0].split()[:1]
    return bool(authserv_id) and [name.lower() for name in named] == [authserv_id.lower()]


def remove_comments(value: str) -> str:
    """Remove comments, which nest (RFC 5322, 3.2.2), and quoted strings; one without an end takes the rest."""
    kept: list[str] = []
    depth = 0
    is_quoted = is_escaped = False
    for character in value:
        if is_escaped:
            is_escaped = False
        elif character == "\\" and (depth or is_quoted):
            is_escaped = True
        elif is_quoted:
            is_quoted = character != '"'
        elif character == "(":
            depth += 1
        elif character == ")" and depth:
            depth -= 1
        elif depth == 0 and character == '"':
            is_quoted = True
        elif depth == 0:
            kept.append(character)
    return "".join(kept)


def is_aligned(signing: str, domain: str) -> bool:
    """Return whether the domains are equal or one is the other's subdomain (relaxed alignment)."""
    if "." not in signing:
        return False
    return signing == domain or domain.endswith(f".{signing}") or signing.endswith(f".{domain}")
