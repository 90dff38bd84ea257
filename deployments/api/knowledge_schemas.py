"""What the knowledge and digest calls take and answer, as OpenAPI shows it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, StringConstraints

from deployments.api.schemas import MessageText, NoteText
from domain.channels import Channel
from domain.knowledge import CandidateState

TitleText = Annotated[NoteText, StringConstraints(min_length=3, max_length=200)]


class EvaluationView(BaseModel):
    """How many regression questions found their article before and after, and which no longer do."""

    questions: int
    found_before: int
    found_after: int
    worse: list[str]
    own_questions: int
    own_found: int


class CandidateView(BaseModel):
    """`evidence` are the numbers of the tickets that taught it, `reopened` how many of them came back."""

    id: UUID
    title: str
    text: str
    category: str
    state: CandidateState
    reason: str | None
    evidence: list[str]
    questions: list[str]
    reopened: int
    article_id: UUID | None
    decided_by: str | None
    evaluation: EvaluationView | None
    expires_at: datetime
    created_at: datetime


class Candidates(BaseModel):
    candidates: list[CandidateView]


class Approval(BaseModel):
    """What is not given stays as proposed."""

    title: TitleText | None = None
    text: MessageText | None = None


class Approved(BaseModel):
    article_id: UUID
    evaluation: EvaluationView


class Rejection(BaseModel):
    reason: NoteText | None = None


class GapView(BaseModel):
    name: str
    count: int
    conversations: int
    channels: dict[Channel, int]
    examples: list[str]
    first_at: datetime
    last_at: datetime


class Gaps(BaseModel):
    days: int
    total: int
    gaps: list[GapView]


class ArticleView(BaseModel):
    """Votes, reopened tickets and contradicting answers of people speak for or against it."""

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


class Articles(BaseModel):
    articles: list[ArticleView]


class VersionView(BaseModel):
    version: int
    title: str
    category: str
    content: str
    source: str
    url: str | None
    author: str
    created_at: datetime


class ArticleText(BaseModel):
    article_id: UUID
    versions: list[VersionView]


class ModelView(BaseModel):
    """`missing` chunks have no vector of this model yet; searches read the one that is live."""

    model_id: str
    dimension: int
    chunks: int
    missing: int
    is_live: bool
    is_previous: bool
    comparison: dict[str, float] | None


class Models(BaseModel):
    models: list[ModelView]


class DigestSentiment(BaseModel):
    """Of the customers' messages: 0 furious .. 1 delighted.

    Negative is below `negative_below`, the agent's threshold when the day was counted; null where it was
    not recorded.
    """

    average: float | None
    scored: int
    negative: int
    negative_below: float | None = None


class DigestResolution(BaseModel):
    """Confirmed by a person or a thumbs-up; assumed where the customer said nothing after an answer."""

    tickets: int
    confirmed: int
    assumed: int
    unresolved: int
    confirmed_rate: float | None
    assumed_rate: float | None


class DigestTimes(BaseModel):
    answers: int
    avg_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    staff_answers: int
    avg_staff_wait_s: float | None
    p95_staff_wait_s: float | None


class DigestEscalations(BaseModel):
    total: int
    by_reason: dict[str, int]


class DigestFigures(BaseModel):
    """`channel` is null for all together."""

    channel: Channel | None
    conversations: int
    messages: int
    sentiment: DigestSentiment
    resolution: DigestResolution
    response_times: DigestTimes
    escalations: DigestEscalations


class DigestExample(BaseModel):
    ticket_id: str
    text: str


class DigestIssue(BaseModel):
    name: str
    count: int
    channels: dict[Channel, int]
    sentiment: float | None
    examples: list[DigestExample]


class DigestGap(BaseModel):
    name: str
    count: int
    conversations: int
    channels: dict[Channel, int]
    first_at: datetime
    last_at: datetime


class Digest(BaseModel):
    """`is_final`: the day (UTC) is over and these figures are kept as they are."""

    date: date
    computed_at: datetime
    is_final: bool
    totals: DigestFigures
    channels: list[DigestFigures]
    top_issues: list[DigestIssue]
    content_gaps: list[DigestGap]
