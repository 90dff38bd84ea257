"""Checks that both embedding models give unit vectors in order, whatever the batch."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from embeddings.bert import BertEmbedder
from embeddings.model import Encodings, SentenceTransformerEmbedder, plan_batches
from embeddings.pooling import MidLayerPooling
from embeddings.products import Precision
from embeddings.sources import TorchSource, find_torch_model, packaged_model_path
from tests.sample_profile import ARTICLES

SLOW_WITHOUT_ITS_INSTRUCTIONS = pytest.mark.timeout(600)
"""Eight bits and bfloat16 on a processor that has no instructions for them, beside other tests."""
TEXTS = ["short", "a text that is somewhat longer than the first one", "", "mid length text here"]


@pytest.fixture(scope="module", params=[SentenceTransformerEmbedder, BertEmbedder])
def embedder(request: pytest.FixtureRequest) -> SentenceTransformerEmbedder | BertEmbedder:
    model: SentenceTransformerEmbedder | BertEmbedder = request.param(threads=1)
    return model


def test_vectors_are_unit_length_and_in_order(
    embedder: SentenceTransformerEmbedder | BertEmbedder,
) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-4)
    alone = np.vstack([embedder.embed([text]) for text in TEXTS])
    assert np.all((vectors * alone).sum(axis=1) > 0.98)


def test_the_same_texts_give_the_same_vectors(
    embedder: SentenceTransformerEmbedder | BertEmbedder,
) -> None:
    assert np.array_equal(embedder.embed(TEXTS), embedder.embed(TEXTS))


def test_no_texts_are_no_vectors(embedder: SentenceTransformerEmbedder | BertEmbedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimension)


def test_an_encoding_is_the_vector_and_behind_it_the_middle_layer(
    embedder: SentenceTransformerEmbedder | BertEmbedder,
) -> None:
    encodings = embedder.encode(TEXTS)
    assert encodings.shape == (len(TEXTS), 2 * embedder.dimension)
    assert np.array_equal(encodings[:, : embedder.dimension], embedder.embed(TEXTS))
    assert embedder.encode([]).shape == (0, 2 * embedder.dimension)


@SLOW_WITHOUT_ITS_INSTRUCTIONS
def test_eight_bits_give_the_vectors_and_middle_layers_of_full_precision() -> None:
    embedder = BertEmbedder(threads=1, precision=Precision.INT8)
    vectors, pooled = _closeness(embedder.encode(_product_texts()))
    # A word alone has three tokens to even out what rounding did.
    assert vectors[0] > 0.994
    assert vectors[1:].min() > 0.998
    assert pooled.min() > 0.999


@SLOW_WITHOUT_ITS_INSTRUCTIONS
@pytest.mark.parametrize("precision", [Precision.FLOAT32, Precision.BFLOAT16])
def test_floats_give_the_vectors_and_middle_layers_of_full_precision(precision: Precision) -> None:
    embedder = BertEmbedder(threads=1, precision=precision)
    for cosines in _closeness(embedder.encode(_product_texts())):
        assert cosines.min() > 0.9998


def test_the_precision_that_is_chosen_is_never_slower_than_another_by_far() -> None:
    taken = {}
    for precision in (None, *Precision):
        embedder = BertEmbedder(threads=1, precision=precision)
        embedder.encode(TEXTS)
        taken[precision] = min(_processor_time(embedder) for _ in range(5))
    # Room for the noise of a busy machine; eight bits without VNNI are over ten times slower.
    assert taken[None] < 2 * min(taken.values())


def _processor_time(embedder: BertEmbedder) -> float:
    started = time.process_time()
    embedder.encode(TEXTS)
    return time.process_time() - started


def test_a_processor_whose_short_sums_overflow_gives_them_as_well(tmp_path: Path) -> None:
    script = (
        "import json, sys, numpy; from embeddings.bert import BertEmbedder; "
        "numpy.save(sys.argv[1], BertEmbedder(threads=1).encode(json.load(sys.stdin)))"
    )
    # oneDNN's own switch: the instructions of a processor of 2013, which has no VNNI.
    subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "readings.npy")],
        input=json.dumps(_product_texts()),
        text=True,
        check=True,
        cwd=ARTICLES.parents[1],
        env={**os.environ, "ONEDNN_MAX_CPU_ISA": "AVX2"},
        timeout=300,
    )
    vectors, pooled = _closeness(np.load(tmp_path / "readings.npy"))
    assert vectors[0] > 0.99
    assert vectors[1:].min() > 0.995
    assert vectors.mean() > 0.997
    assert pooled.min() > 0.997


def _product_texts() -> list[str]:
    articles = ARTICLES.read_text(encoding="utf-8").split("\n### ")
    return ["help", *articles[:30], *(article.partition("\n")[0] for article in articles[:30])]


def _closeness(rounded: Encodings) -> list[npt.NDArray[np.float32]]:
    """Cosines of the product texts' vectors and mid-layer poolings with those of full precision."""
    exact = SentenceTransformerEmbedder(threads=1).encode(_product_texts())
    cosines = []
    for ours, theirs in zip(np.hsplit(rounded, 2), np.hsplit(exact, 2), strict=True):
        lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
        cosines.append((ours * theirs).sum(axis=1) / lengths)
    return cosines


def test_a_model_that_has_no_layers_has_no_mid_layer_pooling() -> None:
    features = {"sentence_embedding": torch.ones(2, 3), "attention_mask": torch.ones(2, 1)}
    assert MidLayerPooling(torch.nn.Identity())(features)["mid_layer"].tolist() == [
        [0, 0, 0],
        [0, 0, 0],
    ]


def test_a_text_alone_has_the_vector_that_it_has_in_company() -> None:
    alone = BertEmbedder(max_batch_tokens=64, threads=1).embed(TEXTS)
    together = BertEmbedder(threads=1).embed(TEXTS)
    assert np.allclose(alone, together, atol=1e-5)


@pytest.mark.parametrize(
    ("file", "key", "value"),
    [
        ("config.json", "model_type", "roberta"),
        ("config.json", "hidden_act", "relu"),
        ("1_Pooling/config.json", "pooling_mode_mean_tokens", False),
    ],
)
def test_another_kind_of_model_is_refused(
    tmp_path: Path, file: str, key: str, value: object
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(packaged_model_path(), folder, ignore=shutil.ignore_patterns("*.safetensors"))
    content = json.loads((folder / file).read_text())
    (folder / file).write_text(json.dumps({**content, key: value}))
    with pytest.raises(ValueError, match="backend torch"):
        BertEmbedder(str(folder))


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
        (BertEmbedder, "no-such-model"),
    ],
)
def test_a_model_that_there_is_not_is_told_before_anything_is_loaded(
    kind: type[SentenceTransformerEmbedder | BertEmbedder], name: str
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
