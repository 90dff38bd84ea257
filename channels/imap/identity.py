"""Gives a mail one id wherever it lies: after a new UIDVALIDITY, in another folder, or delivered twice."""

from __future__ import annotations

import hashlib
import re

_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_FOLDED = re.compile(rb"\r?\n[ \t]+")
_LINE = re.compile(rb"\r?\n")
_NAMES = (b"message-id", b"from", b"date")


def content_id(raw: bytes) -> str:
    """Return an id of the mail's Message-ID, From, Date and body, which a server that moves it leaves alone.

    Without a Message-ID the whole mail counts, with the trace of its delivery, since two such mails may
    be alike.
    """
    found = _END_OF_HEADERS.search(raw)
    head, body = (raw[: found.start()], raw[found.end() :]) if found else (raw, b"")
    fields: dict[bytes, bytes] = {}
    for line in _LINE.split(_FOLDED.sub(b" ", head)):
        name, _, value = line.partition(b":")
        fields.setdefault(name.strip().lower(), value.strip())
    if not fields.get(_NAMES[0]):
        return hashlib.sha256(raw).hexdigest()
    digest = hashlib.sha256()
    for part in (*(fields.get(name, b"") for name in _NAMES), body.rstrip()):
        digest.update(len(part).to_bytes(8) + part)
    return digest.hexdigest()
