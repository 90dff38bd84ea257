"""Declares what the use cases read and write of tickets."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from domain.channels import Channel
from domain.records import Ticket
from domain.tickets import EscalationReason, Priority, TicketStatus
from domain.turns import TicketRef


class Tickets(Protocol):
    """Tickets, their status and their priority."""

    async def open(
        self,
        ref: TicketRef,
        *,
        customer_id: UUID,
        conversation_id: UUID,
        channel: Channel,
    ) -> Ticket:
        """Insert; where the conversation already has an unresolved ticket, that one is returned."""
        ...

    async def current(self, conversation_id: UUID) -> Ticket | None:
        """The conversation's newest ticket, unresolved ones first."""
        ...

    async def by_number(self, number: str) -> Ticket | None:
        """Return the ticket that customers know by this number, if any."""
        ...

    async def escalate(
        self,
        ticket_id: UUID,
        reason: EscalationReason,
        summary: str,
        priority: Priority,
        topic: str | None = None,
    ) -> Ticket:
        """The ticket waits for a person from now on. Called by pipeline.hand_over alone.

        One that does already keeps its reason and topic, except for danger, and gets `summary`,
        unless empty, as a further line. The priority is never lowered. Raises NotFound.
        """
        ...

    async def set_status(self, ticket_id: UUID, status: TicketStatus) -> Ticket:
        """Set the status and the time of resolution. Called by pipeline.moves alone. Raises NotFound."""
        ...

    async def raise_priority(self, ticket_id: UUID, priority: Priority) -> None:
        """Never lowers it."""
        ...

    async def set_priority(self, ticket_id: UUID, priority: Priority) -> None:
        """Set it higher or lower: by a person."""
        ...

    async def resolve(self, ticket_id: UUID, note: str, staff: str) -> None:
        """Resolve it; learning reads the `note` on the solution."""
        ...

    async def add_feedback(self, ticket_id: UUID, helpful: bool, comment: str | None) -> None:
        """Store whether the customer was helped."""
        ...
