"""Scores the mail parser on raw .eml files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from channels.email.loops import find_automatic
from channels.email.mime import parse_mail
from domain.errors import Malformed


def run(rows: Iterable[dict[str, Any]], options: object) -> Iterable[dict[str, Any]]:
    """{id, path} -> the parsed fields; {id, error} for what is no mail."""
    for row in rows:
        try:
            mail = parse_mail(Path(row["path"]).read_bytes())
        except Malformed as error:
            yield {"id": row["id"], "error": str(error)}
            continue
        yield {
            "id": row["id"],
            "subject": mail.subject,
            "from": mail.sender,
            "to": list(mail.to),
            "message_id": mail.message_id,
            "in_reply_to": mail.in_reply_to,
            "references": list(mail.references),
            "text": mail.text,
            "attachments": [
                {"filename": a.filename, "content_type": a.content_type, "size": a.size}
                for a in mail.attachments
            ],
            "auto_submitted": find_automatic(mail, own_addresses=()) is not None,
        }
