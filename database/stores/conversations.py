"""Finds a message's conversation, and stores its owner, fence and status."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.stores.queue import count_views, read_page
from database.text import storable
from domain.channels import Channel
from domain.conversation_state import StoredState
from domain.errors import NotFound
from domain.identifiers import Assurance, Identifier
from domain.languages import Language
from domain.messages import InboundMessage, Role, Standing
from domain.names import clean_name
from domain.records import (
    ClaimedConversation,
    Conversation,
    ConversationStatus,
    Note,
    Owner,
    QueueCounts,
    QueueCursor,
    QueueEntry,
    QueueSort,
    QueueView,
)
from domain.stores import Conversations
from domain.stores.conversations import REOPEN_WITHIN
from domain.tickets import EscalationReason, TicketStatus
from domain.turns import HistoryEntry

_SQL = load_queries("conversations")


class PostgresConversations(Conversations):
    """`Conversations` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def find_or_open(
        self, customer_id: UUID, inbound: InboundMessage, reopen_within: timedelta = REOPEN_WITHIN
    ) -> Conversation:
        """Find or open the message's conversation and lock it until the commit."""
        assurance, thread = inbound.sender.assurance, storable(inbound.provider_thread_id)
        is_context = inbound.standing is Standing.CONTEXT
        found: asyncpg.Record | None = None
        earlier: UUID | None = None
        if not inbound.channel.facts.opens_ticket_at_once:
            place = (customer_id, inbound.channel, assurance)
            keys = [storable(key) for key in inbound.thread_keys]
            if keys:
                found = await self._session.row(_SQL["find_by_thread"], *place, keys, reopen_within)
                if found is not None and found["is_past"] and not is_context:
                    earlier = found["id"]
                    found = None
            if found is None and not is_context:
                found = await self._session.row(
                    _SQL["find_recent"], *place, reopen_within, not keys
                )
        if found is not None and is_context:
            return _conversation(found)
        if found is not None:
            name = clean_name(storable(inbound.sender_name))
            row = await self._session.row(_SQL["join"], found["id"], assurance, thread, name)
        else:
            opened = (
                customer_id,
                inbound.channel,
                assurance,
                storable(inbound.subject),
                thread,
                clean_name(storable(inbound.sender_name)),
            )
            if is_context:
                row = await self._session.row(_SQL["open_context"], *opened, inbound.received_at)
            else:
                row = await self._session.row(_SQL["open"], *opened, earlier)
        return _existing(row)

    @override
    async def find_thread(
        self, channel: Channel, thread_keys: Sequence[str], recipients: Sequence[str]
    ) -> Conversation | None:
        keys = [storable(key) for key in thread_keys]
        row = await self._session.row(_SQL["find_thread"], channel, keys, list(recipients))
        return None if row is None else _conversation(row)

    @override
    async def begin(
        self, customer_id: UUID, channel: Channel, recipient: Identifier, *, subject: str, name: str
    ) -> Conversation:
        return _existing(
            await self._session.row(
                _SQL["begin"],
                customer_id,
                channel,
                storable(subject) or None,
                clean_name(storable(name)) or None,
                recipient.kind,
                recipient.value,
            )
        )

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
    async def set_state(
        self, conversation_id: UUID, state: StoredState, *, is_new_turn: bool
    ) -> Conversation:
        return _existing(
            await self._session.row(
                _SQL["set_state"],
                conversation_id,
                state.status,
                state.owner,
                state.owner_name,
                state.last_owner_name,
                is_new_turn,
            )
        )

    @override
    async def see(self, conversation_id: UUID, staff: str) -> None:
        await self._session.run(_SQL["see"], conversation_id, staff)

    @override
    async def absent(
        self, absence: timedelta, hours_ended_at: datetime | None, limit: int
    ) -> list[UUID]:
        rows = await self._session.rows(_SQL["absent"], absence, hours_ended_at, limit)
        return [row["id"] for row in rows]

    @override
    async def add_note(self, conversation_id: UUID, author: str, content: str) -> None:
        if not await self._session.run(
            _SQL["add_note"], conversation_id, author, storable(content)
        ):
            raise NotFound("no such conversation")

    @override
    async def notes(self, conversation_id: UUID) -> list[Note]:
        rows = await self._session.rows(_SQL["notes"], conversation_id)
        return [Note(row["author"], row["content"], row["created_at"]) for row in rows]

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
        viewer: str = "",
        view: QueueView = QueueView.ALL,
        sort: QueueSort = QueueSort.URGENT,
        words: str = "",
        owner: Owner | None = None,
        status: TicketStatus | None = None,
        channel: Channel | None = None,
        reason: EscalationReason | None = None,
        tag: str | None = None,
        after: QueueCursor | None = None,
        limit: int,
    ) -> list[QueueEntry]:
        return await read_page(
            self._session,
            viewer=viewer,
            view=view,
            sort=sort,
            words=words,
            filters={
                "owner": owner,
                "status": status,
                "channel": channel,
                "reason": reason,
                "tag": storable(tag),
            },
            after=after,
            limit=limit,
        )

    @override
    async def counts(self, viewer: str) -> QueueCounts:
        return await count_views(self._session, viewer)

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
        last_owner_name=row["last_owner_name"],
        resolved_at=row["resolved_at"],
        turn_since=row["turn_since"],
        seen_at=row["seen_at"],
        continues_id=row["continues_id"],
        tags=tuple(row["tags"]),
        snoozed_until=row["snoozed_until"],
        is_spam=row["is_spam"],
        recipient_id=row["recipient_id"],
    )
