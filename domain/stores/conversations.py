"""Declares what the use cases read and write of conversations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.channels import Channel
from domain.messages import InboundMessage
from domain.records import ClaimedConversation, Conversation, Owner, QueueEntry
from domain.tickets import EscalationReason, TicketStatus
from domain.turns import HistoryEntry


class Conversations(Protocol):
    """Conversations, who owns each, and what was said in them."""

    async def find_or_open(self, customer_id: UUID, inbound: InboundMessage) -> Conversation:
        """By thread keys (Gmail thread, Message-IDs), else the channel's open one within 24 hours.

        The web form always opens a new one. A conversation is only ever found among the same
        customer's own, a claimed sender's among the claimed ones and a proven sender's among the proven.
        One that was resolved is opened again. A message that is only context joins its thread alone, changes
        nothing there, and opens a conversation as old as itself.
        """
        ...

    async def find_thread(
        self, channel: Channel, thread_keys: Sequence[str], recipients: Sequence[str]
    ) -> Conversation | None:
        """`lock` of the conversation that a mail of ours belongs to, rather one of its recipients' own."""
        ...

    async def get(self, conversation_id: UUID) -> Conversation:
        """Raises NotFound."""
        ...

    async def lock(self, conversation_id: UUID) -> Conversation:
        """`get` that holds the row until the commit."""
        ...

    async def lock_of(self, message_id: UUID) -> Conversation:
        """`lock` of the conversation that a message is in. Raises NotFound."""
        ...

    async def newest_of(self, customer_id: UUID) -> Conversation | None:
        """The one in which something was said last, on any channel."""
        ...

    async def note_context(self, conversation_id: UUID, at: datetime) -> None:
        """Keep the time of an imported message as the newest one's, unless there is a newer one."""
        ...

    async def note_inbound(self, conversation_id: UUID, at: datetime) -> None:
        """Keep the time of the customer's last word and open the conversation if it was resolved."""
        ...

    async def advance_fence(self, conversation_id: UUID) -> int:
        """A new fence: whoever holds an older one can't commit any more."""
        ...

    async def hand_over(self, conversation_id: UUID) -> None:
        """Put it into the queue for a person, owned by none yet."""
        ...

    async def take(self, conversation_id: UUID, staff: str) -> Conversation:
        """Make `staff` the owner; idempotent. Raises Conflict(holder) where another one is."""
        ...

    async def release(self, conversation_id: UUID, staff: str) -> None:
        """Give it back to the agent. Raises Conflict where somebody else owns it."""
        ...

    async def resolve(self, conversation_id: UUID) -> None:
        """Give it back to the agent, who answers the next message; a running turn can't commit."""
        ...

    async def history(
        self, conversation_id: UUID, *, limit: int, for_staff: bool = False
    ) -> list[HistoryEntry]:
        """What was said, oldest first, the newest `limit` entries.

        A proven conversation sees all of its customer's proven conversations on every channel; a claimed
        one sees itself alone. What still waits for a turn is not history yet. Staff see everything.
        """
        ...

    async def queue(
        self,
        *,
        owner: Owner | None,
        status: TicketStatus | None,
        channel: Channel | None,
        reason: EscalationReason | None,
        limit: int,
    ) -> list[QueueEntry]:
        """The escalated first, then the oldest unanswered first. `status` is the ticket's."""
        ...

    async def also_claimed(self, customer_id: UUID, limit: int) -> list[ClaimedConversation]:
        """What others wrote who only claimed an address that this customer has proven, newest first."""
        ...

    async def set_sentiment_trend(self, conversation_id: UUID, trend: float) -> None:
        """Store what the staff queue shows: the smoothed sentiment, 0 (negative) to 1."""
        ...
