"""The model stages within this process, and PostgreSQL for as long as a measurement takes."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from domain.ports import Encodings, Vectors
from evals.vectors import RememberingEmbedder
from sentiment.model import SentimentModel
from serve_app.local.ports import find_free_port
from serve_app.local.postgres import EmbeddedPostgres


class DirectEmbedder:
    """domain.ports.MessageReader and KnowledgeEmbedder without the stage; one call at a time."""

    def __init__(self, model: RememberingEmbedder, retrieval_model: RememberingEmbedder) -> None:
        self._model = model
        self._retrieval_model = retrieval_model
        self._turn = asyncio.Lock()

    async def encode(self, texts: Sequence[str]) -> Encodings:
        async with self._turn:
            return await asyncio.to_thread(self._model.encode, list(texts))

    async def embed_with(self, model_id: str, texts: Sequence[str]) -> Vectors:
        """There is one model for the knowledge base, whatever it is called."""
        async with self._turn:
            return await asyncio.to_thread(self._retrieval_model.embed, list(texts))


class DirectScorer:
    """domain.ports.SentimentScorer without the stage."""

    def __init__(self, model: SentimentModel) -> None:
        self._model = model

    async def score(self, texts: Sequence[str], encodings: Encodings) -> list[float]:
        return [float(one) for one in self._model.score(list(texts), encodings)]


@contextlib.contextmanager
def temporary_postgres() -> Iterator[str]:
    """The URL of an empty database that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="fte-evals-"))
    server = EmbeddedPostgres(folder / "data", folder / "run", folder / "logs", find_free_port())
    try:
        server.start()
        yield server.url
    finally:
        server.daemon.stop()
        shutil.rmtree(folder, ignore_errors=True)
