"""Provides texts of mixed length from the sample tickets and the documentation without its markup."""

from __future__ import annotations

import json
import random
from pathlib import Path

CONTEXT = Path(__file__).parents[1] / "context"


def tickets() -> list[str]:
    """Return subject and message of each sample ticket, as the agent stage embeds them."""
    samples = json.loads((CONTEXT / "sample-tickets.json").read_text(encoding="utf-8"))
    return [
        "\n".join(part for part in (sample["subject"], sample["message"]) if part)
        for sample in samples
    ]


def sentences() -> list[str]:
    """Return the distinct sentences of the product documentation."""
    text = (CONTEXT / "product-docs.md").read_text(encoding="utf-8")
    lines = [line.strip("#*-> 0123456789.") for line in text.splitlines()]
    return list(dict.fromkeys(line for line in lines if len(line) > 20))


def mixed(count: int, seed: int = 7) -> list[str]:
    """Return `count` distinct texts: each a ticket with a sentence of the documentation before or after it."""
    rng = random.Random(seed)
    opening, behind = tickets(), sentences()
    found: dict[str, None] = {}
    while len(found) < count:
        parts = [rng.choice(opening), rng.choice(behind)]
        rng.shuffle(parts)
        found[" ".join(parts)] = None
    return list(found)
