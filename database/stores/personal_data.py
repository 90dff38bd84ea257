"""Exports or erases all personal data of a customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from database.queries import load_queries
from database.session import Session
from domain.channels import Channel
from domain.records import UnderWay
from domain.stores import AuditLog

_SQL = load_queries("personal_data")


class PersonalData:
    """Export and erasure, which include every customer merged into the given one."""

    def __init__(self, session: Session, audit: AuditLog) -> None:
        self._session = session
        self._audit = audit

    async def _family(self, customer_id: UUID) -> list[UUID]:
        return [row["id"] for row in await self._session.rows(_SQL["family"], customer_id)]

    async def export(self, customer_id: UUID) -> Mapping[str, object]:
        """Export rows as lists by the kind of record, with dates in ISO 8601."""
        document: Mapping[str, object] = await self._session.value(
            _SQL["export"], await self._family(customer_id)
        )
        return document

    async def erase(self, customer_id: UUID) -> list[UUID]:
        """Erase text and identifiers, and return whose. Idempotent; the caller holds the customer's lock.

        What others wrote who only claimed one of the customer's proven addresses goes as well: the owner
        of an address may be named in it. It is not exported, since it may be a stranger's.
        """
        family = await self._family(customer_id)
        family += [row["id"] for row in await self._session.rows(_SQL["claimants"], family)]
        for step in (
            "lock_family",
            "lock_conversations",
            "lock_messages",
            "erase_conversations",
            "erase_notes",
            "erase_mentions",
            "erase_notifications",
            "erase_clocks",
            "erase_dead_letters",
            "erase_outbox",
            "erase_deliveries",
            "erase_raw_messages",
            "erase_failed_items",
            "erase_messages",
            "erase_turns",
            "erase_drafts",
            "erase_feedback",
            "erase_candidates",
            "erase_evidence",
            "erase_article_evidence",
            "erase_questions",
            "erase_tickets",
            "erase_notices",
            "erase_blocks",
            "erase_identifiers",
            "erase_customers",
        ):
            await self._session.run(_SQL[step], family)
        await self._audit.add(
            "system", "customer_erased", "customer", str(customer_id), {"customers": len(family)}
        )
        return family

    async def under_way(
        self, customer_ids: Sequence[UUID], silent_after: timedelta
    ) -> list[UnderWay]:
        """Return the turns and sends of erased customers that have not ended."""
        rows = await self._session.rows(_SQL["under_way"], list(customer_ids), silent_after)
        return [UnderWay(row["kind"], Channel(row["channel"]), row["until"]) for row in rows]
