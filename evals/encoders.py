"""Loads the encoders of config.yaml once a process, and the weights fitted on them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from agent.acts.model import ActModel
from agent.guardrails import Guardrails
from deployments.embedding import load_model
from domain.encoders import Encoder, require_encoder
from embeddings.retrieval import WEIGHTS_DIRECTORY, Ranker, load_settings
from evals.settings import embedding_config, guardrail_thresholds
from evals.vectors import RememberingEmbedder
from sentiment.model import SentimentModel


@lru_cache(maxsize=4)
def load_embedder(model_key: str) -> RememberingEmbedder:
    """Return the encoder of a key of the knowledge base, which caches its encodings."""
    # 0 leaves torch its own number of threads: an evaluation has the machine to itself.
    config = embedding_config().for_model(model_key).model_copy(update={"threads": 0})
    return RememberingEmbedder(load_model(config))


def embedder() -> RememberingEmbedder:
    """Return triage's encoder, which caches its encodings."""
    return load_embedder(embedding_config().model_key)


def retrieval_embedder() -> RememberingEmbedder:
    """Return the knowledge base's model; by default the same object as triage's."""
    return load_embedder(embedding_config().retrieval_key)


def triage_encoder() -> Encoder:
    return Encoder(embedding_config().model, embedder().dimension)


def retrieval_encoder() -> Encoder:
    return Encoder.of_key(embedding_config().retrieval_key, retrieval_embedder().dimension)


def load_guardrails(directory: Path | None = None) -> Guardrails:
    """Load the shipped weights or those of `directory`. Raises ConfigurationError for another encoder's."""
    guardrails = Guardrails.load(directory, guardrail_thresholds())
    require_encoder("guardrails", guardrails.encoder, triage_encoder())
    return guardrails


def load_acts(directory: Path | None = None) -> ActModel:
    """Load the shipped weights or those of `directory`. Raises ConfigurationError for another encoder's."""
    model = ActModel.load(directory)
    require_encoder("acts", model.encoder, triage_encoder())
    return model


def load_sentiment(directory: Path | None = None) -> SentimentModel:
    """Load the shipped weights or those of `directory`. Raises ConfigurationError for another encoder's."""
    model = SentimentModel.load(directory)
    require_encoder("sentiment", model.encoder, triage_encoder())
    return model


@lru_cache(maxsize=2)
def load_ranker(directory: Path | None = None) -> Ranker:
    """Load the shipped weights or those of `directory`. Raises ConfigurationError for another encoder's."""
    return Ranker(load_settings(retrieval_encoder(), directory or WEIGHTS_DIRECTORY))
