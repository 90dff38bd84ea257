"""Checks that encodings are computed once and read back as they were."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np

from embeddings.model import Encodings
from evals.vectors import RememberingEmbedder


class CountingModel:
    model_id = "counting"
    dimension = 3

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def encode(self, texts: Sequence[str]) -> Encodings:
        self.embedded.extend(texts)
        return np.array([[len(text), 1, 0, 0, 2, len(text)] for text in texts], dtype=np.float32)


def test_a_text_is_embedded_once_and_its_vector_survives_the_process(tmp_path: Path) -> None:
    first = CountingModel()
    before = RememberingEmbedder(first, tmp_path).encode(["one", "three", "one"])
    second = CountingModel()
    after = RememberingEmbedder(second, tmp_path).encode(["three", "new", "one"])
    assert first.embedded == ["one", "three"]
    assert second.embedded == ["new"]
    assert after[0].tolist() == before[1].tolist()
    assert after[2].tolist() == before[0].tolist()
    assert RememberingEmbedder(second, tmp_path).embed(["new"]).tolist() == [[3, 1, 0]]


def test_a_file_that_was_cut_off_is_not_trusted(tmp_path: Path) -> None:
    RememberingEmbedder(CountingModel(), tmp_path).embed(["one"])
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-5])
    model = CountingModel()
    RememberingEmbedder(model, tmp_path).embed(["one"])
    assert model.embedded == ["one"]


def test_another_model_shares_no_vectors(tmp_path: Path) -> None:
    RememberingEmbedder(CountingModel(), tmp_path).embed(["one"])
    other = CountingModel()
    other.model_id = "another"
    RememberingEmbedder(other, tmp_path).embed(["one"])
    assert other.embedded == ["one"]


def test_a_changed_computation_shares_no_vectors(tmp_path: Path) -> None:
    """The model as it is, and the same one from a module whose text is another."""
    kept = tmp_path / "kept"
    RememberingEmbedder(CountingModel(), kept).embed(["one"])
    changed = tmp_path / "changed.py"
    changed.write_text(Path(__file__).read_text() + "# computed otherwise\n")
    spec = spec_from_file_location("changed", changed)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["changed"] = module
    try:
        spec.loader.exec_module(module)
        model = module.CountingModel()
        RememberingEmbedder(model, kept).embed(["one"])
    finally:
        del sys.modules["changed"]
    assert model.embedded == ["one"]
