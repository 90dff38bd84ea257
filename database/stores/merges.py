"""Merges two customers who are one person, and undoes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from database.queries import load_queries
from database.session import Session
from domain.desk import Merge
from domain.errors import Conflict, NotFound
from domain.stores import AuditLog

_SQL = load_queries("merges")


class Merges:
    """Merges and their undo; `lock` locks a customer row until the commit."""

    def __init__(
        self,
        session: Session,
        audit: AuditLog,
        lock: Callable[[UUID], Awaitable[UUID]],
    ) -> None:
        self._session = session
        self._audit = audit
        self._lock = lock

    async def merge(self, *, kept: UUID, merged: UUID, cause: str, actor: str) -> UUID:
        """Move every row of `merged`, whose lock the caller holds, to `kept`; return the merge's id."""
        moved = {}
        # Conversations first: see sql/merges.sql.
        for table in ("conversations", "messages", "tickets", "identifiers"):
            rows = await self._session.rows(_SQL[f"move_{table}"], merged, kept)
            moved[table] = [str(row["id"]) for row in rows]
        await self._session.run(_SQL["take_over_name_and_opt_out"], merged, kept)
        await self._session.run(_SQL["mark_merged"], merged, kept)
        merge_id: UUID = await self._session.value(_SQL["log"], kept, merged, cause, actor, moved)
        await self._audit.add(
            actor,
            "customers_merged",
            "customer",
            str(kept),
            {"merge_id": str(merge_id), "merged": str(merged), "cause": cause},
        )
        return merge_id

    async def of(self, customer_id: UUID) -> list[Merge]:
        """Return the merges into a customer that can be undone, the newest first."""
        rows = await self._session.rows(_SQL["of"], customer_id)
        return [
            Merge(row["id"], row["merged_id"], row["name"], row["actor"], row["created_at"])
            for row in rows
        ]

    async def undo(self, merge_id: UUID, actor: str) -> None:
        """Return the moved rows, and all that was written since into the moved conversations."""
        row = await self._session.row(_SQL["lock_merge"], merge_id)
        if row is None:
            raise NotFound("no such merge")
        if row["undone_at"] is not None:
            raise Conflict("the merge is already undone")
        if row["is_erased"]:
            raise Conflict("the customer was erased since")
        merged, kept = row["merged_id"], row["kept_id"]
        await self._lock(kept)
        conversations = row["moved"]["conversations"]
        await self._session.run(
            _SQL["return_identifiers"], row["moved"]["identifiers"], merged, kept
        )
        await self._session.run(_SQL["return_conversations"], conversations, merged, kept)
        await self._session.run(_SQL["return_messages"], conversations)
        await self._session.run(_SQL["return_tickets"], conversations)
        await self._session.run(_SQL["unmark_merged"], merged)
        await self._session.run(_SQL["mark_undone"], merge_id)
        await self._audit.add(
            actor, "merge_undone", "customer", str(kept), {"merge_id": str(merge_id)}
        )
