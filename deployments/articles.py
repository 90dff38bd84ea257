"""How an article becomes passages and vectors, the same for documents and for what was learned."""

from __future__ import annotations

from domain.ports import Vectors
from embeddings.chunking import chunk_article
from embeddings.indexing import article_vectors
from pipeline.index import Passages


def cut(title: str, text: str, category: str, url: str | None = None) -> Passages:
    """An article in Markdown, cut into passages along its structure."""
    chunks = chunk_article(title, text)
    return Passages(title, category, tuple((one.text, one.embedded_text) for one in chunks), url)


def relate(vectors: Vectors) -> Vectors:
    """Vectors of one article's passages that also know their article."""
    return article_vectors(vectors, [0] * len(vectors))
