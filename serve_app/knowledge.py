"""Documents become the knowledge base; the model is loaded only if something changed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pydantic import ValidationError

from deployments.articles import relate
from deployments.embedding import Model, load_model
from deployments.stage_configs import EmbeddingConfig
from deployments.triage_encoder import require_triage_encoder
from domain.errors import ConfigurationError
from domain.ports import Encodings, KnowledgeEmbedder, Vectors
from domain.stores import OpenUnitOfWork
from embeddings.chunking import chunk_markdown
from pipeline.index import Indexed, Passages, index_articles
from serve_app.shipped import shipped

SAMPLE_DOCUMENT = shipped("context/product-docs.md")


class LazyEmbedder:
    """domain.ports.MessageReader and KnowledgeEmbedder; a model is loaded at the first text for it."""

    def __init__(self, config: EmbeddingConfig) -> None:
        # One thread even where more cores are free: for groups this small threads wait more than they work,
        # and on a busy machine three times as long.
        self._config = config.model_copy(update={"threads": 1})
        self._models: dict[str, Model] = {}
        self._is_encoder_checked = False

    async def encode(self, texts: Sequence[str]) -> Encodings:
        """By triage's encoder.

        Raises ConfigurationError for one that can't be loaded, or that triage's weights were not fitted on.
        """
        model = await self._model(self._config.model_key)
        if not self._is_encoder_checked:
            await asyncio.to_thread(require_triage_encoder, self._config.model, model.dimension)
            self._is_encoder_checked = True
        return await asyncio.to_thread(model.encode, texts)

    async def embed_with(self, model_id: str, texts: Sequence[str]) -> Vectors:
        """Raises ConfigurationError for a model that can't be loaded."""
        model = await self._model(model_id)
        return await asyncio.to_thread(model.embed, texts)

    async def _model(self, model_id: str) -> Model:
        if model_id not in self._models:
            self._models[model_id] = await asyncio.to_thread(self._load, model_id)
        return self._models[model_id]

    def _load(self, model_id: str) -> Model:
        try:
            config = self._config.for_model(model_id)
        except ValidationError as error:
            raise ConfigurationError(
                f"{model_id} is no key of an embedding model: int8:NAME-OR-FOLDER or"
                " torch:NAME-OR-FOLDER."
            ) from error
        try:
            return load_model(config)
        except (ValueError, OSError) as error:
            raise ConfigurationError(
                f"The embedding model {model_id} can't be loaded: {error}."
            ) from error


async def index_document(
    open_uow: OpenUnitOfWork,
    embedder: KnowledgeEmbedder,
    source: str,
    markdown: str,
    model_key: str,
) -> Indexed:
    """Bring the index of one Markdown document, known as `source`, up to date; idempotent."""
    return await index_articles(
        open_uow, embedder, source, articles_of(markdown), model_key, relate
    )


def articles_of(markdown: str) -> list[Passages]:
    """Of a document with an article under each `###`."""
    return [
        Passages(
            title=article.title,
            category=article.category,
            passages=tuple((chunk.text, chunk.embedded_text) for chunk in article.chunks),
        )
        for article in chunk_markdown(markdown)
    ]
