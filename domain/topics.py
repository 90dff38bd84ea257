"""The three Kafka topics and who reads them. Their names are part of the contract with whoever listens in."""

INCOMING = "fte.tickets.incoming"
OUTGOING = "fte.tickets.outgoing"
DEAD_LETTERS = "fte.tickets.dlq"

AGENT_GROUP = "fte.agent"
DELIVERY_GROUP = "fte.delivery"
"""The consumer groups of the stages that read INCOMING and OUTGOING."""
