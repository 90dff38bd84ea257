"""Both embedding models give unit vectors in order, whatever the batch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embeddings.model import OnnxEmbedder, SentenceTransformerEmbedder, plan_batches
from embeddings.sources import TorchSource, find_torch_model

TEXTS = ["short", "a text that is somewhat longer than the first one", "", "mid length text here"]


@pytest.fixture(scope="module", params=[SentenceTransformerEmbedder, OnnxEmbedder])
def embedder(request: pytest.FixtureRequest) -> SentenceTransformerEmbedder | OnnxEmbedder:
    model: SentenceTransformerEmbedder | OnnxEmbedder = request.param(threads=1)
    return model


def test_vectors_are_unit_length_and_in_order(
    embedder: SentenceTransformerEmbedder | OnnxEmbedder,
) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-4)
    alone = np.vstack([embedder.embed([text]) for text in TEXTS])
    assert np.all((vectors * alone).sum(axis=1) > 0.98)


def test_the_same_texts_give_the_same_vectors(
    embedder: SentenceTransformerEmbedder | OnnxEmbedder,
) -> None:
    assert np.array_equal(embedder.embed(TEXTS), embedder.embed(TEXTS))


def test_no_texts_are_no_vectors(embedder: SentenceTransformerEmbedder | OnnxEmbedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimension)


def test_a_batch_stays_within_its_token_budget_and_holds_every_text_once() -> None:
    lengths = [5, 200, 7, 190, 6, 300, 4]
    batches = list(plan_batches(lengths, 400))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    assert all(
        len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= 400 for batch in batches
    )


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (SentenceTransformerEmbedder, "/no/such/folder"),
        (SentenceTransformerEmbedder, "./no such folder"),
        (OnnxEmbedder, "no-such-model"),
    ],
)
def test_a_model_that_there_is_not_is_told_before_anything_is_loaded(
    kind: type[SentenceTransformerEmbedder | OnnxEmbedder], name: str
) -> None:
    with pytest.raises(ValueError, match=f"no folder {name}|{name} is no folder"):
        kind(name)


def test_without_the_hub_a_name_fails_within_seconds_and_a_downloaded_one_is_loaded_from_disk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ValueError, match="out of reach"):
        find_torch_model("no-such-model")
    snapshot = tmp_path / "models--sentence-transformers--some-model" / "snapshots" / "1"
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    (snapshot.parents[1] / "refs").mkdir()
    (snapshot.parents[1] / "refs" / "main").write_text("1")
    assert find_torch_model("some-model") == TorchSource("sentence-transformers/some-model", True)
