"""Real texts of mixed length: the sample tickets and, without their markup, the articles that answer them."""

from __future__ import annotations

import json
import random
from pathlib import Path

CONTEXT = Path(__file__).parents[1] / "context"


def tickets() -> list[str]:
    """Subject and message of the sample tickets, as the agent stage embeds them."""
    samples = json.loads((CONTEXT / "sample-tickets.json").read_text(encoding="utf-8"))
    return [
        "\n".join(part for part in (sample["subject"], sample["message"]) if part)
        for sample in samples
    ]


def sentences() -> list[str]:
    """Sentences of the product documentation, each once."""
    text = (CONTEXT / "product-docs.md").read_text(encoding="utf-8")
    lines = [line.strip("#*-> 0123456789.") for line in text.splitlines()]
    return list(dict.fromkeys(line for line in lines if len(line) > 20))


def mixed(count: int, seed: int = 7) -> list[str]:
    """`count` different texts with the tickets' spread of lengths, none of them twice.

    Each is a ticket with a sentence of the documentation put before or behind it.
    """
    rng = random.Random(seed)
    opening, behind = tickets(), sentences()
    found: dict[str, None] = {}
    while len(found) < count:
        parts = [rng.choice(opening), rng.choice(behind)]
        rng.shuffle(parts)
        found[" ".join(parts)] = None
    return list(found)
