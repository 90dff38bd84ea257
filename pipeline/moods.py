"""Messages that no turn scored, because a person had the conversation, are scored afterwards."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from domain.ports import MessageReader, SentimentScorer
from domain.records import StoredMessage
from domain.stores import OpenWork
from domain.tickets import Priority
from pipeline.judge import is_falling, next_trend


async def score_unscored(
    open_work: OpenWork, reader: MessageReader, scorer: SentimentScorer, limit: int = 64
) -> int:
    """Score the oldest of them, follow their conversations' trends, and put a falling one first.

    Idempotent. Returns how many were scored; raises Overloaded or Transient from the model stages.
    """
    async with open_work() as work:
        messages = await work.messages.unscored(limit)
    if not messages:
        return 0
    texts = [one.content for one in messages]
    scores = await scorer.score(texts, await reader.read(texts))
    by_conversation: dict[UUID, list[tuple[StoredMessage, float]]] = defaultdict(list)
    for message, score in zip(messages, scores, strict=True):
        by_conversation[message.conversation_id].append((message, score))
    for conversation_id, scored in by_conversation.items():
        async with open_work() as work:
            conversation = await work.conversations.lock(conversation_id)
            trend = conversation.sentiment_trend
            for _, score in scored:
                trend = next_trend(trend, score)
            await work.messages.set_sentiments({one.id: score for one, score in scored})
            if trend is not None:
                await work.conversations.set_sentiment_trend(conversation_id, trend)
            said = await work.messages.of_conversation(conversation_id)
            ticket = await work.tickets.current(conversation_id)
            falls = is_falling([one.sentiment for one in said])
            if ticket is not None and not ticket.is_over and falls:
                await work.tickets.raise_priority(ticket.id, Priority.HIGH)
            await work.commit()
    return len(messages)
