"""Stores inbound and outbound messages, each once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.text import storable
from domain.channels import Channel
from domain.errors import Conflict, NotFound
from domain.messages import (
    REPEATED_WITHIN,
    TRUNCATED,
    UNREADABLE,
    Attachment,
    InboundMessage,
    MessageState,
    Role,
    SentMail,
    Standing,
)
from domain.payloads import QUOTED
from domain.records import NewOutboxRow, OutboundMessage, StoredMessage
from domain.stores import Messages

_SQL = load_queries("messages")
_READ_LATE = frozenset({Standing.CONTEXT, Standing.ANSWERED, Standing.LATE})
RAW_BYTES_KEPT = 1024 * 1024
"""Stored bytes of a raw mail; the rest belongs to attachments, which are never read."""


class PostgresMessages(Messages):
    """`Messages` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def add_inbound(
        self,
        inbound: InboundMessage,
        *,
        customer_id: UUID,
        conversation_id: UUID,
        state: MessageState,
        trace_id: str | None,
    ) -> StoredMessage | None:
        row = await self._session.row(
            _SQL["add_inbound"],
            conversation_id,
            customer_id,
            inbound.channel,
            storable(inbound.text),
            storable(inbound.raw_text),
            storable(inbound.provider_message_id),
            storable(inbound.message_id_header),
            [storable(reference) for reference in inbound.references],
            _attachments(inbound.attachments),
            {storable(name): storable(value) for name, value in inbound.details.items()},
            state,
            trace_id,
            inbound.sender.kind,
            inbound.sender.value,
            inbound.sender.assurance,
            inbound.received_at if inbound.standing in _READ_LATE else None,
        )
        return await self._with_raw(row, inbound.raw)

    @override
    async def add_sent(self, sent: SentMail, conversation_id: UUID) -> StoredMessage | None:
        row = await self._session.row(
            _SQL["add_sent"],
            conversation_id,
            storable(sent.sender_name or sent.sender),
            storable(sent.text),
            storable(sent.raw_text),
            storable(sent.mail_id),
            storable(sent.message_id_header),
            [storable(reference) for reference in sent.references],
            _attachments(sent.attachments),
            sent.sent_at,
        )
        return await self._with_raw(row, sent.raw)

    @override
    async def find_sent(self, channel: Channel, message_ids: Sequence[str]) -> StoredMessage | None:
        ids = [storable(message_id) for message_id in message_ids]
        row = await self._session.row(_SQL["find_sent"], channel, ids)
        return None if row is None else stored_message(row)

    @override
    async def last_sent_to(
        self, channel: Channel, addresses: Sequence[str], thread_keys: Sequence[str]
    ) -> StoredMessage | None:
        ids = [storable(key) for key in thread_keys]
        row = await self._session.row(_SQL["last_sent_to"], channel, ids, list(addresses))
        return None if row is None else stored_message(row)

    async def _with_raw(
        self, row: asyncpg.Record | None, raw: bytes | None
    ) -> StoredMessage | None:
        if row is None:
            return None
        if raw is not None:
            await self._session.run(_SQL["forget_raw"])
            await self._session.run(_SQL["keep_raw"], row["id"], raw[:RAW_BYTES_KEPT], len(raw))
        return stored_message(row)

    @override
    async def find_inbound(self, channel: Channel, provider_id: str) -> StoredMessage | None:
        row = await self._session.row(_SQL["find_inbound"], channel, storable(provider_id))
        return None if row is None else stored_message(row)

    @override
    async def find_repeated(
        self, customer_id: UUID, channel: Channel, prefix: str
    ) -> StoredMessage | None:
        row = await self._session.row(
            _SQL["find_repeated"], customer_id, channel, prefix, REPEATED_WITHIN
        )
        return None if row is None else stored_message(row)

    @override
    async def get(self, message_id: UUID) -> StoredMessage:
        row = await self._session.row(_SQL["get"], message_id)
        if row is None:
            raise NotFound("no such message")
        return stored_message(row)

    @override
    async def waiting(self, conversation_id: UUID) -> list[StoredMessage]:
        return _messages(await self._session.rows(_SQL["waiting"], conversation_id))

    @override
    async def last_inbound(self, conversation_id: UUID) -> StoredMessage | None:
        row = await self._session.row(_SQL["last_inbound"], conversation_id)
        return None if row is None else stored_message(row)

    @override
    async def quoted(self, message: StoredMessage) -> StoredMessage | None:
        provider_id = message.details.get(QUOTED)
        if provider_id is None:
            return None
        row = await self._session.row(
            _SQL["quoted"], message.customer_id, message.channel, storable(provider_id)
        )
        return None if row is None else stored_message(row)

    @override
    async def last_said(self, conversation_id: UUID) -> StoredMessage | None:
        row = await self._session.row(_SQL["last_said"], conversation_id)
        return None if row is None else stored_message(row)

    @override
    async def newest_of_customers(self, limit: int) -> list[StoredMessage]:
        rows = await self._session.rows(_SQL["newest_of_customers"], limit)
        return [stored_message(row) for row in rows]

    @override
    async def set_state(
        self, message_ids: Sequence[UUID], state: MessageState, turn_id: UUID | None
    ) -> None:
        await self._session.run(_SQL["set_state"], list(message_ids), state, turn_id)

    @override
    async def deliver_later(self, message_id: UUID, delay: timedelta) -> None:
        await self._session.run(_SQL["deliver_later"], message_id, delay)

    @override
    async def sentiments_before(
        self, conversation_id: UUID, message_ids: Sequence[UUID], limit: int
    ) -> list[float]:
        rows = await self._session.rows(
            _SQL["sentiments_before"], conversation_id, list(message_ids), limit
        )
        return [row["sentiment"] for row in reversed(rows)]

    @override
    async def set_sentiments(self, scores: Mapping[UUID, float]) -> None:
        await self._session.run(_SQL["set_sentiments"], list(scores), list(scores.values()))

    @override
    async def add_outbound(self, message: OutboundMessage, queued: NewOutboxRow) -> StoredMessage:
        row = await self._session.row(
            _SQL["add_outbound"],
            message.conversation_id,
            message.role,
            message.author,
            storable(message.content),
            message.turn_id,
            message.trace_id,
            message.id,
            queued.topic,
            queued.key,
            dict(queued.value),
            dict(queued.headers),
        )
        if row is None:
            raise Conflict("the turn has already written its reply")
        return stored_message(row)

    @override
    async def of_conversation(self, conversation_id: UUID) -> list[StoredMessage]:
        return _messages(await self._session.rows(_SQL["of_conversation"], conversation_id))

    @override
    async def requeue_unfinished(self, older_than: timedelta, limit: int) -> list[StoredMessage]:
        """Mark unfinished messages as queued, except those whose outbox row is still unpublished."""
        return _messages(await self._session.rows(_SQL["requeue_unfinished"], older_than, limit))

    @override
    async def return_to_agent(self, conversation_id: UUID) -> list[StoredMessage]:
        return _messages(await self._session.rows(_SQL["return_to_agent"], conversation_id))

    @override
    async def draft_again(self, conversation_id: UUID) -> list[StoredMessage]:
        return _messages(await self._session.rows(_SQL["draft_again"], conversation_id))

    @override
    async def answered_by_staff(self, conversation_id: UUID) -> None:
        await self._session.run(_SQL["answered_by_staff"], conversation_id)

    @override
    async def answered_until(self, conversation_id: UUID, at: datetime) -> None:
        await self._session.run(_SQL["answered_until"], conversation_id, at)

    @override
    async def drop_pending(self, conversation_id: UUID) -> None:
        await self._session.run(_SQL["drop_pending"], conversation_id)

    @override
    async def unscored(self, limit: int) -> list[StoredMessage]:
        return _messages(await self._session.rows(_SQL["unscored"], limit))

    @override
    async def oldest_since(self, state: MessageState) -> datetime | None:
        since: datetime | None = await self._session.value(_SQL["oldest_since"], state)
        return since


def _attachments(attachments: Sequence[Attachment]) -> list[dict[str, object]]:
    return [
        {
            "filename": storable(attachment.filename),
            "content_type": storable(attachment.content_type),
            "size": attachment.size,
        }
        for attachment in attachments
    ]


def _messages(rows: Sequence[asyncpg.Record]) -> list[StoredMessage]:
    return [stored_message(row) for row in rows]


def stored_message(row: asyncpg.Record) -> StoredMessage:
    """Build a message from its row."""
    return StoredMessage(
        id=row["id"],
        conversation_id=row["conversation_id"],
        customer_id=row["customer_id"],
        channel=Channel(row["channel"]),
        role=Role(row["role"]),
        content=row["content"],
        state=MessageState(row["state"]),
        created_at=row["created_at"],
        turn_id=row["turn_id"],
        trace_id=row["trace_id"],
        provider_message_id=row["provider_message_id"],
        message_id_header=row["message_id_header"],
        references=tuple(row["reference_headers"]),
        attachments=tuple(
            Attachment(attachment["filename"], attachment["content_type"], attachment["size"])
            for attachment in row["attachments"]
        ),
        sentiment=row["sentiment"],
        is_cut=not row["details"].keys().isdisjoint((TRUNCATED, UNREADABLE)),
        strikes=row["strikes"],
        author=row["author"],
        details=row["details"],
    )
