"""Checks what the danger model decides from its weights, without an encoder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agent.guardrails.danger_model import BUCKETS, DangerModel
from agent.guardrails.guard import WEIGHTS_DIRECTORY
from domain.danger import DangerKind
from domain.encoders import Encoder
from evals.fitting.danger import CLASSES, read_examples


def model(threshold: float = 0.5) -> DangerModel:
    """Its first input is a gas leak's, its second a fire's."""
    encoding = np.zeros((4, len(CLASSES)), np.float32)
    encoding[0, CLASSES.index("gas")] = 4
    encoding[1, CLASSES.index("fire")] = 4
    ngrams = np.zeros((BUCKETS, len(CLASSES)), np.float32)
    bias = np.zeros(len(CLASSES), np.float32)
    bias[0] = 3
    return DangerModel(encoding, ngrams, bias, threshold, CLASSES, Encoder("small", 2))


def test_the_likeliest_kind_counts_where_all_kinds_together_reach_the_threshold() -> None:
    gas, nothing = np.array([2, 0.5, 0, 0], np.float32), np.zeros(4, np.float32)
    assert model().sense("a text", gas) is DangerKind.GAS
    assert model().sense("a text", nothing) is None
    assert model(threshold=0.01).sense("a text", nothing) is not None


def test_kinds_that_are_each_unlikely_are_a_danger_together() -> None:
    either = np.array([0.9, 0.85, 0, 0], np.float32)
    assert model(threshold=0.75).sense("a text", either) is DangerKind.GAS


def test_what_is_saved_is_loaded_and_other_features_are_refused(tmp_path: Path) -> None:
    model().save(tmp_path)
    assert DangerModel.load(tmp_path).encoder == Encoder("small", 2)
    replace(model(), ngrams=np.zeros((8, len(CLASSES)), np.float32)).save(tmp_path)
    with pytest.raises(ValueError, match="another set of features"):
        DangerModel.load(tmp_path)


def test_the_shipped_weights_know_every_kind() -> None:
    assert set(DangerModel.load(WEIGHTS_DIRECTORY).classes) == set(CLASSES)


def test_the_examples_hold_every_kind_in_every_language() -> None:
    found = {(example.language, example.name) for example in read_examples()}
    assert found == {
        (language, name)
        for language in ("de", "en", "es", "fr", "it", "nl", "pt")
        for name in CLASSES
    }


def test_an_unknown_section_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "en.txt").write_text("[gas]\nIt smells of gas\n[flood]\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"en\.txt, line 3: .*flood"):
        list(read_examples(tmp_path))
