"""Defines replies that the agent drafted and a person approves, edits or discards."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from domain.channels import Channel
from domain.tickets import EscalationReason
from domain.turns import Passage

_MOST_WORDS = 2_000
"""Comparing takes the product of both lengths."""


class DraftState(StrEnum):
    """What became of a draft."""

    WAITING = "waiting"
    APPROVED = "approved"
    """A person sent it, as it was or changed."""
    DISCARDED = "discarded"
    STALE = "stale"
    """Something happened since, so that it may no longer be sent."""


class StaleBecause(StrEnum):
    """What made a draft stale. The value is in API and database."""

    NEWER_MESSAGE = "newer_message"
    PERSON = "person"
    SOURCE = "source"
    RESOLVED = "resolved"
    ERASED = "erased"

    @property
    def explanation(self) -> str:
        """A sentence for the person who wanted to send it."""
        return _EXPLANATIONS[self]


_EXPLANATIONS = {
    StaleBecause.NEWER_MESSAGE: "there is a newer message; a new draft is made of both",
    StaleBecause.PERSON: "a person has taken the conversation over",
    StaleBecause.SOURCE: "an article that it rests on was changed or withdrawn",
    StaleBecause.RESOLVED: "the conversation is resolved",
    StaleBecause.ERASED: "the customer was erased",
}


@dataclass(frozen=True, slots=True)
class DraftSource:
    """A version of an article that a draft rests on."""

    article_id: UUID
    title: str
    version: int
    url: str | None = None


@dataclass(frozen=True, slots=True)
class NewDraft:
    """A draft to store. `answers` are the messages that it answers."""

    turn_id: UUID
    conversation_id: UUID
    channel: Channel
    topic: str | None
    reason: EscalationReason | None
    author: str
    content: str
    sources: tuple[DraftSource, ...]
    answers: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class StoredDraft:
    """A stored draft; `state` is STALE as soon as something happened that makes it so."""

    id: UUID
    turn_id: UUID
    conversation_id: UUID
    channel: Channel
    topic: str | None
    """The id of the company's topic that the question is about."""
    reason: EscalationReason | None
    """Of a draft that only tells the customer of a hand-over."""
    author: str
    content: str
    sources: tuple[DraftSource, ...]
    state: DraftState
    stale_because: StaleBecause | None
    message_id: UUID | None
    """The reply that it became."""
    decided_by: str | None
    created_at: datetime


class DraftCursor(NamedTuple):
    """The place of a draft in the list, oldest first."""

    created_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class WaitingDraft:
    """A line of the list of drafts that may be sent."""

    draft: StoredDraft
    ticket_number: str | None
    customer_name: str
    subject: str | None
    question: str
    """The newest message that it answers."""


@dataclass(frozen=True, slots=True)
class DraftFigures:
    """What became of the drafts about one topic on one channel."""

    channel: Channel
    topic: str | None
    waiting: int
    approved: int
    unchanged: int
    """Approved without a change."""
    discarded: int
    overruled: int
    """A person took the conversation or answered it without the draft."""
    superseded: int
    """Stale for another cause, which says nothing of the draft."""
    distance: float | None
    """Mean part of the words that was changed in the approved ones, 0 to 1."""

    @property
    def acceptance(self) -> float | None:
        """Part of the drafts which a person judged that was sent; None if nobody judged one."""
        judged = self.approved + self.discarded + self.overruled
        return self.approved / judged if judged else None


def sources_of(passages: Sequence[Passage]) -> tuple[DraftSource, ...]:
    """Return each article of the passages once, in order."""
    return tuple(
        dict.fromkeys(
            DraftSource(passage.article_id, passage.title, passage.version, passage.url)
            for passage in passages
        )
    )


def distance(draft: str, sent: str) -> float:
    """Return the part of the words that was changed: 0 if nothing was, 1 if no word stayed."""
    before, after = (text.split()[:_MOST_WORDS] for text in (draft, sent))
    return 1 - difflib.SequenceMatcher(None, before, after, autojunk=False).ratio()
