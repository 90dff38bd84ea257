"""Indexes articles: embeds the passages that changed and removes articles that are gone."""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np

from domain.errors import Conflict
from domain.knowledge import Article, Chunk, StoredChunk, Vector
from domain.ports import KnowledgeEmbedder, Vectors
from domain.stores import OpenUnitOfWork

log = logging.getLogger(__name__)

_ARTICLE_IDS = UUID("3f0a4c52-77c2-4a43-9a0e-5b8d8b1f1c11")
_TEXTS_A_CALL = 64
_TRIES = 5

Relate = Callable[[Vectors], Vectors]
"""Moves the vectors of an article's passages towards each other, so that each reflects its context."""


@dataclass(frozen=True, slots=True)
class Passages:
    """An article as passages: `(text as shown, text as embedded)` of each, in order.

    `sections` holds the heading that each passage stands under, or is empty if none has one.
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


@dataclass(frozen=True, slots=True)
class Indexed:
    """What an indexing run did."""

    articles: int
    embedded_chunks: int
    unchanged_chunks: int
    removed_articles: int


def article_id(source: str, title: str) -> UUID:
    """Return the id that an article of a source keeps whenever it is indexed."""
    return uuid.uuid5(_ARTICLE_IDS, f"{source}\n{title}")


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
) -> Indexed:
    """Make the index of `source` equal to `articles`; idempotent, unchanged passages cost nothing.

    Each article is replaced in one transaction, so a concurrent search finds its old or its new text.
    `first_model_id` is the embedding model to use while the knowledge base has no live one.

    Raises:
        ValueError: Two articles have the same title.
        Conflict: The live model changed several times during the run.
    """
    wanted = {article_id(source, article.title): article for article in articles}
    if len(wanted) < len(articles):
        raise ValueError("two articles have the same title")
    for tries_left in reversed(range(_TRIES)):
        try:
            return await _index(open_uow, embedder, source, wanted, first_model_id, relate, author)
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
) -> Indexed:
    async with open_uow() as uow:
        model_id = await uow.knowledge.live_model() or first_model_id
        known = await uow.knowledge.stored_chunks(source)
    known_by_article: dict[UUID, dict[int, StoredChunk]] = defaultdict(dict)
    for (known_id, index), stored in known.items():
        known_by_article[known_id][index] = stored
    changed = {
        wanted_id: passages
        for wanted_id, passages in wanted.items()
        if known_by_article.get(wanted_id) != _as_stored(passages, model_id)
    }
    texts = [text for passages in changed.values() for _, text in passages.passages]
    vectors, embedded = await embed_new(open_uow, embedder, model_id, texts)
    for changed_id, passages in changed.items():
        article = Article(
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
        )
        async with open_uow() as uow:
            await uow.knowledge.put(article, model_id)
            await uow.commit()
    gone = [known_id for known_id in known_by_article if known_id not in wanted]
    if gone:
        async with open_uow() as uow:
            await uow.knowledge.remove(gone)
            await uow.commit()
    unchanged = sum(len(passages.passages) for passages in wanted.values()) - embedded
    log.info("indexed %s: %d chunks embedded, %d unchanged", source, embedded, unchanged)
    return Indexed(len(wanted), embedded, unchanged, len(gone))


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
