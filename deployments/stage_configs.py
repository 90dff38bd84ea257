"""Names each deployment's configuration."""

from __future__ import annotations

from deployments.configs.agent import AgentConfig
from deployments.configs.base import StageConfig
from deployments.configs.delivery import DeliveryConfig
from deployments.configs.embedding import EmbeddingConfig
from deployments.configs.ingress import IngressConfig
from deployments.configs.relay import RelayConfig
from deployments.configs.sentiment import SentimentConfig

STAGE_CONFIGS: dict[str, type[StageConfig]] = {
    "embedding": EmbeddingConfig,
    "sentiment": SentimentConfig,
    "agent": AgentConfig,
    "delivery": DeliveryConfig,
    "relay": RelayConfig,
    "ingress": IngressConfig,
}
