"""Scores messages that no turn scored because a person had the conversation."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from domain.events import ignore
from domain.ports import MessageEncoder, Observe, SentimentScorer
from domain.records import StoredMessage
from domain.stores import OpenUnitOfWork
from domain.tickets import Priority
from domain.turn_text import prepare
from pipeline.failed_items import describe, for_each
from pipeline.triage import is_falling, next_trend

log = logging.getLogger(__name__)

JOB = "sentiment"


async def score_unscored(
    open_uow: OpenUnitOfWork,
    encoder: MessageEncoder,
    scorer: SentimentScorer,
    limit: int = 64,
    observe: Observe = ignore,
) -> int:
    """Score the oldest unscored messages, update trends, and raise the priority where sentiment falls.

    Idempotent. A message that can't be scored is retried later and does not affect the others.
    Returns how many were read; raises Overloaded or Transient from the model stages.
    """
    async with open_uow() as uow:
        messages = await uow.messages.unscored(limit)
    if not messages:
        return 0

    async def score(these: Sequence[StoredMessage]) -> list[float]:
        texts = [prepare(message.content).text for message in these]
        return await scorer.score(texts, await encoder.encode(texts))

    try:
        found = zip(messages, await score(messages), strict=True)
        scores = {message.id: value for message, value in found}
    except Exception as error:  # noqa: BLE001 - decided below, for each message
        # A single text may fail the batch: scoring each alone shows which.
        log.warning("scoring %d messages separately: %s", len(messages), describe(error))
        scores = {}

    async def follow(message: StoredMessage) -> None:
        known = scores.get(message.id)
        await _follow(open_uow, message, (await score([message]))[0] if known is None else known)

    await for_each(
        open_uow, JOB, {str(message.id): message for message in messages}, follow, observe
    )
    return len(messages)


async def _follow(open_uow: OpenUnitOfWork, message: StoredMessage, score: float) -> None:
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(message.conversation_id)
        trend = next_trend(conversation.sentiment_trend, score)
        await uow.messages.set_sentiments({message.id: score})
        await uow.conversations.set_sentiment_trend(conversation.id, trend)
        said = await uow.messages.of_conversation(conversation.id)
        ticket = await uow.tickets.current(conversation.id)
        falls = is_falling([message.sentiment for message in said])
        if ticket is not None and not ticket.is_over and falls:
            await uow.tickets.raise_priority(ticket.id, Priority.HIGH)
        await uow.commit()
