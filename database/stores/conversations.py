"""Finds a message's conversation, and stores its owner, fence and status."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.text import storable
from domain.channels import Channel
from domain.errors import Conflict, NotFound
from domain.identifiers import Assurance
from domain.languages import Language
from domain.messages import InboundMessage, Role, Standing
from domain.records import (
    ClaimedConversation,
    Conversation,
    ConversationStatus,
    Owner,
    QueueEntry,
)
from domain.stores import Conversations
from domain.tickets import EscalationReason, Priority, TicketStatus
from domain.turns import HistoryEntry

_SQL = load_queries("conversations")


class PostgresConversations(Conversations):
    """`Conversations` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def find_or_open(self, customer_id: UUID, inbound: InboundMessage) -> Conversation:
        """Find or open the message's conversation and lock it until the commit."""
        assurance, thread = inbound.sender.assurance, storable(inbound.provider_thread_id)
        is_context = inbound.standing is Standing.CONTEXT
        found = None
        if not inbound.channel.facts.opens_ticket_at_once:
            place = (customer_id, inbound.channel, assurance)
            keys = [storable(key) for key in inbound.thread_keys]
            if keys:
                found = await self._session.row(_SQL["find_by_thread"], *place, keys)
            if found is None and not is_context:
                found = await self._session.row(_SQL["find_recent"], *place)
        if found is not None and is_context:
            return _conversation(found)
        if found is not None:
            row = await self._session.row(_SQL["join"], found["id"], assurance, thread)
        else:
            opened = (
                customer_id,
                inbound.channel,
                assurance,
                storable(inbound.subject),
                thread,
                None if assurance.is_proven else storable(inbound.sender_name).strip(),
            )
            if is_context:
                row = await self._session.row(_SQL["open_context"], *opened, inbound.received_at)
            else:
                row = await self._session.row(_SQL["open"], *opened)
        return _existing(row)

    @override
    async def find_thread(
        self, channel: Channel, thread_keys: Sequence[str], recipients: Sequence[str]
    ) -> Conversation | None:
        keys = [storable(key) for key in thread_keys]
        row = await self._session.row(_SQL["find_thread"], channel, keys, list(recipients))
        return None if row is None else _conversation(row)

    @override
    async def get(self, conversation_id: UUID) -> Conversation:
        return _existing(await self._session.row(_SQL["get"], conversation_id))

    @override
    async def lock(self, conversation_id: UUID) -> Conversation:
        return _existing(await self._session.row(_SQL["lock"], conversation_id))

    @override
    async def lock_of(self, message_id: UUID) -> Conversation:
        return _existing(await self._session.row(_SQL["lock_of"], message_id))

    @override
    async def newest_of(self, customer_id: UUID) -> Conversation | None:
        row = await self._session.row(_SQL["newest_of"], customer_id)
        return None if row is None else _conversation(row)

    @override
    async def note_context(self, conversation_id: UUID, at: datetime) -> None:
        await self._session.run(_SQL["note_context"], conversation_id, at)

    @override
    async def note_inbound(self, conversation_id: UUID, at: datetime) -> None:
        await self._session.run(_SQL["note_inbound"], conversation_id, at)

    @override
    async def advance_fence(self, conversation_id: UUID) -> int:
        fence: int | None = await self._session.value(_SQL["advance_fence"], conversation_id)
        if fence is None:
            raise NotFound("no such conversation")
        return fence

    @override
    async def hand_over(self, conversation_id: UUID) -> None:
        await self._session.run(_SQL["hand_over"], conversation_id)

    @override
    async def take(self, conversation_id: UUID, staff: str) -> Conversation:
        row = await self._session.row(_SQL["take"], conversation_id, staff)
        if row is None:
            raise _owned_by(await self.get(conversation_id))
        return _conversation(row)

    @override
    async def release(self, conversation_id: UUID, staff: str) -> None:
        row = await self._session.row(_SQL["release"], conversation_id, staff)
        if row is None:
            raise _owned_by(await self.get(conversation_id))

    @override
    async def resolve(self, conversation_id: UUID) -> None:
        """Resolve it; the agent owns it again and answers the customer's next message."""
        await self._session.run(_SQL["resolve"], conversation_id)

    @override
    async def history(
        self, conversation_id: UUID, *, limit: int, for_staff: bool = False
    ) -> list[HistoryEntry]:
        rows = await self._session.rows(_SQL["history"], conversation_id, limit, for_staff)
        return [
            HistoryEntry(
                Role(row["role"]),
                Channel(row["channel"]),
                row["content"],
                row["created_at"],
                row["conversation_id"],
                Assurance(row["assurance"]),
            )
            for row in reversed(rows)
        ]

    @override
    async def queue(
        self,
        *,
        owner: Owner | None,
        status: TicketStatus | None,
        channel: Channel | None,
        reason: EscalationReason | None,
        limit: int,
    ) -> list[QueueEntry]:
        rows = await self._session.rows(_SQL["queue"], owner, status, channel, reason, limit)
        return [
            QueueEntry(
                id=row["id"],
                ticket_number=row["ticket_number"],
                customer_name=row["customer_name"],
                assurance=Assurance(row["assurance"]),
                channel=Channel(row["channel"]),
                status=TicketStatus(row["status"]),
                owner=Owner(row["owner"]),
                owner_name=row["owner_name"],
                reason=EscalationReason(row["reason"]) if row["reason"] else None,
                priority=Priority(row["priority"]) if row["priority"] else None,
                subject=row["subject"],
                last_message_at=row["last_message_at"],
                oldest_unanswered_at=row["oldest_unanswered_at"],
                sentiment=row["sentiment"],
            )
            for row in rows
        ]

    @override
    async def also_claimed(self, customer_id: UUID, limit: int) -> list[ClaimedConversation]:
        rows = await self._session.rows(_SQL["also_claimed"], customer_id, limit)
        return [
            ClaimedConversation(
                id=row["id"],
                ticket_number=row["ticket_number"],
                channel=Channel(row["channel"]),
                sender_name=row["sender_name"] or "",
                subject=row["subject"],
                last_message_at=row["last_message_at"],
            )
            for row in rows
        ]

    @override
    async def set_sentiment_trend(self, conversation_id: UUID, trend: float) -> None:
        await self._session.run(_SQL["set_sentiment_trend"], conversation_id, trend)


def _owned_by(conversation: Conversation) -> Conflict:
    return Conflict("somebody else took the conversation", conversation.owner_name)


def _existing(row: asyncpg.Record | None) -> Conversation:
    if row is None:
        raise NotFound("no such conversation")
    return _conversation(row)


def _conversation(row: asyncpg.Record) -> Conversation:
    return Conversation(
        id=row["id"],
        customer_id=row["customer_id"],
        channel=Channel(row["channel"]),
        assurance=Assurance(row["assurance"]),
        subject=row["subject"],
        status=ConversationStatus(row["status"]),
        owner=Owner(row["owner"]),
        owner_name=row["owner_name"],
        fence=row["fence"],
        sentiment_trend=row["sentiment_trend"],
        provider_thread_id=row["provider_thread_id"],
        language=Language(row["language"]) if row["language"] else None,
        sender_name=row["sender_name"],
    )
