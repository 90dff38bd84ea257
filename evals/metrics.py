"""Computes figures with their confidence intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.stats
from sklearn.metrics import roc_auc_score

RESAMPLES = 300
SEED = 20240501

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value with its 95 % interval; `baseline` is that of a simple method."""

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
    """Return the statistic over all rows and the 2.5th and 97.5th percentile over resampled ones."""
    numbers = np.arange(rows)
    interval = scipy.stats.bootstrap(  # type: ignore[attr-defined]  # exported by a star
        (numbers,),
        statistic,
        n_resamples=RESAMPLES,
        vectorized=False,
        method="percentile",
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    return statistic(numbers), float(interval.low), float(interval.high)


def share(
    name: str,
    hits: npt.ArrayLike,
    bar: str = "",
    baseline: float | None = None,
    lower_is_better: bool = False,
) -> Figure:
    """Return the share of true values with its interval."""
    values = np.asarray(hits, dtype=np.float64)
    value, rows = float(values.mean()), len(values)
    low, high = wilson_interval(int(values.sum()), rows)
    return Figure(name, value, low, high, rows, bar, baseline, lower_is_better)


def wilson_interval(hits: int, rows: int) -> tuple[float, float]:
    """Return a share's interval; resampling would give an empty one at 0 and 1."""
    test = scipy.stats.binomtest(hits, rows)  # type: ignore[attr-defined]  # exported by a star
    interval = test.proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def area_under_curve(positive: npt.NDArray[np.bool_], scores: Array) -> float:
    """Return the probability that a positive row scores above a negative one; ties count half, nan without both."""
    if positive.all() or not positive.any():
        return float("nan")
    return float(roc_auc_score(positive, scores))
