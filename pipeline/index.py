"""Articles become searchable: only what changed is embedded, what is gone is removed."""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from domain.ports import Embedder, Vectors
from domain.stores import Article, Chunk, OpenWork

log = logging.getLogger(__name__)

_ARTICLE_IDS = UUID("3f0a4c52-77c2-4a43-9a0e-5b8d8b1f1c11")
_TEXTS_A_CALL = 64


@dataclass(frozen=True, slots=True)
class Passages:
    """An article cut up: `(text as shown, text as embedded)` for each passage, in order."""

    title: str
    category: str
    passages: tuple[tuple[str, str], ...]
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Indexed:
    articles: int
    embedded_chunks: int
    unchanged_chunks: int
    removed_articles: int


def article_id(source: str, title: str) -> UUID:
    """The same article of the same source keeps its id through every re-index."""
    return uuid.uuid5(_ARTICLE_IDS, f"{source}\n{title}")


async def index_articles(
    open_work: OpenWork,
    embedder: Embedder,
    source: str,
    articles: Sequence[Passages],
    model_id: str,
    relate: Callable[[Vectors], Vectors] = lambda vectors: vectors,
) -> Indexed:
    """Make the index of `source` equal to `articles`; idempotent, an unchanged article costs nothing.

    `relate` sees the vectors of one article together and may draw them towards each other. The hash
    covers text and model, so that another model embeds everything anew. Each article is
    replaced in one transaction: a search meanwhile finds its old or its new text, never neither.
    """
    async with open_work() as work:
        known = await work.knowledge.hashes(source)
    known_by_article: dict[UUID, dict[int, str]] = defaultdict(dict)
    for (known_id, index), digest in known.items():
        known_by_article[known_id][index] = digest
    wanted = {article_id(source, one.title): one for one in articles}
    changed: dict[UUID, list[str]] = {}
    unchanged = 0
    for one_id, one in wanted.items():
        digests = [_digest(model_id, text) for _, text in one.passages]
        if known_by_article.get(one_id) == dict(enumerate(digests)):
            unchanged += len(digests)
        else:
            changed[one_id] = digests
    texts = [text for one_id in changed for _, text in wanted[one_id].passages]
    vectors = [
        vector
        for start in range(0, len(texts), _TEXTS_A_CALL)
        for vector in await embedder.embed(texts[start : start + _TEXTS_A_CALL])
    ]
    taken = 0
    for one_id, digests in changed.items():
        one = wanted[one_id]
        own = relate(np.stack(vectors[taken : taken + len(digests)]))
        taken += len(digests)
        chunks = tuple(
            Chunk(index, shown, digest, vector)
            for index, ((shown, _), digest, vector) in enumerate(
                zip(one.passages, digests, own, strict=True)
            )
        )
        async with open_work() as work:
            await work.knowledge.put(
                Article(one_id, one.title, one.category, source, one.url, chunks), model_id
            )
            await work.commit()
    gone = [one_id for one_id in known_by_article if one_id not in wanted]
    if gone:
        async with open_work() as work:
            await work.knowledge.remove(gone)
            await work.commit()
    log.info("indexed %s: %d chunks embedded, %d unchanged", source, len(texts), unchanged)
    return Indexed(len(wanted), len(texts), unchanged, len(gone))


def _digest(model_id: str, text: str) -> str:
    return hashlib.sha256(f"{model_id}\n{text}".encode()).hexdigest()
