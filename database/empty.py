"""Empties a database of everything that was said and written; the installation itself stays."""

from __future__ import annotations

from collections.abc import Mapping

import asyncpg

_KEPT = (
    "schema_migrations",
    "channel_configs",
    "embedding_models",
    "knowledge_alias",
    "gmail_mailboxes",
    "audit_log",
    "readers",
    "staff_accounts",
    "staff_sessions",
)
"""What describes the installation itself; how far a mailbox was read is not forgotten."""
_COUNTED = {
    "articles": "SELECT count(DISTINCT article_id) FROM knowledge_base",
    "customers": "SELECT count(*) FROM customers",
    "conversations": "SELECT count(*) FROM conversations",
    "messages": "SELECT count(*) FROM messages",
    "tickets": "SELECT count(*) FROM tickets",
    "versions of the company profile": "SELECT count(*) FROM company_profiles",
}


async def count(dsn: str) -> Mapping[str, int]:
    """Count what `empty` would delete, in words for a person."""
    connection = await asyncpg.connect(dsn)
    try:
        return {what: await connection.fetchval(query) for what, query in _COUNTED.items()}
    finally:
        await connection.close()


async def empty(dsn: str) -> None:
    """Delete every row in one transaction. Needs the role that owns the schema."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
            " AND tablename <> ALL ($1)",
            list(_KEPT),
        )
        names = ", ".join(f'"{row["tablename"]}"' for row in rows)
        await connection.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
    finally:
        await connection.close()
