"""Talks to Kafka: topics, envelopes, a producer, and consumers that keep the order of each key."""
