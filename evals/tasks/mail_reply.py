"""Scores mail bodies without their quoted mail and signatures."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from channels.email.html_text import html_to_text, looks_like_html
from channels.email.mime import parse_mail
from channels.email.reply_text import extract_reply

_HEADERS = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9-]{1,60}:.*\r?\n(?:[ \t].*\r?\n)*){2,}\r?\n")
_MAIL_HEADER = re.compile(r"^(?:mime-version|message-id):", re.IGNORECASE | re.MULTILINE)


def run(rows: Iterable[dict[str, Any]], options: object) -> Iterable[dict[str, Any]]:
    """{id, body} -> {id, text}; a body that is HTML, or a whole mail with headers, is read as such."""
    for row in rows:
        yield {"id": row["id"], "text": extract_reply(_read_body(row["body"]))}


def _read_body(body: str) -> str:
    headers = _HEADERS.match(body)
    if headers and _MAIL_HEADER.search(headers[0]):
        return parse_mail(body.lstrip().encode()).text
    return html_to_text(body) if looks_like_html(body) else body
