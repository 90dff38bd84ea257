"""Measures how often a conversation ends as it has to: once, and in each of its wordings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from evals.conversations.scenario import WORDINGS, read_scenarios
from evals.conversations.suite import Run, run_suite
from evals.datasets import DataFolder
from evals.metrics import Figure, bootstrap

Shares = npt.NDArray[np.float64]


def passed_at_once(runs: Sequence[Run]) -> Shares:
    """pass^1 of each scenario: the share of its runs that passed."""
    return np.asarray(_passes(runs).mean(axis=1))


def passed_each_time(runs: Sequence[Run]) -> Shares:
    """pass^4 of each scenario: 1 where every run passed."""
    return np.asarray(_passes(runs).all(axis=1), dtype=np.float64)


def _passes(runs: Sequence[Run]) -> npt.NDArray[np.bool_]:
    return np.array([run.is_passed for run in runs]).reshape(-1, WORDINGS)


def measure_conversations(_data: DataFolder) -> Iterator[Figure]:
    """pass^1 and pass^4 of the grounded answerer; the intervals resample scenarios, not runs."""
    runs = run_suite(read_scenarios())
    for name, shares, bar in (
        ("pass^1", passed_at_once(runs), ">= 0.95"),
        ("pass^4", passed_each_time(runs), ">= 0.90"),
    ):
        value, low, high = bootstrap(partial(_mean, shares), len(shares))
        yield Figure(f"conversations grounded {name}", value, low, high, len(shares), bar)


def _mean(shares: Shares, rows: npt.NDArray[np.int64]) -> float:
    return float(shares[rows].mean())
