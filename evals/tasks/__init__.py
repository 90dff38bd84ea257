"""Scoring tasks, one module each: `run(rows, options)` puts the product's own code over JSON lines."""

from __future__ import annotations

from importlib import import_module

from evals.tasks.task import Task

TASK_NAMES = (
    "guardrails",
    "sentiment",
    "retrieval",
    "mail_reply",
    "mime",
    "identifiers",
    "injection",
)


def load_task(name: str) -> Task:
    """Imports one task alone, so that none needs what another needs. KeyError for an unknown name."""
    if name not in TASK_NAMES:
        raise KeyError(name)
    task: Task = import_module(f"evals.tasks.{name}").run
    return task
