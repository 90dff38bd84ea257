"""Reads the deployments' thresholds: `user_config` of config.yaml, else the typed defaults."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import yaml

from deployments.configs.agent import AgentConfig
from deployments.configs.embedding import EmbeddingConfig

CONFIG_FILE = Path(__file__).parent.parent / "config.yaml"


def user_config(deployment: str, path: Path = CONFIG_FILE) -> Mapping[str, object]:
    """Return the named deployment's user_config; empty if file, deployment or key is missing."""
    if not path.is_file():
        return {}
    document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    for application in document.get("applications") or []:
        for entry in application.get("deployments") or []:
            if entry.get("name") == deployment:
                return entry.get("user_config") or {}
    return {}


@lru_cache(maxsize=1)
def embedding_config() -> EmbeddingConfig:
    """Return the embedding stage's configuration."""
    return EmbeddingConfig.model_validate(user_config("embedding"))


def agent_config() -> AgentConfig:
    """Return the agent stage's configuration."""
    return AgentConfig.model_validate(user_config("agent"))


def guardrail_thresholds() -> dict[str, float]:
    """Return the agent stage's thresholds by class."""
    return agent_config().guardrails.model_dump()
