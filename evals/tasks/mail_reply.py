"""Scores what is left of a mail body once quoted mail and signatures are taken out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from channels.gmail.reply_text import extract_reply


def run(rows: Iterable[dict[str, Any]], options: object) -> Iterable[dict[str, Any]]:
    """{id, body} -> {id, text}."""
    for row in rows:
        yield {"id": row["id"], "text": extract_reply(row["body"])}
