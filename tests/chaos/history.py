"""What happened, as the customers, the database and the providers saw it."""

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
        accepted = [one for one in self.accepted if one.address == address]
        tokens = {one.token for one in accepted}
        stored = [one for one in self.stored if one.token in tokens]
        customers = {one.customer_id for one in stored}
        return History(
            accepted,
            stored,
            [one for one in self.replies if one.address == address],
            [one for one in self.sent if one.address == address],
            [one for one in self.tickets if one.customer_id in customers],
        )

    def __str__(self) -> str:
        lines = [f"accepted  {one.order}. {one.token} by {one.channel}" for one in self.accepted]
        lines += [
            f"stored    {one.position} {one.token} {one.state}, turn {one.turn_id} {one.outcome}"
            for one in self.stored
        ]
        lines += [
            f"reply     {one.position} {one.id} {one.state}, turn {one.turn_id}, sent as "
            f"{dict(one.sent_ids)}{' flagged' if one.is_flagged else ''}: {one.text[:90]!r}"
            for one in self.replies
        ]
        lines += [f"sent      {one.id}: {one.text[:90]!r}" for one in self.sent]
        lines += [f"ticket    {one.number} {one.escalation_reason}" for one in self.tickets]
        return "\n".join(lines)
