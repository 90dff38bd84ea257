"""The company's documents become the knowledge base; the model is loaded only if something changed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence

from deployments.embedding import Model, load_model
from deployments.stage_configs import EmbeddingConfig
from domain.ports import Embedder, Vectors
from domain.stores import OpenWork
from embeddings.chunking import chunk_markdown
from embeddings.indexing import article_vectors
from pipeline.index import Indexed, Passages, index_articles
from serve_app.shipped import shipped

SAMPLE_DOCUMENT = shipped("context/product-docs.md")


class LazyEmbedder:
    """domain.ports.Embedder that loads its model at the first text."""

    def __init__(self, config: EmbeddingConfig) -> None:
        # Nothing else runs while a knowledge base is indexed: all cores are ours.
        self._config = config.model_copy(update={"threads": os.cpu_count() or 1})
        self._model: Model | None = None

    async def embed(self, texts: Sequence[str]) -> Vectors:
        if self._model is None:
            self._model = await asyncio.to_thread(load_model, self._config)
        return await asyncio.to_thread(self._model.embed, texts)


async def index_document(
    open_work: OpenWork, embedder: Embedder, source: str, markdown: str, model_key: str
) -> Indexed:
    """Bring the index of one Markdown document, known as `source`, up to date; idempotent."""
    articles = [
        Passages(
            title=article.title,
            category=article.category,
            passages=tuple((chunk.text, chunk.embedded_text) for chunk in article.chunks),
        )
        for article in chunk_markdown(markdown)
    ]
    return await index_articles(
        open_work,
        embedder,
        source,
        articles,
        model_key,
        relate=lambda vectors: article_vectors(vectors, [0] * len(vectors)),
    )
