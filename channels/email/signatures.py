"""Tells a signature from a customer's words below a rule of dashes."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LONGEST = 12
_PROSE_WORDS = 7
_STRICT = re.compile(r"\A\s*--\s*\Z")
_LIST_ITEM = re.compile(r"\A\s*(?:\d{1,2}[.)]|[-*•]|#{1,4})\s+\S+\s+\S+")
_POSTSCRIPT = re.compile(r"\A\s*p\.?\s?p?\.?\s?s\b\.?[:\s]", re.IGNORECASE)
_QUESTION = re.compile(r"[?？؟](?:\s|\Z|[)\"»”])|[？؟]")
_CONTACT = re.compile(
    r"@|https?:|www\.|\+?\d[\d ()./-]{6,}|\b(?:tel|fax|mob|phone|gmbh|inc|ltd|llc|s\.a|street|str\.)\b",
    re.IGNORECASE,
)
_NOTICE = re.compile(
    r"confiden|intended|disclaim|recipient|vertraulich|empfänger|virus|scanned|geprüft|privileged|environment|print"
    r"|unsubscribe|mailing list|antivir|destinat|données|rgpd|gdpr|datenschutz|ehrlich|registered|handelsregister"
    r"|geschäftsführ|company number|ust-id|amtsgericht|конфиденц|保密|機密|poufn|důvěrn|vertrouwelijk|fortrolig"
    r"|sekretess|luottamuks|bizalmas|gizli|riservat|download|get the app|sent |mail was|message was",
    re.IGNORECASE,
)


def is_signature(delimiter: str, below: Sequence[str]) -> bool:
    """Return whether the lines below a delimiter are a signature, and not words that a rule sets apart.

    A question, a list or a first line of prose belongs to the customer. Under "--" prose may follow the
    name; other rules part sections, too, so there nothing but short lines, contacts and notices count.
    """
    lines = [line.strip() for line in below if line.strip()]
    if not lines:
        return True
    if any(_is_own(line) for line in lines) or _is_prose(lines[0]):
        return False
    return bool(_STRICT.match(delimiter)) or not any(map(_is_prose, lines))


def _is_own(line: str) -> bool:
    if _CONTACT.search(line) or _NOTICE.search(line):
        return False
    return bool(_QUESTION.search(line) or _LIST_ITEM.match(line) or _POSTSCRIPT.match(line))


def _is_prose(line: str) -> bool:
    is_long = len(line.split()) >= _PROSE_WORDS
    return is_long and not _CONTACT.search(line) and not _NOTICE.search(line)
