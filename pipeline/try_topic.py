"""Tries a topic on what customers wrote last, before it is saved."""

from __future__ import annotations

from dataclasses import dataclass

from domain.company import Topic
from domain.ports import MessageEncoder, TopicHit, TopicMatcher, vectors_of
from domain.records import StoredMessage
from domain.stores import OpenUnitOfWork
from domain.turn_text import prepare

MESSAGES = 500
_BATCH = 50


@dataclass(frozen=True, slots=True)
class TriedTopic:
    """How many messages were read and which of them the topic matches, the newest first."""

    read: int
    matches: list[tuple[StoredMessage, TopicHit]]

    @property
    def share(self) -> float:
        """Of the messages read, 0 to 1."""
        return len(self.matches) / self.read if self.read else 0.0


async def try_topic(
    open_uow: OpenUnitOfWork, encoder: MessageEncoder, matcher: TopicMatcher, topic: Topic
) -> TriedTopic:
    """Match a topic alone against the newest messages of all customers; has no effect.

    Raises Overloaded or Transient from the encoder.
    """
    async with open_uow() as uow:
        messages = await uow.messages.newest_of_customers(MESSAGES)
    texts = [prepare(message.content).text for message in messages]
    matches: list[tuple[StoredMessage, TopicHit]] = []
    for start in range(0, len(texts), _BATCH):
        batch = texts[start : start + _BATCH]
        vectors = vectors_of(await encoder.encode(batch))
        hits = await matcher.find([topic], batch, vectors)
        matches += [
            (message, hit)
            for message, hit in zip(messages[start:], hits, strict=False)
            if hit is not None
        ]
    return TriedTopic(len(messages), matches)
