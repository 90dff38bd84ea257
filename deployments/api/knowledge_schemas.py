"""Defines the bodies of the knowledge and digest calls."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, StringConstraints

from deployments.api.bodies import MessageText, NoteText
from domain.channels import Channel
from domain.knowledge import CandidateState

TitleText = Annotated[NoteText, StringConstraints(min_length=3, max_length=200)]


class EvaluationView(BaseModel):
    """Regression questions that found their article before and after; `worse` no longer do."""

    questions: int
    found_before: int
    found_after: int
    worse: list[str]
    own_questions: int
    own_found: int


class CandidateView(BaseModel):
    """A learned article.

    `evidence` are its tickets' numbers, `conversations` their ids in that order; `reopened` counts later reopenings.
    """

    id: UUID
    title: str
    text: str
    category: str
    state: CandidateState
    reason: str | None
    evidence: list[str]
    conversations: list[UUID]
    questions: list[str]
    reopened: int
    article_id: UUID | None
    decided_by: str | None
    evaluation: EvaluationView | None
    expires_at: datetime
    created_at: datetime


class Candidates(BaseModel):
    """Article candidates."""

    candidates: list[CandidateView]


class Approval(BaseModel):
    """Edits to a candidate; a field left out stays as proposed."""

    title: TitleText | None = None
    text: MessageText | None = None


class Approved(BaseModel):
    """The published article and its regression check."""

    article_id: UUID
    evaluation: EvaluationView


class Rejection(BaseModel):
    """Why a candidate is rejected."""

    reason: NoteText | None = None


class GapView(BaseModel):
    """Questions of one meaning that found no answer.

    `name` is its topic in a few words; `evidence` are conversations that asked it, for an article's draft.
    """

    name: str
    count: int
    conversations: int
    channels: dict[Channel, int]
    examples: list[str]
    first_at: datetime
    last_at: datetime
    evidence: list[UUID]


class Gaps(BaseModel):
    """Gaps of the last `days`; `total` counts their questions."""

    days: int
    total: int
    gaps: list[GapView]


class ArticleView(BaseModel):
    """An article with its votes, reopened tickets and contradicting answers of staff."""

    article_id: UUID
    version: int
    title: str
    category: str
    source: str
    url: str | None
    is_published: bool
    expires_at: datetime | None
    updated_at: datetime
    up_votes: int
    down_votes: int
    reopened: int
    contradicted: int


class ModelView(BaseModel):
    """An embedding model; `missing` counts chunks without its vector. Searches read the live model."""

    model_id: str
    dimension: int
    chunks: int
    missing: int
    is_live: bool
    is_previous: bool
    comparison: dict[str, float] | None


class Models(BaseModel):
    """Embedding models with stored vectors."""

    models: list[ModelView]


class DigestSentiment(BaseModel):
    """Sentiment of customers' messages, from 0 (furious) to 1 (delighted).

    `negative` counts those below `negative_below`, the agent's threshold when the day was counted; null if
    it was not recorded.
    """

    average: float | None
    scored: int
    negative: int
    negative_below: float | None = None


class DigestResolution(BaseModel):
    """Tickets confirmed by staff or a thumbs-up, and those assumed resolved by the customer's silence."""

    tickets: int
    confirmed: int
    assumed: int
    unresolved: int
    confirmed_rate: float | None
    assumed_rate: float | None


class DigestTimes(BaseModel):
    """Response times: the agent's in milliseconds, staff's in seconds."""

    answers: int
    avg_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    staff_answers: int
    avg_staff_wait_s: float | None
    p95_staff_wait_s: float | None


class DigestEscalations(BaseModel):
    """Hand-overs to staff."""

    total: int
    by_reason: dict[str, int]


class DigestFigures(BaseModel):
    """Figures of one channel, or of all if `channel` is null."""

    channel: Channel | None
    conversations: int
    messages: int
    sentiment: DigestSentiment
    resolution: DigestResolution
    response_times: DigestTimes
    escalations: DigestEscalations


class DigestExample(BaseModel):
    """A message that shows an issue."""

    ticket_id: str
    text: str


class DigestIssue(BaseModel):
    """A frequent topic of the day."""

    name: str
    count: int
    channels: dict[Channel, int]
    sentiment: float | None
    examples: list[DigestExample]


class DigestGap(BaseModel):
    """Questions of one meaning that found no answer."""

    name: str
    count: int
    conversations: int
    channels: dict[Channel, int]
    first_at: datetime
    last_at: datetime


class Digest(BaseModel):
    """A day's digest; once `is_final`, the day (UTC) is over and the figures no longer change."""

    date: date
    computed_at: datetime
    is_final: bool
    totals: DigestFigures
    channels: list[DigestFigures]
    top_issues: list[DigestIssue]
    content_gaps: list[DigestGap]
