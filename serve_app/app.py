"""Builds the Serve graph; config.yaml's import_path names `app`."""

from __future__ import annotations

from ray import serve
from ray.serve import Application

from agent.secret_prints import SecretPrints
from deployments.agent import AgentStage
from deployments.delivery import DeliveryStage
from deployments.embedding import EmbeddingStage
from deployments.ingress import IngressStage
from deployments.relay import RelayStage
from deployments.sentiment import SentimentStage
from deployments.settings import Settings, read_settings
from serve_app.prepare import prepare, with_local_servers
from serve_app.sample_company import sample


def build(settings: Settings) -> Application:
    """Bind the deployments.

    Messages go ingress -> (outbox) -> relay -> agent -> (outbox) -> relay -> delivery, through Kafka. Only
    direct calls are bound here: the agent calls embedding and sentiment, relay and ingress read the agent's
    thresholds, and the ingress checks every stage's health and calls embedding to search. Each stage is bound with
    the secrets that it uses and no others.
    """
    otlp, level = settings.otel_exporter_otlp_endpoint, settings.log_level
    embedding = serve.deployment(name="embedding")(EmbeddingStage).bind(otlp, level)
    sentiment = serve.deployment(name="sentiment")(SentimentStage).bind(otlp, level)
    agent = serve.deployment(name="agent")(AgentStage).bind(
        settings.of_stage("agent"), embedding, sentiment, SecretPrints.of(settings.secrets)
    )
    delivery = serve.deployment(name="delivery")(DeliveryStage).bind(settings.of_stage("delivery"))
    relay = serve.deployment(name="relay")(RelayStage).bind(
        settings.of_stage("relay"), embedding, sentiment, agent
    )
    ingress = serve.deployment(name="ingress")(serve.ingress()(IngressStage))
    return ingress.bind(
        settings.of_stage("ingress"), embedding, sentiment, agent, delivery, relay, sample()
    )


def __getattr__(name: str) -> Application:
    """Build `app` when Serve asks for it, not when another module is imported from here."""
    if name != "app":
        raise AttributeError(name)
    return build(prepare(with_local_servers(read_settings())))
