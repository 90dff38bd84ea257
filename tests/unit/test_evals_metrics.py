"""Tests the report's statistics and its check against committed figures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from evals.__main__ import absent_sets, find_regressions, keep_others
from evals.datasets import DataFolder
from evals.metrics import Figure, area_under_curve, share, wilson_interval
from evals.settings import user_config
from evals.tasks import load_task


def test_the_area_is_the_chance_that_a_positive_row_ranks_first() -> None:
    assert area_under_curve(np.array([True, False]), np.array([0.9, 0.1])) == 1.0
    assert area_under_curve(np.array([True, False, True]), np.array([0.5, 0.5, 0.5])) == 0.5


def test_a_share_lies_within_its_interval() -> None:
    figure = share("x", [True] * 80 + [False] * 20)
    assert figure.value == pytest.approx(0.8)
    assert figure.low < 0.8 < figure.high


def test_rows_without_a_miss_leave_room_for_one() -> None:
    low, high = wilson_interval(100, 100)
    assert 0.95 < low < 0.98
    assert high == pytest.approx(1.0)
    assert wilson_interval(0, 100)[0] == 0.0


def test_only_a_fall_beyond_the_interval_is_a_regression() -> None:
    committed = {
        "recall": {"value": 0.9, "low": 0.85, "high": 0.95},
        "false": {"value": 0.02, "low": 0.01, "high": 0.03},
    }
    good = [
        Figure("recall", 0.86, 0, 1, 10),
        Figure("false", 0.025, 0, 1, 10, lower_is_better=True),
    ]
    bad = [Figure("recall", 0.84, 0, 1, 10), Figure("false", 0.04, 0, 1, 10, lower_is_better=True)]
    assert find_regressions(good, committed) == []
    assert len(find_regressions(bad, committed)) == 2


def test_an_absent_configuration_leaves_the_defaults(tmp_path: Path) -> None:
    assert user_config("agent", tmp_path / "config.yaml") == {}


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(KeyError):
        load_task("poetry")


def test_measuring_one_part_keeps_the_figures_of_the_others(tmp_path: Path) -> None:
    path = tmp_path / "full.json"
    names = ["retrieval UK hit@5", "abstention StackFAQ", "sentiment airline AUC"]
    path.write_text(json.dumps([{"name": name} for name in names]), encoding="utf-8")
    assert [row["name"] for row in keep_others(path, ["retrieval"])] == ["sentiment airline AUC"]
    assert keep_others(tmp_path / "absent.json", ["retrieval"]) == []


def test_a_set_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "kb_stackfaq").mkdir()
    absent = absent_sets(DataFolder(tmp_path))
    assert "kb_stackfaq" not in absent
    assert "sentiment_airline" in absent
