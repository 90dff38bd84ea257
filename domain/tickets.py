"""Tickets: their states, why one is handed to a person, and the numbers customers quote."""

from __future__ import annotations

import secrets
from enum import StrEnum


class Category(StrEnum):
    GENERAL = "general"
    TECHNICAL = "technical"
    BILLING = "billing"
    BUG_REPORT = "bug_report"
    FEEDBACK = "feedback"


class Priority(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"

    def raised_to(self, other: Priority) -> Priority:
        """The more pressing of the two."""
        order = list(Priority)
        return max(self, other, key=order.index)


class TicketStatus(StrEnum):
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    WAITING_CUSTOMER = "waiting_customer"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    CLOSED = "closed"


class EscalationReason(StrEnum):
    PRICING = "pricing"
    REFUND = "refund"
    LEGAL = "legal"
    HUMAN_REQUEST = "human_request"
    NEGATIVE_SENTIMENT = "negative_sentiment"
    NO_KB_MATCH = "no_kb_match"
    MODEL_UNAVAILABLE = "model_unavailable"
    REPEATED_FAILURE = "repeated_failure"
    LOOP_GUARD = "loop_guard"


CROCKFORD_BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
TICKET_NUMBER_LENGTH = 10


def new_ticket_number() -> str:
    """A random `TKT-` number of 50 bits in Crockford's base 32 (no I, L, O or U to misread)."""
    return "TKT-" + "".join(secrets.choice(CROCKFORD_BASE32) for _ in range(TICKET_NUMBER_LENGTH))
