"""Finds who wrote the mail that somebody forwarded, and its words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from channels.email.mail_languages import roles_of
from channels.email.mime import ParsedMail
from channels.email.quoted_headers import match_embedded

_QUOTE_MARK = re.compile(r"\A(?:> ?){1,5}")
_ADDRESS = re.compile(r"[^\s<>\[\]()\"*:;,@]{1,200}@[^\s<>\[\]()\"*:;,@]{3,200}")
_EDGES = " \t*_\"'<[("
_MAX_LINES = 400


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The mail in a mail: its sender, as the forwarder's program wrote it, and its text."""

    name: str
    address: str
    text: str
    message_id: str | None = None


def find_forwarded(mail: ParsedMail) -> Forwarded | None:
    """Return the mail that this one forwards, as text below a header block or as an attached mail."""
    found = _find_in_text(mail.text)
    if found is None and mail.enclosed is not None and mail.enclosed.sender:
        inner = mail.enclosed
        found = Forwarded(inner.sender_name, inner.sender, inner.text, inner.message_id)
    return found


def _find_in_text(text: str) -> Forwarded | None:
    lines = [_QUOTE_MARK.sub("", line) for line in text.split("\n")]
    for position in range(min(len(lines), _MAX_LINES)):
        end = match_embedded(lines, position)
        if end is None:
            continue
        for line in lines[position:end]:
            sender = _ADDRESS.search(line) if "from" in roles_of(line) else None
            if sender is not None:
                shown = line[: sender.start()].removesuffix("mailto:").replace("：", ":")
                name = shown.partition(":")[2].strip(_EDGES)
                return Forwarded(name, sender[0].rstrip("."), "\n".join(lines[end:]).strip())
    return None
