"""Tests rules about the code that no linter knows."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRIVATE_USERS = {"ray": "deployments/ray_private.py", "aiokafka": "messaging/aiokafka_private.py"}
"""The one module for each library that may import what the library keeps to itself."""
FIRST_PLAIN_SUBJECT = "4da4db0"
"""Commit subjects after this one are at most 72 characters long."""


def product_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    return [ROOT / name for name in listed if (ROOT / name).exists()]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_private(module: str) -> bool:
    return any(part.startswith("_") and part != "__future__" for part in module.split("."))


@pytest.mark.parametrize("library", PRIVATE_USERS)
def test_private_parts_of_a_library_are_imported_in_one_module_only(library: str) -> None:
    users = {
        str(path.relative_to(ROOT))
        for path in product_files()
        for module in imported(path)
        if module.split(".")[0] == library and is_private(module)
    }
    assert users <= {PRIVATE_USERS[library]}


def test_commit_subjects_fit_into_a_line() -> None:
    log = subprocess.run(
        ["git", "log", "--format=%s", f"{FIRST_PLAIN_SUBJECT}..HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if log.returncode != 0:
        pytest.skip("git history is not here: a clone without --depth has it")
    assert [subject for subject in log.stdout.splitlines() if len(subject) > 72] == []
