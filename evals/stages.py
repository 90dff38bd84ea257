"""Runs the model stages in this process, and PostgreSQL during a measurement."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from deployments.in_process import InProcessEmbedder
from evals.encoders import load_embedder
from evals.settings import embedding_config
from serve_app.local.ports import find_free_port
from serve_app.local.postgres import EmbeddedPostgres


def in_process_embedder() -> InProcessEmbedder:
    """Return the encoders that config.yaml and the knowledge bases name; they cache encodings."""
    return InProcessEmbedder(embedding_config().model_key, load_embedder)


@contextlib.contextmanager
def temporary_postgres() -> Iterator[str]:
    """Yield the URL of an empty database, which is deleted afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="fte-evals-"))
    server = EmbeddedPostgres(folder / "data", folder / "run", folder / "logs", find_free_port())
    try:
        server.start()
        yield server.url
    finally:
        server.daemon.stop()
        shutil.rmtree(folder, ignore_errors=True)
