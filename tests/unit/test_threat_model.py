"""Checks that docs/explanation/threat-model.md names tests that exist: a control without one would be a wish."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = set(
        re.findall(r"`(test_\w+)`", (ROOT / "docs" / "explanation" / "threat-model.md").read_text())
    )
    written = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    assert len(named) > 30
    assert named <= written, sorted(named - written)


def test_both_lists_are_whole() -> None:
    text = (ROOT / "docs" / "explanation" / "threat-model.md").read_text()
    assert all(f"LLM{number:02d}" in text for number in range(1, 11))
    assert all(re.search(rf"\bV{number}\b", text) for number in range(1, 17))
