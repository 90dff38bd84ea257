"""Declares the bodies of the calls about drafts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from deployments.api.bodies import MessageText, NoteText
from domain.channels import Channel
from domain.drafts import DraftFigures, DraftSource, DraftState, StaleBecause, StoredDraft
from domain.tickets import EscalationReason


class DraftSourceView(BaseModel):
    """A version of an article that a draft rests on."""

    model_config = ConfigDict(from_attributes=True)

    article_id: UUID
    title: str
    version: int
    url: str | None


class DraftView(BaseModel):
    """A reply that the agent drafted for a person to send."""

    id: UUID
    content: str
    sources: list[DraftSourceView]
    author: str = Field(description="The model, or the rule, that wrote it.")
    reason: EscalationReason | None = Field(
        description="Of a draft that only tells the customer of a hand-over."
    )
    topic: str | None = Field(description="The id of the company's topic that it is about.")
    created_at: datetime
    state: DraftState
    stale_because: StaleBecause | None
    decided_by: str | None


class WaitingDraftView(DraftView):
    """A draft in the list."""

    conversation_id: UUID
    ticket_id: str | None
    customer_name: str
    channel: Channel
    subject: str | None
    question: str = Field(description="The newest message that it answers.")


class WaitingDrafts(BaseModel):
    """Drafts that may be sent, oldest first; `next_cursor` leads to the next page."""

    drafts: list[WaitingDraftView]
    total: int
    next_cursor: str | None


class DraftApproval(BaseModel):
    """What to send in place of the draft, if anything; `draft_id` is the one that was read."""

    model_config = ConfigDict(extra="forbid")

    content: MessageText | None = None
    draft_id: UUID | None = Field(
        default=None, description="409 if there is a newer one, which the caller has not seen."
    )


class DraftDiscard(BaseModel):
    """Why the draft is thrown away, for whoever answers, and which one was read."""

    model_config = ConfigDict(extra="forbid")

    reason: NoteText | None = None
    draft_id: UUID | None = Field(
        default=None, description="409 if there is a newer one, which the caller has not seen."
    )


class DraftSent(BaseModel):
    """The reply that the draft became."""

    message_id: UUID


class SuggestionView(BaseModel):
    """A reply that nobody has sent."""

    draft: str | None = Field(
        description="Null where no model may answer or none found an answer; `reason` says why."
    )
    sources: list[DraftSourceView] = Field(
        description="The articles that it rests on; without a draft the closest ones."
    )
    reason: EscalationReason | None


class DraftFigure(BaseModel):
    """What became of the drafts about one topic on one channel."""

    channel: Channel
    topic: str | None = Field(description="The id of the company's topic; null for all others.")
    mode: str = Field(description="What `answering` of the company profile says now.")
    waiting: int
    approved: int
    unchanged: int = Field(description="Approved as they were.")
    discarded: int
    overruled: int = Field(description="A person answered without the draft.")
    superseded: int = Field(description="Became stale for another cause; not judged.")
    acceptance_rate: float | None = Field(
        description="Approved, of those that a person judged, 0 to 1."
    )
    edit_distance: float | None = Field(
        description="Mean part of the words that was changed in the approved ones, 0 to 1."
    )


class DraftQuality(BaseModel):
    """What became of the drafts of the last days, by channel and topic."""

    days: int
    figures: list[DraftFigure]


def view_draft(draft: StoredDraft) -> DraftView:
    """Return a draft as staff see it."""
    return DraftView(**_fields(draft))


def view_waiting(draft: StoredDraft, **line: object) -> WaitingDraftView:
    """Return a line of the list."""
    return WaitingDraftView(
        **_fields(draft), conversation_id=draft.conversation_id, channel=draft.channel, **line
    )


def view_sources(sources: tuple[DraftSource, ...]) -> list[DraftSourceView]:
    """Return the articles as staff see them."""
    return [DraftSourceView.model_validate(source) for source in sources]


def view_figures(figures: DraftFigures, mode: str) -> DraftFigure:
    """Return the figures of one topic on one channel."""
    return DraftFigure(
        channel=figures.channel,
        topic=figures.topic,
        mode=mode,
        waiting=figures.waiting,
        approved=figures.approved,
        unchanged=figures.unchanged,
        discarded=figures.discarded,
        overruled=figures.overruled,
        superseded=figures.superseded,
        acceptance_rate=figures.acceptance,
        edit_distance=figures.distance,
    )


def _fields(draft: StoredDraft) -> dict[str, object]:
    return {
        "id": draft.id,
        "content": draft.content,
        "sources": view_sources(draft.sources),
        "author": draft.author,
        "reason": draft.reason,
        "topic": draft.topic,
        "created_at": draft.created_at,
        "state": draft.state,
        "stale_because": draft.stale_because,
        "decided_by": draft.decided_by,
    }
