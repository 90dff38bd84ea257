"""Measures arms in turn within one run and takes the median of the rounds' ratios.

A shared machine's speed may halve within a minute, so an arm's absolute figure says little. Measurements made right
after each other share conditions, so their ratio holds.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Better = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure and what it has to reach."""

    name: str
    value: float
    bar: float
    better: Better = "higher"

    @property
    def is_met(self) -> bool:
        """Whether the figure reaches the bar."""
        return self.value >= self.bar if self.better == "higher" else self.value <= self.bar

    @property
    def line(self) -> str:
        """The figure and its bar in a line."""
        sign = ">=" if self.better == "higher" else "<="
        return f"{self.name}: {self.value:.3g} (bar {sign} {self.bar:g})"


@dataclass(frozen=True, slots=True)
class Result:
    """What one benchmark found: the bars, and the plain measurements behind them."""

    bars: Sequence[Bar]
    measured: Mapping[str, object] = field(default_factory=dict)


def seconds(work: Callable[[], object]) -> float:
    """Return the wall-clock seconds of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def in_turn(arms: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Return a figure per arm and round; every other round reverses the order of the arms."""
    figures: dict[str, list[float]] = {name: [] for name in arms}
    for number in range(rounds):
        names = list(arms) if number % 2 == 0 else list(arms)[::-1]
        for name in names:
            figures[name].append(arms[name]())
    return figures


def ratio(numerators: Sequence[float], denominators: Sequence[float]) -> float:
    """Return the median of the rounds' ratios."""
    return statistics.median(a / b for a, b in zip(numerators, denominators, strict=True))


def quantile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank quantile; a `share` of 0.99 is the 99th percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
