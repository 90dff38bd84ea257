"""Lets editors write, publish and import articles, and try out what customers would be answered."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal
from uuid import UUID, uuid5

from fastapi import APIRouter, File, Header, Path, Query, Response, UploadFile

from deployments.api.article_schemas import (
    ArticleDetail,
    ArticleSummaries,
    ArticleSummary,
    ArticleVersions,
    ArticleVersionView,
    ChangedArticle,
    EvidenceView,
    FoundPassage,
    ImportedArticle,
    ImportedPassage,
    ImportOutcome,
    ImportProblem,
    ListedState,
    NewArticle,
    NewQuestion,
    QuestionView,
    SavedArticle,
    Search,
    SearchOutcome,
    Visibility,
)
from deployments.api.bodies import Done
from deployments.api.context import Context, Editor, Viewer
from deployments.api.errors import STAFF_ERRORS, ConflictBody, ErrorBody, FieldErrorBody
from deployments.api.if_match import IfMatch, version_of
from deployments.api.knowledge_schemas import EvaluationView
from deployments.articles import cut_article, relate
from domain.articles import (
    UPLOADED,
    ArticleFilter,
    ArticleState,
    Origin,
    StoredArticle,
)
from domain.documents import ImportLimits, SourceFile
from domain.errors import Malformed
from domain.turns import Passage
from pipeline.articles import Saved
from pipeline.imports import ImportPlan, plan_import, publish_import
from pipeline.index import Indexed, id_of, section_of
from pipeline.learning.gaps import questions_of
from pipeline.learning.regression import Regression
from pipeline.search import search_internal

_REPEATED = UUID("5d2f6f0e-3a0d-4a55-9a63-0f3a5b9f7f02")
_ANSWERED_BY = "GET /knowledge/articles/{id}"
_SHOWN_PASSAGES = 10
_SHOWN_INTERNAL = 3
_LIMITS = ImportLimits(files=1000)

router = APIRouter(
    prefix="/knowledge",
    tags=["knowledge"],
    responses={
        400: {"model": FieldErrorBody},
        **STAFF_ERRORS,
        404: {"model": ErrorBody},
        409: {"model": ConflictBody},
    },
)


@router.get("/articles", response_model=ArticleSummaries)
async def read_articles(
    context: Context,
    _caller: Viewer,
    q: Annotated[str, Query(max_length=200, description="Words of title or text")] = "",
    state: ListedState | None = None,
    source: Annotated[str | None, Query(max_length=2000)] = None,
    language: Annotated[str | None, Query(max_length=10)] = None,
    visibility: Visibility | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    cursor: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> ArticleSummaries:
    """List articles to review: disputed ones first, then those about to expire, then the newest."""
    is_internal = None if visibility is None else visibility == "internal"
    wanted = ArticleFilter(q, state, source, language, is_internal)
    async with context.open_uow() as uow:
        found = await uow.articles.find(wanted, limit + 1, cursor)
    return ArticleSummaries(
        articles=[ArticleSummary(**_summary(article)) for article in found[:limit]],
        next_cursor=str(cursor + limit) if len(found) > limit else None,
    )


@router.post("/articles", status_code=201, response_model=SavedArticle)
async def create_article(
    body: NewArticle,
    context: Context,
    caller: Editor,
    response: Response,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> SavedArticle:
    """Add an article, published unless its state is `draft`; customers are answered from it at once.

    A repeat with the same `Idempotency-Key` answers the first article. 409 names a regression question that would
    no longer find its article.
    """
    _require_body(body.body, body.state)
    evidence = (
        await questions_of(context.open_uow, body.conversations) if body.conversations else []
    )
    saved = await context.editing.create(
        body.article,
        ArticleState(body.state),
        caller.name,
        article_id=uuid5(_REPEATED, f"{caller.name}\n{idempotency_key}")
        if idempotency_key
        else None,
        evidence=evidence,
        questions=body.questions,
    )
    return _saved(saved, response)


@router.get("/articles/{article_id}", response_model=ArticleDetail)
async def read_article(
    article_id: UUID, context: Context, _caller: Viewer, response: Response
) -> ArticleDetail:
    """Return an article's newest version whole, with its version as ETag."""
    async with context.open_uow() as uow:
        article = await uow.articles.get(article_id)
        questions = await uow.articles.questions(article_id)
        evidence = await uow.articles.evidence(article_id)
    response.headers["ETag"] = f'"{article.version}"'
    return ArticleDetail(
        **_summary(article),
        body=article.text.body,
        next_read=_next_read(article),
        evidence=[EvidenceView.model_validate(item, from_attributes=True) for item in evidence],
        regression_questions=[
            QuestionView.model_validate(question, from_attributes=True) for question in questions
        ],
    )


@router.put("/articles/{article_id}", response_model=SavedArticle)
async def change_article(
    article_id: UUID,
    body: ChangedArticle,
    context: Context,
    caller: Editor,
    response: Response,
    if_match: IfMatch,
) -> SavedArticle:
    """Store a new version. 409 if somebody was faster, or if a regression question would lose its answer."""
    replaces = version_of(if_match, _ANSWERED_BY)
    state = body.state
    if state is None:
        async with context.open_uow() as uow:
            state = (await uow.articles.get(article_id)).state
    _require_body(body.body, state)
    saved = await context.editing.change(
        article_id, body.article, state, caller.name, replaces=replaces
    )
    return _saved(saved, response)


@router.delete("/articles/{article_id}", response_model=Done)
async def delete_article(
    article_id: UUID,
    context: Context,
    caller: Editor,
    if_match: Annotated[
        str | None, Header(max_length=40, description="Refuses to delete another version")
    ] = None,
) -> Done:
    """Delete an article; its versions stay on record."""
    replaces = None if if_match is None else version_of(if_match, _ANSWERED_BY)
    await context.editing.remove(article_id, caller.name, replaces=replaces)
    return Done()


@router.get("/articles/{article_id}/versions", response_model=ArticleVersions)
async def read_article_versions(
    article_id: UUID, context: Context, _caller: Viewer
) -> ArticleVersions:
    """Return every version of an article with its author, the newest first; of a deleted one as well."""
    async with context.open_uow() as uow:
        found = await uow.knowledge.versions(article_id)
    return ArticleVersions(
        article_id=article_id,
        versions=[
            ArticleVersionView(
                version=version.version,
                title=version.title,
                category=version.category,
                content=version.content,
                source=version.source,
                url=version.url,
                language=version.language,
                expires_at=version.expires_at,
                is_whole=version.is_whole,
                visibility=_visibility(version.is_internal),
                author=version.author,
                created_at=version.created_at,
                restored_from=version.restored_from,
            )
            for version in found
        ],
    )


@router.post("/articles/{article_id}/versions/{version}/restore", response_model=SavedArticle)
async def restore_article(
    article_id: UUID,
    version: Annotated[int, Path(ge=1, le=2_147_483_647)],
    context: Context,
    caller: Editor,
    response: Response,
    if_match: Annotated[str | None, Header(max_length=40)] = None,
) -> SavedArticle:
    """Make an earlier version the newest; of a published article it is published."""
    replaces = None if if_match is None else version_of(if_match, _ANSWERED_BY)
    saved = await context.editing.restore(article_id, version, caller.name, replaces=replaces)
    return _saved(saved, response)


@router.post("/articles/{article_id}/questions", status_code=201, response_model=Done)
async def add_question(
    article_id: UUID, body: NewQuestion, context: Context, caller: Editor
) -> Done:
    """Add a regression question: from now on no publication may take its answer away."""
    await context.editing.ask(article_id, body.question, caller.name)
    return Done()


@router.delete("/articles/{article_id}/questions/{question_id}", response_model=Done)
async def remove_question(
    article_id: UUID, question_id: UUID, context: Context, caller: Editor
) -> Done:
    """Remove a regression question."""
    await context.editing.forget_question(article_id, question_id, caller.name)
    return Done()


@router.post("/articles/{article_id}/{act}", response_model=Done)
async def set_published(
    article_id: UUID, act: Literal["publish", "unpublish"], context: Context, caller: Editor
) -> Done:
    """Publish an article's newest version or unpublish it; the next search follows."""
    await context.editing.set_published(article_id, caller.name, act == "publish")
    return Done()


@router.post(
    "/import",
    response_model=ImportOutcome,
    responses={408: {"model": ErrorBody}, 413: {"model": ErrorBody}},
)
async def import_files(
    context: Context,
    caller: Editor,
    files: Annotated[list[UploadFile], File(description="md, html, csv, pdf, docx, txt")],
    preview: Annotated[bool, Query(description="Only show what the files would become")] = False,
) -> ImportOutcome:
    """Publish the articles of files, or show what they would become.

    A file that can't be read is named with its reason and stops no other. An article of the same title from an
    earlier upload is replaced; what is unchanged costs nothing.
    """
    from documents.reader import FileReader

    limits = _LIMITS
    received = [
        SourceFile(file.filename or "unnamed", await file.read(limits.file_bytes + 1))
        for file in files
    ]
    reader = FileReader(limits)
    try:
        plan = await plan_import(received, reader, cut_article, limits)
    finally:
        await asyncio.to_thread(reader.close)
    if preview or not plan.articles:
        return _imported(plan, None)
    regression = Regression(context.open_uow, context.editing.embedder, context.editing.ranker)
    done = await publish_import(
        plan,
        context.open_uow,
        context.editing.embedder,
        UPLOADED,
        await context.editing.first_model(),
        relate,
        caller.name,
        gone=(),
        check=regression.refuse,
    )
    async with context.open_uow() as uow:
        detail = {"articles": done.articles, "files": plan.files}
        await uow.audit.add(caller.name, "import", "articles", UPLOADED, detail)
        await uow.commit()
    return _imported(plan, done)


@router.post("/search", response_model=SearchOutcome)
async def try_search(body: Search, context: Context, _caller: Viewer) -> SearchOutcome:
    """Show the passages that a customer's text finds, and whether it would be answered from them."""
    found = await context.tried_search.search(body.text)
    internal = await search_internal(
        context.open_uow, context.editing.embedder, body.text, _SHOWN_INTERNAL
    )
    return SearchOutcome(
        passages=[_found(passage) for passage in found.passages[:_SHOWN_PASSAGES]],
        answerable=found.answerable,
        answerable_from=found.answerable_from,
        would_answer=found.is_answerable,
        internal=[_found(passage) for passage in internal],
    )


def _require_body(body: str, state: str) -> None:
    if state != "draft" and not body.strip():
        raise Malformed("nothing to publish", {"body": "must not be empty"})


def _visibility(is_internal: bool) -> Visibility:
    return "internal" if is_internal else "public"


def _summary(article: StoredArticle) -> dict[str, Any]:
    text = article.text
    return {
        "id": article.id,
        "article_id": article.id,
        "version": article.version,
        "published_version": article.published_version,
        "title": text.title,
        "category": text.category,
        "language": text.language,
        "url": text.url,
        "expires_at": text.expires_at,
        "is_whole": text.is_whole,
        "visibility": _visibility(text.is_internal),
        "state": article.state,
        "is_published": article.state is ArticleState.PUBLISHED,
        "is_expired": article.is_expired,
        "has_changes": article.has_changes,
        "source": article.source,
        "origin": article.origin,
        "is_edited": article.is_edited,
        "author": article.author,
        "created_at": article.created_at,
        "updated_at": article.updated_at,
        "questions": article.questions,
        "up_votes": article.up_votes,
        "down_votes": article.down_votes,
        "reopened": article.reopened,
        "contradicted": article.contradicted,
    }


def _next_read(article: StoredArticle) -> str:
    match article.origin:
        case Origin.CRAWL:
            return (
                f"This article is read from {article.source}. Your change stays until the page itself changes:"
                " then the page's text replaces it, and yours stays among the versions."
                " When the page is gone, so is the article."
            )
        case Origin.UPLOAD:
            return (
                "This article came from a file. Your change stays until a file with an article of this title and"
                " another text is uploaded; yours stays among the versions."
            )
        case Origin.IMPORT:
            return (
                f"This article was imported from {article.source}. Your change stays until an import brings another"
                " text; yours stays among the versions. An import without it removes the article."
            )
    return ""


def _saved(saved: Saved, response: Response) -> SavedArticle:
    article = saved.article
    response.headers["ETag"] = f'"{article.version}"'
    return SavedArticle(
        id=article.id,
        version=article.version,
        state=article.state,
        has_changes=article.has_changes,
        evaluation=saved.evaluation
        and EvaluationView.model_validate(saved.evaluation, from_attributes=True),
    )


def _imported(plan: ImportPlan, done: Indexed | None) -> ImportOutcome:
    return ImportOutcome(
        is_published=done is not None,
        files=plan.files,
        articles=[
            ImportedArticle(
                article_id=id_of(UPLOADED, planned.passages),
                file=planned.file,
                place=planned.place,
                title=planned.passages.title,
                language=planned.passages.language,
                category=planned.passages.category,
                url=planned.passages.url,
                expires_at=planned.passages.expires_at,
                is_whole=planned.passages.is_whole,
                is_outdated=planned.passages.is_outdated,
                passages=[
                    ImportedPassage(section=section_of(planned.passages, at), text=text)
                    for at, (text, _) in enumerate(planned.passages.passages)
                ],
            )
            for planned in plan.articles
        ],
        problems=[
            ImportProblem.model_validate(problem, from_attributes=True) for problem in plan.problems
        ],
        columns={file: dict(columns) for file, columns in plan.columns.items()},
        embedded=done.embedded_chunks if done else 0,
        unchanged=done.unchanged_chunks if done else 0,
        kept_edits=done.kept_edits if done else 0,
    )


def _found(passage: Passage) -> FoundPassage:
    return FoundPassage(
        article_id=passage.article_id,
        version=passage.version,
        title=passage.title,
        section=passage.section,
        text=passage.text,
        url=passage.url,
        language=passage.language,
        is_whole=passage.is_whole,
        score=passage.similarity,
        title_score=passage.title_similarity,
    )
