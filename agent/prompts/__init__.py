"""Loads the prompt from the Markdown beside this file."""

from __future__ import annotations

from importlib.resources import files

INSTRUCTIONS = (files(__name__) / "support.md").read_text(encoding="utf-8")
"""The system prompt; `{product}`, `{company}`, `{tone}` and `{channel_rules}` are filled in for each turn."""
