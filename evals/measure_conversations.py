"""Measures how often a conversation ends as it has to: once, and in each of its wordings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from evals.conversations.dialogues import HELD, read_dialogues
from evals.conversations.scenario import WORDINGS, read_scenarios
from evals.conversations.suite import Run, run_suite
from evals.datasets import DataFolder
from evals.metrics import Figure, bootstrap, share

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
    """Pass^1 and pass^4 of the grounded answerer, on scenarios and on the dialogues that nothing was tuned on.

    The intervals resample scenarios and dialogues, not runs.
    """
    scenarios, dialogues = read_scenarios(), read_dialogues(HELD)
    runs = run_suite([*scenarios, *dialogues])
    spoken = runs[len(scenarios) * WORDINGS :]
    yield from _passed("conversations grounded", runs[: len(scenarios) * WORDINGS], ">= 0.95")
    yield from _passed("conversations dialogues", spoken, "")
    yield from turns_right(spoken)


def _passed(name: str, runs: Sequence[Run], at_once: str) -> Iterator[Figure]:
    for kind, shares, bar in (
        ("pass^1", passed_at_once(runs), at_once),
        ("pass^4", passed_each_time(runs), ">= 0.90"),
    ):
        value, low, high = bootstrap(partial(_mean, shares), len(shares))
        yield Figure(f"{name} {kind}", value, low, high, len(shares), bar)


def turns_right(runs: Sequence[Run]) -> Iterator[Figure]:
    """Yield the share of turns that went as they had to, in all and by the act that the customer did."""
    by_act: dict[str, list[bool]] = defaultdict(list)
    for run in runs:
        right = run.right or (False,) * len(run.scenario.steps)
        for step, is_right in zip(run.scenario.steps, right, strict=True):
            acts = step.expected.acts if step.expected is not None else ()
            by_act[acts[0].value if acts else "hard limits and others"].append(is_right)
    every = [is_right for some in by_act.values() for is_right in some]
    yield share("conversations turns right", every, ">= 0.85")
    for name, some in sorted(by_act.items()):
        yield share(f"conversations turns right, {name}", some)


def _mean(shares: Shares, rows: npt.NDArray[np.int64]) -> float:
    return float(shares[rows].mean())
