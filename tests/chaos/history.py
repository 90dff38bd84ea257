"""Holds what happened, as the customers, the database and the providers saw it."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from domain.channels import Channel


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that a customer or provider was told is ours (for mail: one that is in the mailbox).

    `order` counts the messages of one customer as they were accepted.
    """

    token: str
    channel: Channel
    address: str
    order: int


@dataclass(frozen=True, slots=True)
class Stored:
    """A customer's message in the database; `tokens` are those of the schedule that its text holds."""

    id: UUID
    token: str
    customer_id: UUID
    conversation_id: UUID
    position: int
    state: str
    turn_id: UUID | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply of the agent in the database. `sent_ids` are the provider's ids by part, as recorded."""

    id: UUID
    customer_id: UUID
    conversation_id: UUID
    channel: Channel
    address: str
    position: int
    state: str
    turn_id: UUID | None
    text: str
    sent_ids: tuple[tuple[int, str], ...] = ()
    is_flagged: bool = False
    """A person was told that this one is unsure, parked or given up."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a provider holds as sent to a customer, in its order."""

    id: str
    channel: Channel
    address: str
    text: str


@dataclass(frozen=True, slots=True)
class TicketRow:
    number: str
    customer_id: UUID
    conversation_id: UUID
    escalation_reason: str | None


@dataclass(slots=True)
class History:
    accepted: list[Accepted] = field(default_factory=list)
    stored: list[Stored] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    tickets: list[TicketRow] = field(default_factory=list)

    def of_address(self, address: str) -> History:
        """What concerns one customer: the shortest history that shows a violation of theirs."""
        accepted = [message for message in self.accepted if message.address == address]
        tokens = {message.token for message in accepted}
        stored = [row for row in self.stored if row.token in tokens]
        customers = {row.customer_id for row in stored}
        return History(
            accepted,
            stored,
            [reply for reply in self.replies if reply.address == address],
            [sent for sent in self.sent if sent.address == address],
            [ticket for ticket in self.tickets if ticket.customer_id in customers],
        )

    def __str__(self) -> str:
        lines = [
            f"accepted  {message.order}. {message.token} by {message.channel}"
            for message in self.accepted
        ]
        lines += [
            f"stored    {stored.position} {stored.token} {stored.state}, turn {stored.turn_id} {stored.outcome}"
            for stored in self.stored
        ]
        lines += [
            f"reply     {reply.position} {reply.id} {reply.state}, turn {reply.turn_id}, sent as "
            f"{dict(reply.sent_ids)}{' flagged' if reply.is_flagged else ''}: {reply.text[:90]!r}"
            for reply in self.replies
        ]
        lines += [f"sent      {sent.id}: {sent.text[:90]!r}" for sent in self.sent]
        lines += [
            f"ticket    {ticket.number} {ticket.escalation_reason}" for ticket in self.tickets
        ]
        return "\n".join(lines)
