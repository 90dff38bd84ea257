"""Checks whether the mailbox's provider confirmed the sender's domain (RFC 8601, RFC 7489)."""

from __future__ import annotations

import re

from channels.email.mime import ParsedMail

_RESULT = re.compile(r"(?:^|;)\s*(dmarc|dkim|spf)\s*=\s*(\w+)([^;]*)", re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.?)*+"?', re.DOTALL)
_COMMENT = re.compile(r"\([^()]*\)")
_DMARC_DOMAIN = re.compile(r"header\.from=@?([\w.-]+)", re.IGNORECASE)
_DKIM_DOMAIN = re.compile(r"header\.(?:d|i)=@?([\w.-]+)", re.IGNORECASE)
_SPF_DOMAIN = re.compile(r"(?<![^\s;])smtp\.mailfrom=(?:[^\s;@]*@)?([\w.-]+)", re.IGNORECASE)


def is_authenticated(mail: ParsedMail, authserv_id: str) -> bool:
    """Return whether the provider named `authserv_id` confirmed the sender's domain for this mail.

    Only the provider's own, topmost Authentication-Results count, since a sender can write others below it.
    A mail without them (inserted by API, or moved between accounts) is unproven, and so is one whose
    From domain it read differently. Quotes and comments are removed, as they repeat the sender's words.
    """
    results = mail.header("authentication-results") or ""
    host, _, findings = results.partition(";")
    if host.split()[:1] != [authserv_id]:
        return False
    domain = mail.sender.rpartition("@")[2].lower()
    findings = _COMMENT.sub("", _QUOTED.sub("", findings))
    verdicts = [(m[0].lower(), m[1].lower(), m[2]) for m in _RESULT.findall(findings)]
    for method, verdict, properties in verdicts:
        if method == "dmarc" and verdict != "none":
            seen = _DMARC_DOMAIN.search(properties)
            return verdict == "pass" and seen is not None and seen[1].lower() == domain
    for method, verdict, properties in verdicts:
        pattern = {"dkim": _DKIM_DOMAIN, "spf": _SPF_DOMAIN}.get(method)
        found = pattern.search(properties) if pattern and verdict == "pass" else None
        if found and _is_aligned(found[1].lower(), domain):
            return True
    return False


def _is_aligned(signing: str, domain: str) -> bool:
    """Return whether the domains are equal or one is the other's subdomain (relaxed alignment)."""
    if "." not in signing:
        return False
    return signing == domain or domain.endswith(f".{signing}") or signing.endswith(f".{domain}")
