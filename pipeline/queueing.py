"""Adds envelopes of our own ids to the outbox; customers' words stay in the database."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from domain import topics
from domain.messages import Role
from domain.records import Conversation, NewOutboxRow, OutboundMessage, StoredMessage
from domain.stores import UnitOfWork
from domain.traces import TraceContext, current_trace

SCHEMA_VERSION = 1
DEAD_LETTER_VERSION = 2
"""From version 2 on a record refers to the dead letter's bytes, which may be larger than a record."""
_HEAD = 1024
"""Number of a text's characters, or a record's bytes, that the DLQ topic repeats."""
_DEAD_LETTER_KEYS = UUID("7d0f3b0e-5d7c-4a55-9d5b-0c1f6f2f9a10")


def trace_headers(trace_id: str | None) -> dict[str, str]:
    """Return a `traceparent`: the current span if it belongs to the message's trace, else a new one."""
    if trace_id is None:
        return {}
    current = current_trace()
    if current is None or current.trace_id != trace_id:
        current = TraceContext.new(trace_id)
    return {"traceparent": current.traceparent}


async def queue_message(uow: UnitOfWork, topic: str, message: StoredMessage) -> None:
    """Queue a stored message for the next stage; published only if `uow` is committed."""
    await uow.outbox.add(*_row(topic, message, message.created_at, trace_headers(message.trace_id)))


async def send_message(
    uow: UnitOfWork,
    conversation: Conversation,
    *,
    role: Role,
    author: str | None,
    content: str,
    trace_id: str | None,
    turn_id: UUID | None = None,
    message_id: UUID | None = None,
) -> StoredMessage:
    """Store a message to the customer and queue it for delivery; sent only if `uow` is committed.

    `uow` has locked `conversation`. Raises Conflict if the turn has already written its reply.
    """
    message = OutboundMessage(
        id=message_id or uuid.uuid4(),
        conversation_id=conversation.id,
        customer_id=conversation.customer_id,
        channel=conversation.channel,
        role=role,
        author=author,
        content=content,
        turn_id=turn_id,
        trace_id=trace_id,
    )
    row = _row(topics.OUTGOING, message, datetime.now(UTC), trace_headers(trace_id))
    return await uow.messages.add_outbound(message, row)


async def queue_messages(
    uow: UnitOfWork, topic: str, messages: Sequence[tuple[StoredMessage, TraceContext]]
) -> None:
    """Queue several messages, each with its own trace."""
    await uow.outbox.add_many(
        [
            _row(topic, message, message.created_at, {"traceparent": trace.traceparent})
            for message, trace in messages
        ]
    )


def _row(
    topic: str,
    message: StoredMessage | OutboundMessage,
    occurred_at: datetime,
    headers: Mapping[str, str],
) -> NewOutboxRow:
    value = {
        "schema": {"name": topic, "version": SCHEMA_VERSION},
        "message_id": str(message.id),
        "conversation_id": str(message.conversation_id),
        "customer_id": str(message.customer_id),
        "channel": message.channel.value,
        "attempt": 1,
        "trace_id": message.trace_id,
        "occurred_at": occurred_at.isoformat(),
    }
    return NewOutboxRow(topic, message.customer_id, value, headers)


async def queue_dead_letter(
    uow: UnitOfWork,
    *,
    topic: str,
    key: str | None,
    value: bytes,
    origin: str,
    message: StoredMessage | None,
    cause: str,
    attempts: int,
) -> None:
    """Store an unprocessable record as a dead letter and refer to it on the DLQ topic.

    Idempotent by `origin`.
    """
    dead_letter_id = await uow.dead_letters.add(
        topic=topic,
        key=key,
        value=value,
        origin=origin,
        message_id=message.id if message else None,
        cause=cause,
        attempts=attempts,
    )
    if dead_letter_id is None:
        return
    envelope = {
        "schema": {"name": topics.DEAD_LETTERS, "version": DEAD_LETTER_VERSION},
        "dead_letter_id": str(dead_letter_id),
        "message_id": str(message.id) if message else None,
        "conversation_id": str(message.conversation_id) if message else None,
        "customer_id": str(message.customer_id) if message else None,
        "channel": message.channel.value if message else None,
        "attempt": attempts,
        "trace_id": message.trace_id if message else None,
        "occurred_at": datetime.now(UTC).isoformat(),
        "source_topic": topic,
        "source_key": key[:_HEAD] if key is not None else None,
        "origin": origin,
        "cause": cause[:_HEAD],
        "size": len(value),
        "sha256": hashlib.sha256(value).hexdigest(),
        "head_base64": base64.b64encode(value[:_HEAD]).decode("ascii"),
    }
    outbox_key = message.customer_id if message else uuid.uuid5(_DEAD_LETTER_KEYS, origin)
    trace = trace_headers(message.trace_id if message else None)
    await uow.outbox.add(topics.DEAD_LETTERS, outbox_key, envelope, trace)
