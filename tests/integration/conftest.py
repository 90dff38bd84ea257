"""Real servers for the integration tests."""

from tests.integration.brokers import broker, own_broker

__all__ = ["broker", "own_broker"]
