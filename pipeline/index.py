"""Indexes articles: embeds the passages that changed and removes articles that are gone."""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np

from domain.errors import Conflict
from domain.knowledge import Article, Chunk, StoredChunk, Vector
from domain.ports import KnowledgeEmbedder, Vectors
from domain.stores import OpenUnitOfWork
from pipeline.learning.regression import Change

log = logging.getLogger(__name__)

_ARTICLE_IDS = UUID("3f0a4c52-77c2-4a43-9a0e-5b8d8b1f1c11")
_TEXTS_A_CALL = 64
_TRIES = 5

Check = Callable[[str, Sequence[Change]], Awaitable[Collection[UUID]]]
"""(live model, what would be published) -> the articles to hold back. May raise to publish nothing."""
Relate = Callable[[Vectors], Vectors]
"""Moves the vectors of an article's passages towards each other, so that each reflects its context."""


@dataclass(frozen=True, slots=True)
class Passages:
    """An article as passages: `(text as shown, text as embedded)` of each, in order.

    `sections` holds the heading that each passage stands under, or is empty if none has one. `body` is the whole
    article in Markdown. `key` names the article within its source, its title where it is empty.
    """

    title: str
    category: str
    passages: tuple[tuple[str, str], ...]
    url: str | None = None
    expires_at: datetime | None = None
    language: str | None = None
    is_whole: bool = False
    is_outdated: bool = False
    sections: tuple[str, ...] = ()
    body: str = ""
    key: str = ""

    @property
    def origin_hash(self) -> str:
        """Covers all that the source says, whatever model embeds it."""
        said = repr((self.title, self.category, self.url, self.expires_at, self.language))
        said += repr((self.is_whole, self.is_outdated, self.sections, self.passages))
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Indexed:
    """What an indexing run did."""

    articles: int
    embedded_chunks: int
    unchanged_chunks: int
    removed_articles: int
    kept_edits: int = 0
    """Articles that a person has changed and whose source says the same as before."""
    held: tuple[UUID, ...] = ()
    """Articles that were held back."""


def article_id(source: str, key: str) -> UUID:
    """Return the id that an article of a source keeps whenever it is indexed; `key` is its title by default."""
    return uuid.uuid5(_ARTICLE_IDS, f"{source}\n{key}")


def id_of(source: str, article: Passages) -> UUID:
    """Return the id of an article of a source."""
    return article_id(source, article.key or article.title)


def digest(model_id: str, text: str) -> str:
    """Hash a text and its model; equal digests have equal vectors."""
    return hashlib.sha256(f"{model_id}\n{text}".encode()).hexdigest()


async def index_articles(
    open_uow: OpenUnitOfWork,
    embedder: KnowledgeEmbedder,
    source: str,
    articles: Sequence[Passages],
    first_model_id: str,
    relate: Relate = lambda vectors: vectors,
    author: str = "import",
    gone: Collection[UUID] | None = None,
    check: Check | None = None,
) -> Indexed:
    """Make the index of `source` equal to `articles`; idempotent, unchanged passages cost nothing.

    Each article is replaced in one transaction, so a concurrent search finds its old or its new text. What a
    person has changed stays until the source says something else. `first_model_id` is the embedding model to use
    while the knowledge base has no live one. `gone` are the articles to remove, by default all others of the source.
    `check` sees what would change before it does, and names what is held back.

    Raises:
        ValueError: Two articles have the same title.
        Conflict: The live model changed several times during the run.
    """
    wanted = {id_of(source, article): article for article in articles}
    if len(wanted) < len(articles):
        raise ValueError("two articles have the same title")
    for tries_left in reversed(range(_TRIES)):
        try:
            return await _index(
                open_uow, embedder, source, wanted, first_model_id, relate, author, gone, check
            )
        except Conflict:
            # The knowledge base switched to another model meanwhile: embed with that one.
            if not tries_left:
                raise
    raise AssertionError("the last try returns or raises")


async def _index(
    open_uow: OpenUnitOfWork,
    embedder: KnowledgeEmbedder,
    source: str,
    wanted: dict[UUID, Passages],
    first_model_id: str,
    relate: Relate,
    author: str,
    gone: Collection[UUID] | None,
    check: Check | None,
) -> Indexed:
    async with open_uow() as uow:
        model_id = await uow.knowledge.live_model() or first_model_id
        known = await uow.knowledge.stored_chunks(source)
        origins = await uow.articles.origins(source)
    known_by_article: dict[UUID, dict[int, StoredChunk]] = defaultdict(dict)
    for (known_id, index), stored in known.items():
        known_by_article[known_id][index] = stored
    kept = {
        wanted_id
        for wanted_id, passages in wanted.items()
        if origins.get(wanted_id) == (passages.origin_hash, True)
    }
    changed = {
        wanted_id: passages
        for wanted_id, passages in wanted.items()
        if wanted_id not in kept
        and known_by_article.get(wanted_id) != _as_stored(passages, model_id)
    }
    texts = [text for passages in changed.values() for _, text in passages.passages]
    vectors, embedded = await embed_new(open_uow, embedder, model_id, texts)
    articles = [
        Article(
            changed_id,
            passages.title,
            passages.category,
            source,
            passages.url,
            make_chunks(passages, model_id, vectors, relate),
            author,
            passages.expires_at,
            passages.language,
            passages.is_whole,
            passages.is_outdated,
            passages.body,
            origin_hash=passages.origin_hash,
        )
        for changed_id, passages in changed.items()
    ]
    held: Collection[UUID] = ()
    if check is not None and articles:
        changes = [
            Change(article.id, article.title, () if article.is_outdated else article.chunks)
            for article in articles
        ]
        held = await check(model_id, changes)
    for article in articles:
        if article.id in held:
            continue
        async with open_uow() as uow:
            await uow.knowledge.put(article, model_id)
            await uow.commit()
    if gone is None:
        gone = [known_id for known_id in known_by_article if known_id not in wanted]
    if gone:
        async with open_uow() as uow:
            await uow.knowledge.remove(list(gone))
            await uow.commit()
    unchanged = sum(len(passages.passages) for passages in wanted.values()) - embedded
    log.info("indexed %s: %d chunks embedded, %d unchanged", source, embedded, unchanged)
    return Indexed(len(wanted), embedded, unchanged, len(gone), len(kept), tuple(held))


def section_of(article: Passages, at: int) -> str:
    """Return the heading that a passage stands under, or an empty text."""
    return article.sections[at] if at < len(article.sections) else ""


def _as_stored(article: Passages, model_id: str) -> dict[int, StoredChunk]:
    return {
        at: StoredChunk(
            digest(model_id, text),
            shown,
            article.category,
            article.url,
            article.language,
            section_of(article, at),
            article.is_whole,
            article.expires_at,
        )
        for at, (shown, text) in enumerate(article.passages)
    }


async def embed_new(
    open_uow: OpenUnitOfWork, embedder: KnowledgeEmbedder, model_id: str, texts: Sequence[str]
) -> tuple[dict[str, Vector], int]:
    """Return the vector of every text, and how many texts had no stored vector and were embedded."""
    by_digest = {digest(model_id, text): text for text in texts}
    async with open_uow() as uow:
        stored = await uow.knowledge.own_vectors(list(by_digest))
    vectors = {by_digest[content_hash]: vector for content_hash, vector in stored.items()}
    fresh = [text for text in dict.fromkeys(texts) if text not in vectors]
    for start in range(0, len(fresh), _TEXTS_A_CALL):
        some = fresh[start : start + _TEXTS_A_CALL]
        vectors.update(zip(some, await embedder.embed_with(model_id, some), strict=True))
    return vectors, len(fresh)


def make_chunks(
    article: Passages, model_id: str, vectors: dict[str, Vector], relate: Relate
) -> tuple[Chunk, ...]:
    """Make an article's chunks; `vectors` holds the vector of each text as embedded."""
    own = np.stack([vectors[text] for _, text in article.passages])
    return tuple(
        Chunk(at, shown, digest(model_id, text), related, own[at], text, section_of(article, at))
        for at, ((shown, text), related) in enumerate(
            zip(article.passages, relate(own), strict=True)
        )
    )
