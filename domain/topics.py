"""The three Kafka topics. Their names are part of the contract with whoever listens in."""

INCOMING = "fte.tickets.incoming"
OUTGOING = "fte.tickets.outgoing"
DEAD_LETTERS = "fte.tickets.dlq"
