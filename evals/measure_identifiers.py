"""Measures whether every form of a phone number gives one and the same key."""

from __future__ import annotations

from collections.abc import Iterator

from evals.datasets import DataFolder
from evals.metrics import Figure, share
from evals.tasks.identifiers import run

_SETS = {"phone examples": "example_numbers", "phone forms": "test_inputs"}


def measure_identifiers(data: DataFolder) -> Iterator[Figure]:
    """Keys that are the number's E.164 form, of all numbers that are possible in their country."""
    for name, file in _SETS.items():
        rows_of_set = data.rows(f"phone_vectors/dev/{file}.jsonl") or []
        cases = [case for case in rows_of_set if case.get("is_possible", True)]
        if not cases:
            continue
        rows = [
            {"id": case["id"], "type": "phone", "value": case["input"], "region": case["region"]}
            for case in cases
        ]
        yield share(
            f"identifiers {name} one key",
            [
                found["key"] == case["e164"]
                for case, found in zip(cases, run(rows, None), strict=True)
            ],
            ">= 0.995",
        )
