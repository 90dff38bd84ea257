"""Figures with bootstrap confidence intervals, and the few statistics that the report is made of."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RESAMPLES = 300
SEED = 20240501

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value with its 95 % interval; `baseline` is the same measure of the simple way."""

    name: str
    value: float
    low: float
    high: float
    rows: int
    bar: str = ""
    baseline: float | None = None
    lower_is_better: bool = False


def bootstrap(
    statistic: Callable[[npt.NDArray[np.int64]], float], rows: int
) -> tuple[float, float, float]:
    """The statistic over all rows and the 2.5th and 97.5th percentile over resampled ones."""
    generator = np.random.default_rng(SEED)
    draws = [statistic(generator.integers(0, rows, rows)) for _ in range(RESAMPLES)]
    low, high = np.nanpercentile(draws, (2.5, 97.5))
    return statistic(np.arange(rows)), float(low), float(high)


def share(
    name: str,
    hits: npt.ArrayLike,
    bar: str = "",
    baseline: float | None = None,
    lower_is_better: bool = False,
) -> Figure:
    """The share of true values with its interval."""
    values = np.asarray(hits, dtype=np.float64)
    value, rows = float(values.mean()), len(values)
    low, high = wilson_interval(value, rows)
    return Figure(name, value, low, high, rows, bar, baseline, lower_is_better)


def wilson_interval(share_of_rows: float, rows: int) -> tuple[float, float]:
    """Of a share. Resampling gives none at 0 and 1, as if rows without a miss proved that none can be."""
    z2 = 1.96**2
    middle = (share_of_rows + z2 / (2 * rows)) / (1 + z2 / rows)
    half = (
        1.96
        * math.sqrt(share_of_rows * (1 - share_of_rows) / rows + z2 / (4 * rows**2))
        / (1 + z2 / rows)
    )
    return max(0.0, middle - half), min(1.0, middle + half)


def area_under_curve(positive: npt.NDArray[np.bool_], scores: Array) -> float:
    """Probability that a positive row scores above another one, ties counted half."""
    order = np.argsort(scores, kind="mergesort")
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    sums = np.bincount(inverse, weights=ranks)
    ranks = (sums / counts)[inverse]
    positives = int(positive.sum())
    negatives = len(scores) - positives
    if positives == 0 or negatives == 0:
        return float("nan")
    return float(
        (ranks[positive].sum() - positives * (positives + 1) / 2) / (positives * negatives)
    )
