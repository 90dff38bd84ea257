"""Scores what is left of a mail body once quoted mail and signatures are taken out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from channels.gmail.html_text import html_to_text, looks_like_html
from channels.gmail.reply_text import extract_reply


def run(rows: Iterable[dict[str, Any]], options: object) -> Iterable[dict[str, Any]]:
    """{id, body} -> {id, text}; a body that is HTML is read as mail programs show it."""
    for row in rows:
        body = html_to_text(row["body"]) if looks_like_html(row["body"]) else row["body"]
        yield {"id": row["id"], "text": extract_reply(body)}
