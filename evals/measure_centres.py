"""Measures the carried help centres, tuned and held-out ones apart, without a model and with one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from agent.settings import ModelEndpoint
from evals.datasets import DataFolder
from evals.help_centres.ask import ask_centres
from evals.help_centres.grade import grade
from evals.help_centres.summary import Counts
from evals.metrics import Figure, share
from standins.model import create_app
from standins.serving import serve

BARS = (
    ("right", "right", ">= 0.70", False),
    ("choice", "offered a choice", "<= 0.15", True),
    ("wrong", "wrong answers of all", "<= 0.05", True),
    ("near_miss", "near misses answered", "<= 0.05", True),
    ("escalated", "reached a person", "1.0", False),
    ("unfit", "unfit to be sent", "0", True),
)
"""(count, name of its figure, bar, whether less is better)."""
RIGHT_WITH_A_MODEL = ">= 0.85"


def measure_centres(_data: DataFolder) -> Iterator[Figure]:
    """Yield the figures of the tuned and the held-out centres; the stand-in model quotes what it is given."""
    yield from _figures("grounded", None)
    with serve(create_app("passages")) as url:
        yield from _figures("quoting model", ModelEndpoint(model="stand-in", base_url=f"{url}/v1"))


def _figures(answerer: str, endpoint: ModelEndpoint | None) -> Iterator[Figure]:
    counts = {True: Counts(), False: Counts()}
    for centre, asked in asyncio.run(ask_centres(None, endpoint)):
        counts[centre.is_tuned].add([(question, grade(question)) for question in asked])
    for is_tuned, where in ((True, "tuned"), (False, "held out")):
        for field, name, bar, lower_is_better in BARS:
            hits: list[bool] = getattr(counts[is_tuned], field)
            wanted = RIGHT_WITH_A_MODEL if endpoint is not None and field == "right" else bar
            yield share(
                f"centres {where} {answerer} {name}",
                hits,
                wanted,
                lower_is_better=lower_is_better,
            )
