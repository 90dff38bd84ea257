"""Writes articles: drafts, publishes, restores and removes them, each act once and on the record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

from domain.articles import (
    WRITTEN,
    ArticleEvidence,
    ArticleState,
    ArticleText,
    StoredArticle,
)
from domain.errors import Conflict, NotFound
from domain.knowledge import Article, ArticleVersion, Chunk
from domain.languages import guess_language
from domain.ports import KnowledgeEmbedder, Ranker
from domain.stores import OpenUnitOfWork
from pipeline.index import Passages, Relate, embed_new, make_chunks
from pipeline.learning.regression import Change, Evaluation, Regression, require_answers

Cut = Callable[[ArticleText], Passages]
"""Makes an article's passages. Raises Malformed."""

_TRIES = 3
_MOST_QUESTIONS = 100
"""Of one article: each is asked at every publication."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved article; `evaluation` tells what publishing it changed, None if it was not published."""

    article: StoredArticle
    evaluation: Evaluation | None = None


@dataclass(frozen=True, slots=True)
class _Prepared:
    model_id: str
    chunks: tuple[Chunk, ...]
    evaluation: Evaluation


@dataclass(frozen=True, slots=True)
class Editing:
    """What editors do to articles.

    `cut` and `relate` make passages and vectors as for every other article. `first_model` names the model for the
    first article of all.
    """

    open_uow: OpenUnitOfWork
    embedder: KnowledgeEmbedder
    ranker: Ranker
    cut: Cut
    first_model: Callable[[], Awaitable[str]]
    relate: Relate = field(default=lambda vectors: vectors)

    async def create(
        self,
        text: ArticleText,
        state: ArticleState,
        author: str,
        *,
        article_id: UUID | None = None,
        evidence: Sequence[ArticleEvidence] = (),
        questions: Sequence[str] = (),
    ) -> Saved:
        """Add an article. With an `article_id` that exists already, nothing happens: a call was repeated.

        Raises:
            Malformed: The text can't be published.
            TakesAnswers: Publishing it would take a regression question from another article.
        """
        if state is ArticleState.UNPUBLISHED:
            state = ArticleState.DRAFT
        wanted = article_id or uuid4()
        async with self.open_uow() as uow:
            known = await uow.articles.lock(wanted)
        if known is not None:
            return Saved(known)
        text = _with_language(text)
        prepared = None
        if state is ArticleState.PUBLISHED:
            prepared = await self._prepare(wanted, text, questions)
        async with self.open_uow() as uow:
            if known := await uow.articles.lock(wanted):
                return Saved(known)
            if prepared is None:
                await uow.articles.save(wanted, text, state=state, source=WRITTEN, author=author)
            else:
                await uow.knowledge.put(
                    _indexed(wanted, text, WRITTEN, author, prepared), prepared.model_id
                )
            await uow.articles.add_evidence(wanted, evidence)
            for question in questions:
                await uow.lessons.add_question(question, wanted, "staff", None)
            saved = await uow.articles.get(wanted)
            detail = {"state": state, "version": saved.version}
            await uow.audit.add(author, "create_article", "article", str(wanted), detail)
            await uow.commit()
        return Saved(saved, prepared.evaluation if prepared else None)

    async def change(
        self,
        article_id: UUID,
        text: ArticleText,
        state: ArticleState,
        author: str,
        *,
        replaces: int | None = None,
        restored_from: int | None = None,
    ) -> Saved:
        """Store a new version and publish it, keep it as a draft, or unpublish the article.

        A draft of a published article leaves what is published as it is. A repetition changes nothing.

        Args:
            article_id: The article.
            text: Its new text and settings.
            state: PUBLISHED publishes the text, DRAFT only stores it, UNPUBLISHED stores it and ends answers from it.
            author: Who does it.
            replaces: The version that the author has read; None for whatever is the newest.
            restored_from: The earlier version that the text is.

        Raises:
            NotFound: No such article.
            Conflict: It has another version: somebody was faster.
            Malformed: The text can't be published.
            TakesAnswers: A regression question would lose its answer.
        """
        async with self.open_uow() as uow:
            before = await uow.articles.get(article_id)
        text = _with_language(replace(text, language=text.language or before.text.language))
        if _is_repeated(before, text, state, author, replaces):
            return Saved(before)
        _require_version(before, replaces)
        prepared = None
        if state is ArticleState.PUBLISHED:
            prepared = await self._prepare(article_id, text)
        async with self.open_uow() as uow:
            current = await uow.articles.lock(article_id)
            if current is None:
                raise NotFound("no such article")
            _require_version(current, before.version)
            is_new = text != current.text
            if prepared is not None:
                article = replace(
                    _indexed(article_id, text, current.source, author, prepared),
                    version=None if is_new else current.version,
                    is_edited=current.is_edited or (is_new and current.source != WRITTEN),
                    restored_from=restored_from,
                )
                await uow.knowledge.put(article, prepared.model_id)
            elif is_new:
                await uow.articles.save(
                    article_id,
                    text,
                    state=current.state,
                    source=current.source,
                    author=author,
                    restored_from=restored_from,
                )
            if state is ArticleState.UNPUBLISHED and current.published_version is not None:
                await uow.knowledge.set_published(article_id, False)
            saved = await uow.articles.get(article_id)
            detail: dict[str, object] = {"state": state, "version": saved.version}
            if restored_from is not None:
                detail["restored_from"] = restored_from
            await uow.audit.add(author, "change_article", "article", str(article_id), detail)
            await uow.commit()
        return Saved(saved, prepared.evaluation if prepared else None)

    async def restore(
        self, article_id: UUID, version: int, author: str, *, replaces: int | None = None
    ) -> Saved:
        """Make an earlier version the newest, in the article's present state.

        Raises:
            NotFound: No such article or version.
            Conflict, TakesAnswers: As for `change`.
        """
        async with self.open_uow() as uow:
            current = await uow.articles.get(article_id)
            versions = await uow.knowledge.versions(article_id)
        earlier = next((known for known in versions if known.version == version), None)
        if earlier is None:
            raise NotFound("no such version")
        return await self.change(
            article_id,
            text_of(earlier),
            current.state,
            author,
            replaces=current.version if replaces is None else replaces,
            restored_from=version,
        )

    async def set_published(self, article_id: UUID, author: str, is_published: bool) -> Saved:
        """Publish an article's newest version, or end answers from it. Raises as `change`."""
        async with self.open_uow() as uow:
            current = await uow.articles.get(article_id)
        state = ArticleState.PUBLISHED if is_published else ArticleState.UNPUBLISHED
        return await self.change(article_id, current.text, state, author, replaces=current.version)

    async def remove(self, article_id: UUID, author: str, *, replaces: int | None = None) -> None:
        """Remove an article from lists and searches; its versions stay. Raises NotFound, Conflict."""
        async with self.open_uow() as uow:
            current = await uow.articles.lock(article_id)
            if current is None:
                raise NotFound("no such article")
            _require_version(current, replaces)
            await uow.knowledge.remove([article_id])
            await uow.audit.add(
                author,
                "delete_article",
                "article",
                str(article_id),
                {"version": current.version, "title": current.text.title},
            )
            await uow.commit()

    async def ask(self, article_id: UUID, question: str, author: str) -> None:
        """Add a regression question: no publication may take its answer away. Raises NotFound, Conflict."""
        async with self.open_uow() as uow:
            await uow.articles.get(article_id)
            if len(await uow.articles.questions(article_id)) >= _MOST_QUESTIONS:
                raise Conflict(f"an article has at most {_MOST_QUESTIONS} questions")
            await uow.lessons.add_question(question, article_id, "staff", None)
            await uow.audit.add(author, "add_question", "article", str(article_id))
            await uow.commit()

    async def forget_question(self, article_id: UUID, question_id: UUID, author: str) -> None:
        """Remove a regression question. Raises NotFound."""
        async with self.open_uow() as uow:
            question = await uow.articles.forget_question(article_id, question_id)
            await uow.audit.add(
                author, "remove_question", "article", str(article_id), {"question": question}
            )
            await uow.commit()

    async def _prepare(
        self, article_id: UUID, text: ArticleText, own_questions: Sequence[str] = ()
    ) -> _Prepared:
        passages = self.cut(text)
        for tries_left in reversed(range(_TRIES)):
            async with self.open_uow() as uow:
                live = await uow.knowledge.live_model()
            model_id = live or await self.first_model()
            texts = [embedded for _, embedded in passages.passages]
            vectors, _ = await embed_new(self.open_uow, self.embedder, model_id, texts)
            chunks = make_chunks(passages, model_id, vectors, self.relate)
            change = Change(article_id, text.title, () if text.is_internal else chunks)
            regression = Regression(self.open_uow, self.embedder, self.ranker)
            evaluation = await regression.evaluate(model_id, [change], own_questions)
            async with self.open_uow() as uow:
                live = await uow.knowledge.live_model()
            if live in (None, model_id) or not tries_left:
                break
        require_answers(evaluation)
        return _Prepared(model_id, chunks, evaluation)


def _indexed(
    article_id: UUID, text: ArticleText, source: str, author: str, prepared: _Prepared
) -> Article:
    return Article(
        article_id,
        text.title,
        text.category,
        source,
        text.url,
        prepared.chunks,
        author,
        text.expires_at,
        text.language,
        text.is_whole,
        body=text.body,
        is_internal=text.is_internal,
        state=ArticleState.PUBLISHED,
    )


def _with_language(text: ArticleText) -> ArticleText:
    return replace(
        text, language=text.language or guess_language(f"{text.title}\n{text.body}").value
    )


def text_of(version: ArticleVersion) -> ArticleText:
    """Return what an editor set at a version."""
    return ArticleText(
        version.title,
        version.content,
        version.category,
        version.language,
        version.url,
        version.expires_at,
        version.is_whole,
        version.is_internal,
    )


def _require_version(article: StoredArticle, replaces: int | None) -> None:
    if replaces is not None and article.version != replaces:
        raise Conflict(
            f"{article.author} saved version {article.version} meanwhile; yours was made from version {replaces}"
        )


def _is_repeated(
    before: StoredArticle,
    text: ArticleText,
    state: ArticleState,
    author: str,
    replaces: int | None,
) -> bool:
    """Whether the article already is what is asked for, by the same author's own act or without a change."""
    is_so = before.text == text and (
        (state is ArticleState.PUBLISHED and before.state is state and not before.has_changes)
        or (state is ArticleState.DRAFT)
        or (state is ArticleState.UNPUBLISHED and before.state is not ArticleState.PUBLISHED)
    )
    is_newest = replaces is None or before.version == replaces
    return is_so and (
        is_newest or (before.author == author and before.version == (replaces or 0) + 1)
    )
