"""Everything that `make run` starts on one machine: PostgreSQL, a Kafka-protocol broker and Ray."""
