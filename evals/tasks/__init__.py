"""Scores JSON lines by the product's own code: a module for each task, with `run(rows, options)`."""

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
    """Import a task alone, so that none needs another's packages. Raises KeyError for an unknown name."""
    if name not in TASK_NAMES:
        raise KeyError(name)
    task: Task = import_module(f"evals.tasks.{name}").run
    return task
