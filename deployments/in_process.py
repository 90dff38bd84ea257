"""Runs the embedding and sentiment models in this process, behind the ports that the stages serve elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import cached_property

from pydantic import ValidationError

from deployments.configs.embedding import EmbeddingConfig
from deployments.embedding import Model, load_model
from deployments.triage_encoder import require_triage_encoder
from domain.errors import ConfigurationError
from domain.ports import Encodings, Vectors
from sentiment.model import SentimentModel


class InProcessEmbedder:
    """domain.ports.MessageEncoder and KnowledgeEmbedder; a model is loaded at its first text.

    One call runs at a time: for groups this small more threads wait more than they work.
    """

    def __init__(
        self,
        model_key: str,
        load: Callable[[str], Model],
        check_encoder: Callable[[Model], None] = lambda _model: None,
    ) -> None:
        """Make one.

        Args:
            model_key: The model that encodes messages.
            load: Gives the model of a key; called once a key, in a thread.
            check_encoder: Raises where the model is not the one that triage's weights were fitted on.
        """
        self._model_key = model_key
        self._load = load
        self._check_encoder = check_encoder
        self._encoder: Model | None = None
        self._models: dict[str, Model] = {}
        self._busy = asyncio.Lock()

    @classmethod
    def configured(cls, config: EmbeddingConfig) -> InProcessEmbedder:
        """The embedding stage's models, on one thread even where more cores are free."""
        one_thread = config.model_copy(update={"threads": 1})
        return cls(
            config.model_key,
            lambda model_key: _load(one_thread, model_key),
            lambda model: require_triage_encoder(config.model, model.dimension),
        )

    async def encode(self, texts: Sequence[str]) -> Encodings:
        """By triage's encoder.

        Raises:
            ConfigurationError: It can't be loaded, or triage's weights were fitted on another one.
        """
        async with self._busy:
            if self._encoder is None:
                model = await self._model(self._model_key)
                await asyncio.to_thread(self._check_encoder, model)
                self._encoder = model
            return await asyncio.to_thread(self._encoder.encode, texts)

    async def embed_with(self, model_id: str, texts: Sequence[str]) -> Vectors:
        """Raises ConfigurationError for a model that can't be loaded."""
        async with self._busy:
            model = await self._model(model_id)
            return await asyncio.to_thread(model.embed, texts)

    async def _model(self, model_key: str) -> Model:
        if model_key not in self._models:
            self._models[model_key] = await asyncio.to_thread(self._load, model_key)
        return self._models[model_key]


def _load(config: EmbeddingConfig, model_key: str) -> Model:
    try:
        config = config.for_model(model_key)
    except ValidationError as error:
        raise ConfigurationError(
            f"{model_key} is no key of an embedding model: int8:NAME-OR-FOLDER or"
            " torch:NAME-OR-FOLDER."
        ) from error
    try:
        return load_model(config)
    except (ValueError, OSError) as error:
        raise ConfigurationError(
            f"The embedding model {model_key} can't be loaded: {error}."
        ) from error


class InProcessScorer:
    """domain.ports.SentimentScorer; the weights are loaded at the first text."""

    @cached_property
    def _model(self) -> SentimentModel:
        return SentimentModel.load()

    async def score(self, texts: Sequence[str], encodings: Encodings) -> list[float]:
        """Never raises Overloaded: the caller waits for its turn in a thread."""
        scores = await asyncio.to_thread(lambda: self._model.score(texts, encodings))
        return [float(score) for score in scores]
