"""Names the Kafka topics and consumer groups, which outside consumers rely on."""

INCOMING = "fte.tickets.incoming"
OUTGOING = "fte.tickets.outgoing"
DEAD_LETTERS = "fte.tickets.dlq"

AGENT_GROUP = "fte.agent"
DELIVERY_GROUP = "fte.delivery"
"""The consumer groups of the stages that read INCOMING and OUTGOING."""
