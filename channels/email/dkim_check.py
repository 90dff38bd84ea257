"""Checks a mail's own DKIM signature (RFC 6376), for mailboxes whose server states no findings."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import dkim
from dns.exception import DNSException
from dns.resolver import Resolver

from channels.email.hosts import host_of
from channels.email.mime import ParsedMail
from channels.email.proof import is_aligned

log = logging.getLogger(__name__)

Lookup = Callable[[bytes], bytes | None]
"""Returns the TXT record of a name, None if there is none or no answer."""

_MAX_SIGNATURES = 5
_PATIENCE_S = 3.0
_BROKEN = (dkim.DKIMException, ValueError, LookupError, TypeError, AttributeError)
"""What dkimpy raises for signatures and keys that are no such thing."""


def is_signed_by_sender(raw: bytes, mail: ParsedMail, look_up: Lookup) -> bool:
    """Return whether a valid signature of the From domain, or of its parent, covers the whole mail.

    A signature over the first bytes alone (l=) proves nothing about the words below them, and a mail with
    two From fields may show another one than was signed.
    """
    if len(mail.headers.get("from", ())) != 1:
        return False
    domain = host_of(mail.sender)
    count = min(len(mail.headers.get("dkim-signature", ())), _MAX_SIGNATURES)
    return any(_is_valid(raw, index, domain, look_up) for index in range(count))


def _is_valid(raw: bytes, index: int, domain: str, look_up: Lookup) -> bool:
    checker = dkim.DKIM(raw, timeout=int(_PATIENCE_S))
    try:
        is_valid = checker.verify(idx=index, dnsfunc=lambda name, timeout=0: look_up(name))
    except _BROKEN as error:
        log.info("a DKIM signature can't be checked: %s", type(error).__name__)
        return False
    fields = checker.signature_fields or {}
    signing = fields.get(b"d", b"").decode("ascii", "replace").lower()
    return bool(is_valid) and b"l" not in fields and is_aligned(signing, domain)


def look_up_by(nameservers: Sequence[str] = ()) -> Lookup:
    """Return a look-up over these servers, or over the system's."""
    resolver = Resolver(configure=not nameservers)
    if nameservers:
        resolver.nameservers = list(nameservers)
    resolver.lifetime = _PATIENCE_S

    def look_up(name: bytes) -> bytes | None:
        try:
            answer = resolver.resolve(name.decode("ascii", "replace"), "TXT")
        except (DNSException, UnicodeError, OSError):
            return None
        return next((b"".join(record.strings) for record in answer), None)

    return look_up
