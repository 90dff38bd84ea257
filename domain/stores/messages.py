"""Declares what the use cases read and write of messages in and out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from domain.channels import Channel
from domain.messages import InboundMessage, MessageState, SentMail
from domain.records import NewOutboxRow, OutboundMessage, StoredMessage


class Messages(Protocol):
    """Messages in and out, and the state of each."""

    async def add_inbound(
        self,
        inbound: InboundMessage,
        *,
        customer_id: UUID,
        conversation_id: UUID,
        state: MessageState,
        trace_id: str | None,
    ) -> StoredMessage | None:
        """None when this channel and provider message id is already stored."""
        ...

    async def add_sent(self, sent: SentMail, conversation_id: UUID) -> StoredMessage | None:
        """Store a person's mail as a staff message; None when it is already stored."""
        ...

    async def find_sent(self, channel: Channel, message_ids: Sequence[str]) -> StoredMessage | None:
        """Return the mail that a person sent from the mailbox with one of these Message-IDs."""
        ...

    async def last_sent_to(
        self, channel: Channel, addresses: Sequence[str], thread_keys: Sequence[str]
    ) -> StoredMessage | None:
        """Return our newest message in a conversation of one of the addresses that one of the ids belongs to."""
        ...

    async def find_inbound(self, channel: Channel, provider_id: str) -> StoredMessage | None:
        """Return the message that a provider gave this id; None if it is not stored."""
        ...

    async def find_repeated(
        self, customer_id: UUID, channel: Channel, prefix: str
    ) -> StoredMessage | None:
        """Return the message of the last minutes whose id begins with `prefix`. The customer is locked."""
        ...

    async def get(self, message_id: UUID) -> StoredMessage:
        """Raises NotFound."""
        ...

    async def waiting(self, conversation_id: UUID) -> list[StoredMessage]:
        """The customer's messages that no turn has answered, oldest first."""
        ...

    async def last_inbound(self, conversation_id: UUID) -> StoredMessage | None:
        """Return the customer's newest message in any state; None before the first."""
        ...

    async def quoted(self, message: StoredMessage) -> StoredMessage | None:
        """Return the message, ours or the customer's, that a message quotes; None if we don't have it."""
        ...

    async def last_said(self, conversation_id: UUID) -> StoredMessage | None:
        """Return our newest message; None before the first."""
        ...

    async def newest_of_customers(self, limit: int) -> list[StoredMessage]:
        """The newest messages of all customers, newest first."""
        ...

    async def set_state(
        self, message_ids: Sequence[UUID], state: MessageState, turn_id: UUID | None
    ) -> None:
        """End the waiting of inbound messages, or the delivery of outbound ones."""
        ...

    async def deliver_later(self, message_id: UUID, delay: timedelta) -> None:
        """Make a message of ours undelivered again; it is queued after `delay`."""
        ...

    async def set_sentiments(self, scores: Mapping[UUID, float]) -> None:
        """Store each message's score, 0 (negative) to 1."""
        ...

    async def sentiments_before(
        self, conversation_id: UUID, message_ids: Sequence[UUID], limit: int
    ) -> list[float]:
        """The newest scores of a conversation without those of `message_ids`, oldest first."""
        ...

    async def add_outbound(self, message: OutboundMessage, queued: NewOutboxRow) -> StoredMessage:
        """State `undelivered`, and the row that tells of it. A turn that already wrote one raises Conflict."""
        ...

    async def of_conversation(self, conversation_id: UUID) -> list[StoredMessage]:
        """Return all messages, both directions, oldest first."""
        ...

    async def requeue_unfinished(self, older_than: timedelta, limit: int) -> list[StoredMessage]:
        """Messages still waiting or undelivered, last queued longer ago; marks them queued now."""
        ...

    async def return_to_agent(self, conversation_id: UUID) -> list[StoredMessage]:
        """Messages that came in while a person owned it and nobody answered: waiting again."""
        ...

    async def draft_again(self, conversation_id: UUID) -> list[StoredMessage]:
        """Messages whose draft nobody has sent: waiting again."""
        ...

    async def answered_by_staff(self, conversation_id: UUID) -> None:
        """Mark what waited for the person as answered."""
        ...

    async def answered_until(self, conversation_id: UUID, at: datetime) -> None:
        """Mark what came until then as answered by a person, and what came later as waiting for one."""
        ...

    async def drop_pending(self, conversation_id: UUID) -> None:
        """Suppress the agent's replies that no delivery has begun; the caller has locked the conversation."""
        ...

    async def unscored(self, limit: int) -> list[StoredMessage]:
        """Customers' own words without a sentiment that no turn will give one any more, oldest first."""
        ...

    async def oldest_since(self, state: MessageState) -> datetime | None:
        """When the oldest message in this state came, of those that don't wait for another attempt.

        `waiting` and `undelivered` are cheap to ask.
        """
        ...
