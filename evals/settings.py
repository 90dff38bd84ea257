"""Thresholds as the deployments run them: `user_config` of config.yaml, else the defaults in code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

CONFIG_FILE = Path(__file__).parent.parent / "config.yaml"


def user_config(deployment: str, path: Path = CONFIG_FILE) -> Mapping[str, object]:
    """The named deployment's user_config; empty when file, deployment or key is absent."""
    if not path.is_file():
        return {}
    document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    for application in document.get("applications") or []:
        for entry in application.get("deployments") or []:
            if entry.get("name") == deployment:
                return entry.get("user_config") or {}
    return {}


def guardrail_thresholds() -> dict[str, float]:
    """Per class, as the agent deployment takes them."""
    stored = user_config("agent").get("guardrails")
    return (
        {str(name): float(value) for name, value in stored.items()}
        if isinstance(stored, Mapping)
        else {}
    )


def answerable_from(default: float) -> float:
    """The probability from which a search counts as answered."""
    value = user_config("agent").get("answerable_from", default)
    return float(value) if isinstance(value, int | float) else default
