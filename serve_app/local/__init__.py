"""Starts, watches and stops PostgreSQL, a Kafka-protocol broker and Ray on one machine."""
