"""Stores tickets, at most one unresolved for each conversation."""

from __future__ import annotations

from uuid import UUID

import asyncpg
from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.text import storable
from domain.channels import Channel
from domain.errors import Conflict, NotFound
from domain.records import Ticket
from domain.stores import Tickets
from domain.tickets import Category, EscalationReason, Priority, TicketStatus
from domain.turns import TicketRef

_SQL = load_queries("tickets")


class PostgresTickets(Tickets):
    """`Tickets` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def open(
        self,
        ref: TicketRef,
        *,
        customer_id: UUID,
        conversation_id: UUID,
        channel: Channel,
    ) -> Ticket:
        """Open a ticket or return the unresolved one. Raises Conflict if another conversation has the number."""
        row = await self._session.row(
            _SQL["open"],
            ref.id,
            ref.number,
            customer_id,
            conversation_id,
            channel,
            storable(ref.subject),
            ref.category,
            ref.priority,
        )
        if row is None:
            row = await self._session.row(_SQL["unresolved"], conversation_id)
        if row is None:
            row = await self._session.row(_SQL["by_id"], ref.id, conversation_id)
        if row is None:
            raise Conflict("the ticket number is taken")
        return stored_ticket(row)

    @override
    async def current(self, conversation_id: UUID) -> Ticket | None:
        row = await self._session.row(_SQL["current"], conversation_id)
        return None if row is None else stored_ticket(row)

    @override
    async def by_number(self, number: str) -> Ticket | None:
        row = await self._session.row(_SQL["by_number"], storable(number))
        return None if row is None else stored_ticket(row)

    @override
    async def escalate(
        self,
        ticket_id: UUID,
        reason: EscalationReason,
        summary: str,
        priority: Priority,
        topic: str | None = None,
    ) -> Ticket:
        """Escalate a ticket. Raises NotFound."""
        row = await self._session.row(
            _SQL["escalate"], ticket_id, reason, storable(summary), priority, topic
        )
        if row is None:
            raise NotFound("no such ticket")
        return stored_ticket(row)

    @override
    async def set_status(self, ticket_id: UUID, status: TicketStatus) -> Ticket:
        row = await self._session.row(_SQL["set_status"], ticket_id, status)
        if row is None:
            raise NotFound("no such ticket")
        return stored_ticket(row)

    @override
    async def raise_priority(self, ticket_id: UUID, priority: Priority) -> None:
        await self._session.run(_SQL["raise_priority"], ticket_id, priority)

    @override
    async def set_priority(self, ticket_id: UUID, priority: Priority) -> None:
        await self._session.run(_SQL["set_priority"], ticket_id, priority)

    @override
    async def resolve(self, ticket_id: UUID, note: str, staff: str) -> None:
        await self._session.run(_SQL["resolve"], ticket_id, storable(note), staff)

    @override
    async def add_feedback(self, ticket_id: UUID, helpful: bool, comment: str | None) -> None:
        if not await self._session.run(_SQL["add_feedback"], ticket_id, helpful, storable(comment)):
            raise NotFound("the ticket is gone")


def stored_ticket(row: asyncpg.Record) -> Ticket:
    """Build a ticket from its row."""
    reason = row["escalation_reason"]
    return Ticket(
        id=row["id"],
        number=row["number"],
        customer_id=row["customer_id"],
        conversation_id=row["conversation_id"],
        source_channel=Channel(row["source_channel"]),
        subject=row["subject"],
        category=Category(row["category"]),
        priority=Priority(row["priority"]),
        status=TicketStatus(row["status"]),
        escalation_reason=EscalationReason(reason) if reason else None,
        escalation_summary=row["escalation_summary"],
        escalation_topic=row["escalation_topic"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
