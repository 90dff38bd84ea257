"""Kafka: topics, envelopes, one producer and consumers that keep order per key."""
