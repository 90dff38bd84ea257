"""Defines the states of tickets and stages of conversations, the reasons of hand-overs, and ticket numbers."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Category(StrEnum):
    """What a ticket is about."""

    GENERAL = "general"
    TECHNICAL = "technical"
    BILLING = "billing"
    BUG_REPORT = "bug_report"
    FEEDBACK = "feedback"


class Priority(StrEnum):
    """How urgent a ticket is, least urgent first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"

    def raised_to(self, other: Priority) -> Priority:
        """Return the more urgent of the two."""
        order = list(Priority)
        return max(self, other, key=order.index)


class TicketStatus(StrEnum):
    """How far a ticket has come."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    WAITING_CUSTOMER = "waiting_customer"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Stage(StrEnum):
    """What a conversation waits for."""

    FOR_US = "waiting_for_us"
    """The agent has the next move."""
    FOR_PERSON = "waiting_for_person"
    """A person has the next move: the owner, or whoever takes it."""
    FOR_CUSTOMER = "waiting_for_customer"
    RESOLVED = "resolved"
    CLOSED = "closed"
    """Its customer was erased."""


@dataclass(frozen=True, slots=True)
class ReasonRecord:
    """What is known about a reason, apart from the customer's text (domain/texts)."""

    label: str
    """The name in staff's lists and figures."""
    explanation: str
    """The text after "because" in the hand-over summary."""
    page_text: str
    """What the customer's page says about it."""
    priority: Priority = Priority.LOW
    """The least priority of a ticket with this reason."""
    model_may_choose: bool = True
    """False if only code may choose it."""
    teaches: bool = True
    """Whether staff's answer may become an article."""


class EscalationReason(StrEnum):
    """Why a ticket is handed over. A member is its value in API and database; `record` holds the rest."""

    record: ReasonRecord

    def __new__(cls, value: str, record: ReasonRecord | None = None) -> Self:
        """Make a member from its value and record."""
        if record is None:
            raise TypeError(f"the reason {value} has no record")
        member = str.__new__(cls, value)
        member._value_ = value
        member.record = record
        return member

    DANGER = (
        "danger",
        ReasonRecord(
            label="somebody in danger",
            explanation="tells of a danger to somebody",
            page_text="A person will look into this.",
            priority=Priority.URGENT,
            model_may_choose=False,
            teaches=False,
        ),
    )
    COMPANY_TOPIC = (
        "company_topic",
        ReasonRecord(
            label="topic of the company",
            explanation="is for a person by the company's own rules",
            page_text="A person will look into this.",
            model_may_choose=False,
            teaches=False,
        ),
    )
    PRICING = (
        "pricing",
        ReasonRecord(
            label="pricing",
            explanation="asks about prices, which only a person may answer",
            page_text="Prices and plans are answered by our team, so that you get a figure you can rely on.",
            priority=Priority.HIGH,
            teaches=False,
        ),
    )
    REFUND = (
        "refund",
        ReasonRecord(
            label="refund",
            explanation="wants money back, which only a person may decide",
            page_text="Refunds are decided by a person on our team.",
            priority=Priority.HIGH,
            teaches=False,
        ),
    )
    LEGAL = (
        "legal",
        ReasonRecord(
            label="legal",
            explanation="mentions legal steps",
            page_text="This is something a person on our team has to answer.",
            priority=Priority.URGENT,
            teaches=False,
        ),
    )
    HUMAN_REQUEST = (
        "human_request",
        ReasonRecord(
            label="asked for a person",
            explanation="asks for a person",
            page_text="You asked for a person, and we passed everything on.",
            priority=Priority.HIGH,
        ),
    )
    NEGATIVE_SENTIMENT = (
        "negative_sentiment",
        ReasonRecord(
            label="upset customer",
            explanation="is very unhappy",
            page_text="We can tell this has been frustrating. A person will take a look.",
            priority=Priority.HIGH,
        ),
    )
    NO_KB_MATCH = (
        "no_kb_match",
        ReasonRecord(
            label="no article found",
            explanation="the knowledge base holds no answer",
            page_text="We had no reliable answer at hand, so a person will look into it.",
        ),
    )
    MODEL_UNAVAILABLE = (
        "model_unavailable",
        ReasonRecord(
            label="model unavailable",
            explanation="no model could answer",
            page_text="Our assistant is not available right now, so a person will answer you.",
            model_may_choose=False,
        ),
    )
    REPEATED_FAILURE = (
        "repeated_failure",
        ReasonRecord(
            label="repeated failure",
            explanation="the answers so far did not solve it",
            page_text="Our assistant could not settle this, so a person will take over.",
        ),
    )
    LOOP_GUARD = (
        "loop_guard",
        ReasonRecord(
            label="loop guard",
            explanation="too many automatic replies",
            page_text="This has gone back and forth enough. A person will take over.",
            priority=Priority.HIGH,
            model_may_choose=False,
        ),
    )
    DELIVERY_FAILED = (
        "delivery_failed",
        ReasonRecord(
            label="reply not delivered",
            explanation="a reply did not reach the customer",
            page_text="A reply of ours did not reach you, so a person will look into it.",
            priority=Priority.HIGH,
            model_may_choose=False,
        ),
    )


CROCKFORD_BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
TICKET_NUMBER_LENGTH = 10


def new_ticket_number() -> str:
    """Make a random `TKT-` number of 50 bits in Crockford's base 32 (no I, L, O or U to misread)."""
    return "TKT-" + "".join(secrets.choice(CROCKFORD_BASE32) for _ in range(TICKET_NUMBER_LENGTH))
