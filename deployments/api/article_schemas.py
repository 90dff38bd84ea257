"""Defines the bodies of the calls on articles, their import and the try-out search."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AliasChoices, BaseModel, Field, StringConstraints

from deployments.api.bodies import ArticleMarkdown, MessageText, NoteText
from deployments.api.knowledge_schemas import ArticleView, EvaluationView, TitleText
from domain.articles import ArticleState, ArticleText, Origin

Visibility = Literal["public", "internal"]
ListedState = Literal["draft", "published", "unpublished", "expired", "changed"]


def _zoned(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


LanguageCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
PageAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+\S*$", max_length=2000)]
Moment = Annotated[datetime, AfterValidator(_zoned)]
QuestionText = Annotated[NoteText, StringConstraints(min_length=3, max_length=500)]


class ArticleFields(BaseModel):
    """What an editor sets.

    `visibility` internal: for staff, never quoted to customers. `is_whole`: its answer is said whole or not at all.
    After `expires_at` nobody is answered from it. Without a `language` it is recognised.
    """

    title: TitleText
    body: ArticleMarkdown = Field(
        validation_alias=AliasChoices("body", "text", "content", "markdown"),
        description="Markdown.",
    )
    category: Annotated[str, StringConstraints(min_length=1, max_length=100)] = "general"
    language: LanguageCode | None = None
    url: PageAddress | None = None
    expires_at: Moment | None = None
    is_whole: bool = False
    visibility: Visibility = "public"

    @property
    def article(self) -> ArticleText:
        """What they mean."""
        return ArticleText(
            self.title.strip(),
            self.body,
            self.category,
            self.language,
            self.url,
            self.expires_at,
            self.is_whole,
            self.visibility == "internal",
        )


class NewArticle(ArticleFields):
    """A new article; by default it is published.

    `questions` are asked at each publication from now on. `conversations` are those whose searches found nothing:
    what they asked is linked as evidence.
    """

    state: Literal["draft", "published"] = "published"
    questions: Annotated[list[QuestionText], Field(max_length=50)] = []
    conversations: Annotated[list[UUID], Field(max_length=100)] = []


class ChangedArticle(ArticleFields):
    """An article's new text and settings. Without a `state`, what is published stays so, with the new text.

    `draft` stores the text and leaves what is published as it is; `unpublished` ends answers from the article.
    """

    state: ArticleState | None = None


class ArticleSummary(ArticleView):
    """An article in the list.

    `id` is `article_id`. `has_changes`: a change of the published article waits. `is_edited`: a person changed what
    its origin said. `questions` counts its regression questions.
    """

    id: UUID
    state: ArticleState
    is_expired: bool
    has_changes: bool
    published_version: int | None
    language: str | None
    visibility: Visibility
    is_whole: bool
    origin: Origin
    is_edited: bool
    author: str
    created_at: datetime
    questions: int


class ArticleSummaries(BaseModel):
    """Articles to review; `next_cursor` continues the list, null at its end."""

    articles: list[ArticleSummary]
    next_cursor: str | None


class EvidenceView(BaseModel):
    """What a customer asked, without personal data."""

    conversation_id: UUID
    question: str


class QuestionView(BaseModel):
    """A question that the article must go on answering."""

    id: UUID
    question: str
    origin: str
    created_at: datetime


class ArticleDetail(ArticleSummary):
    """An article whole; `next_read` says what the next import or crawl does to a change, empty where none comes."""

    body: str
    next_read: str
    evidence: list[EvidenceView]
    regression_questions: list[QuestionView]


class SavedArticle(BaseModel):
    """A saved article; `evaluation` is what publishing changed, null if nothing was published."""

    id: UUID
    version: int
    state: ArticleState
    has_changes: bool
    evaluation: EvaluationView | None


class ArticleVersionView(BaseModel):
    """One version of an article."""

    version: int
    title: str
    category: str
    content: str
    source: str
    url: str | None
    language: str | None
    expires_at: datetime | None
    is_whole: bool
    visibility: Visibility
    author: str
    created_at: datetime
    restored_from: int | None


class ArticleVersions(BaseModel):
    """All versions of an article, the newest first."""

    article_id: UUID
    versions: list[ArticleVersionView]


class NewQuestion(BaseModel):
    """A question that the article must answer from now on."""

    question: QuestionText


class ImportedPassage(BaseModel):
    """A piece that searches find."""

    section: str
    text: str


class ImportedArticle(BaseModel):
    """An article of a file; `place` tells where in it. `is_outdated`: it is stored unpublished."""

    article_id: UUID
    file: str
    place: str
    title: str
    language: str | None
    category: str
    url: str | None
    expires_at: datetime | None
    is_whole: bool
    is_outdated: bool
    passages: list[ImportedPassage]


class ImportProblem(BaseModel):
    """What is left out, or is not as in its file, and why."""

    file: str
    place: str
    reason: str
    is_left_out: bool


class ImportOutcome(BaseModel):
    """What an import makes of the files, or made of them once `is_published`."""

    is_published: bool
    files: int
    articles: list[ImportedArticle]
    problems: list[ImportProblem]
    columns: dict[str, dict[str, str]]
    embedded: int = 0
    unchanged: int = 0
    kept_edits: int = 0


class Search(BaseModel):
    """A text to search for, as a customer would write it."""

    text: MessageText


class FoundPassage(BaseModel):
    """A passage; the similarities are cosines of it and of its title with the text."""

    article_id: UUID
    version: int
    title: str
    section: str
    text: str
    url: str | None
    language: str | None
    is_whole: bool
    score: float
    title_score: float


class SearchOutcome(BaseModel):
    """Passages, best first; `would_answer`: a customer would be answered from the first article.

    `answerable` is the probability that the passages hold the answer, and `answerable_from` the least that counts.
    `internal` are passages for staff alone: no customer is answered from them.
    """

    passages: list[FoundPassage]
    answerable: float
    answerable_from: float
    would_answer: bool
    internal: list[FoundPassage]
