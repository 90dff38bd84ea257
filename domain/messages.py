"""A message on its way in and a reply on its way out, the same for every channel."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.channels import Channel
from domain.identifiers import Identifier
from domain.tickets import Category, Priority

TRUNCATED = "truncated"
"""Among a message's `details`: not all that the customer wrote could be read."""


class Role(StrEnum):
    CUSTOMER = "customer"
    AGENT = "agent"
    STAFF = "staff"


class MessageState(StrEnum):
    """What is still to be done about a stored message."""

    WAITING = "waiting"
    """From the customer, for a turn of the agent."""
    WITH_HUMAN = "with_human"
    """From the customer, for the person who owns the conversation."""
    ANSWERED = "answered"
    """By a turn or a person."""
    IGNORED = "ignored"
    """From the customer, never answered: automatic mail, STOP."""
    DEAD = "dead"
    """Could not be processed; its dead letter says why."""
    UNDELIVERED = "undelivered"
    """Ours, on its way out."""
    SETTLED = "settled"
    """Ours, with a final delivery state."""


class Standing(StrEnum):
    """What an adapter found out about a message that decides whether it may be answered at all."""

    NORMAL = "normal"
    AUTOMATIC = "automatic"
    """Auto-replies, lists, bounces, no-reply senders: stored, never answered."""
    OPT_OUT = "opt_out"
    """The sender wrote STOP: nothing more is sent until OPT_IN."""
    OPT_IN = "opt_in"


@dataclass(frozen=True, slots=True)
class Attachment:
    """Listed and acknowledged, never read. `size` in bytes, None where the provider hides it."""

    filename: str
    content_type: str
    size: int | None


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """What every channel's `parse` makes of what its provider sent.

    `provider_message_id` is unique per channel and makes a repeat harmless. `text` is what the
    customer wrote now; `raw_text` what arrived, quotes and signature included. `thread_keys` are
    ids by which an earlier conversation is found (Gmail's thread id first, then the Message-IDs of
    In-Reply-To and References); empty means the channel has no threads of its own.
    """

    channel: Channel
    provider_message_id: str
    sender: Identifier
    sender_name: str
    text: str
    raw_text: str
    received_at: datetime
    subject: str | None = None
    thread_keys: tuple[str, ...] = ()
    message_id_header: str | None = None
    references: tuple[str, ...] = ()
    provider_thread_id: str | None = None
    attachments: tuple[Attachment, ...] = ()
    standing: Standing = Standing.NORMAL
    category: Category = Category.GENERAL
    priority: Priority = Priority.MEDIUM
    details: dict[str, str] = field(default_factory=dict)
    """Provider facts worth keeping (WaId, ProfileName, headers that decided the standing)."""
    raw: bytes | None = field(default=None, repr=False)
    """The whole as the provider gave it, where that is more than `raw_text`: a mail's RFC 5322 form."""


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """All that a channel needs to format and send one reply.

    `recipient` is the canonical identifier value; thread fields repeat what the conversation's
    latest inbound message carried. `key` is the same for every attempt at this reply, so that a
    sender can make a deterministic provider id from it.
    """

    key: UUID
    channel: Channel
    recipient: Identifier
    recipient_name: str
    text: str
    ticket_number: str | None
    subject: str | None = None
    provider_thread_id: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    is_escalated: bool = False
    is_automatic: bool = True
    """False for what a person wrote: only automatic mail may carry Auto-Submitted (RFC 3834)."""
    last_inbound_at: datetime | None = None
    """When the customer last wrote on this channel: WhatsApp's 24 h window hangs on it."""
    provider_message_id: str | None = None
    """The provider's id of the latest inbound message (Gmail labels are put there)."""
    is_opted_out: bool = False
    """The customer wrote STOP: nothing goes out on the channels where that word counts."""


class DeliveryState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNSURE = "unsure"
    """May have been sent: a person decides, code does not repeat it."""
    PARKED = "parked"
    """May not be sent now (opt-out, closed window without a template): staff see why."""
    SUPPRESSED = "suppressed"
    """Not sent on purpose: a person took the conversation over first."""


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a reply as the provider takes it: WhatsApp splits long ones, others have one.

    `template` names a provider template (Twilio's ContentSid) that is sent in place of free text.
    """

    message: OutboundMessage
    index: int
    count: int
    text: str
    template: str | None = None
    template_variables: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the provider said when it took a part; later status callbacks carry the same id."""

    provider_message_id: str
    state: DeliveryState
