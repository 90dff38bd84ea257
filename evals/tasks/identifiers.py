"""Scores the keys under which customers are found: one for every form of an address or number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from domain.errors import Malformed
from domain.identifiers import Assurance, identify_whatsapp, normalise_email, normalise_phone


def run(rows: Iterable[dict[str, Any]], options: object) -> Iterable[dict[str, Any]]:
    """{id, type: email or phone or whatsapp, value, region} -> {id, key or null}."""
    for row in rows:
        yield {"id": row["id"], "key": find_key(row["type"], row["value"], row.get("region"))}


def find_key(kind: str, value: str, region: str | None) -> str | None:
    """The canonical identifier, None for what is none. Raises ValueError for an unknown kind."""
    try:
        match kind:
            case "email":
                return normalise_email(value)
            case "phone":
                return normalise_phone(value, region)
            case "whatsapp":
                return identify_whatsapp(value, Assurance.CLAIMED).value
    except Malformed:
        return None
    raise ValueError(f"no such kind of identifier: {kind}")
