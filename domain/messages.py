"""Defines inbound messages and replies in a form that all channels share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from domain.channels import Channel
from domain.identifiers import Identifier
from domain.tickets import Category, Priority

REPEATED_WITHIN = timedelta(minutes=10)
"""The same form without a key is a repeat within this time."""
MAILBOX = "mailbox"
"""A key of `details`: the address of the mailbox that the mail came to."""
TRUNCATED = "truncated"
"""A key of `details`: only a part of the customer's text could be read."""
UNREADABLE = "unreadable"
"""A key of `details`: how the customer's text is encrypted, so that nobody here can read it."""
SUBJECT = "subject"
"""A key of `details`: the subject of a customer's mail, for one that brings another than its conversation's."""
CUT_AWAY = "cut_away"
"""A key of `details`: what a mail holds below or between the customer's own words; judged, and not answered."""
MAX_CUT_AWAY_CHARS = 4_000


CONFIRMS_CONSENT = "consent"
"""The author of the one message that goes out although its receiver has just ended our messages."""


class Role(StrEnum):
    """Who wrote a message."""

    CUSTOMER = "customer"
    AGENT = "agent"
    STAFF = "staff"


class MessageState(StrEnum):
    """What remains to be done about a stored message."""

    WAITING = "waiting"
    """From the customer, waits for a turn of the agent."""
    DRAFTED = "drafted"
    """From the customer; a draft of the reply waits for a person."""
    WITH_HUMAN = "with_human"
    """From the customer, waits for the person who owns the conversation."""
    ANSWERED = "answered"
    """By a turn or a person."""
    IGNORED = "ignored"
    """From the customer, never answered: automatic mail, STOP, mail from before the mailbox was connected."""
    DEAD = "dead"
    """Could not be processed; its dead letter says why."""
    UNDELIVERED = "undelivered"
    """Ours, not delivered yet."""
    SETTLED = "settled"
    """Ours, with a final delivery state."""


class Standing(StrEnum):
    """Whether a message may be answered, as the channel's adapter found."""

    NORMAL = "normal"
    AUTOMATIC = "automatic"
    """Auto-reply, mailing list, bounce or no-reply sender: stored and never answered."""
    OPT_OUT = "opt_out"
    """The sender wrote STOP: nothing more is sent until OPT_IN."""
    OPT_IN = "opt_in"
    CONTEXT = "context"
    """Came before the mailbox was connected, or was moved into the inbox later: history, never a question."""
    ANSWERED = "answered"
    """A person answered it in the mailbox before it was read."""
    BLOCKED = "blocked"
    """Staff blocked its sender or marked its conversation as spam: stored, and nothing else."""
    LATE = "late"
    """Too old for an automatic answer when it was read: a person answers it."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that is listed and acknowledged, never read. `size` is in bytes, None if unknown."""

    filename: str
    content_type: str
    size: int | None


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report that a mail did not reach its recipients (RFC 3464, or a server's own form)."""

    addresses: tuple[str, ...]
    """Recipients that were not reached, in canonical form; empty if the report names none."""
    status: str
    """The enhanced status code (RFC 3463), such as 5.1.1; `bounced` if the report has none."""
    explanation: str
    """What the refusing server said; may be empty."""
    reply_keys: tuple[tuple[UUID, int], ...]
    """Message and part of ours that the returned mail names."""
    message_ids: tuple[str, ...]
    """Message-ID of the returned mail."""
    references: tuple[str, ...]
    """Message-IDs that the returned mail refers to."""
    channel: Channel
    """The one that it came on."""


@dataclass(frozen=True, slots=True)
class SentMail:
    """A mail that a person sent from the mailbox; mails that the system sent are none.

    `thread_keys` are as in InboundMessage, `recipients` addresses of To and Cc in canonical form.
    """

    mail_id: str
    """The provider's id, unique in the channel."""
    sender: str
    """The mailbox's address, or an alias of it."""
    sender_name: str
    recipients: tuple[str, ...]
    text: str
    raw_text: str
    sent_at: datetime
    thread_keys: tuple[str, ...]
    message_id_header: str | None = None
    references: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    raw: bytes | None = field(default=None, repr=False)
    locator: str | None = None
    """Where the mailbox finds it again, if not by `mail_id`."""


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A message as every channel's `parse` returns it.

    `provider_message_id` is unique per channel, so a repeated delivery is recognised. `text` is what the
    customer wrote now, `raw_text` all that arrived, with quotes and signature. `thread_keys` are ids by
    which an earlier conversation is found (Gmail's thread id, then the Message-IDs of In-Reply-To and
    References); empty for a channel without threads.
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
    also: tuple[Identifier, ...] = ()
    """Further identifiers of the sender that the provider attests with this message."""
    attachments: tuple[Attachment, ...] = ()
    standing: Standing = Standing.NORMAL
    category: Category = Category.GENERAL
    priority: Priority = Priority.MEDIUM
    repeats: str | None = None
    """How the ids of messages begin that this one repeats if one came within `REPEATED_WITHIN`."""
    details: dict[str, str] = field(default_factory=dict)
    """Provider facts worth keeping (WaId, ProfileName, headers that decided the standing)."""
    raw: bytes | None = field(default=None, repr=False)
    """The provider's original if it holds more than `raw_text`: a mail's RFC 5322 form."""
    bounce: Bounce | None = None
    """Set if the mail reports that another one was not delivered; its standing is AUTOMATIC."""
    locator: str | None = None
    """Where the mailbox finds it again, if not by `provider_message_id`."""


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """All that a channel needs to format and send a reply.

    The thread fields are those of the conversation's latest inbound message. `key` is the same for every
    attempt at this reply, so a sender can derive a deterministic provider id from it.
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
    """False for a person's reply: only automatic mail may carry Auto-Submitted (RFC 3834)."""
    last_inbound_at: datetime | None = None
    """When the customer last wrote on this channel; WhatsApp's 24 h window starts then."""
    provider_message_id: str | None = None
    """The provider's id of the latest inbound message, which gets the Gmail labels."""
    mailbox: str | None = None
    """Address of the mailbox that the latest inbound mail came to, and that the reply leaves from."""
    is_opted_out: bool = False
    """The customer wrote STOP: nothing is sent on channels with an opt-out."""


class DeliveryState(StrEnum):
    """How far an attempt at a part has come."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNSURE = "unsure"
    """Possibly sent: a person decides, and code does not send it again."""
    PARKED = "parked"
    """May not be sent now (opt-out, closed window without a template): staff see why."""
    SUPPRESSED = "suppressed"
    """Not sent on purpose: a person had taken over the conversation."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a reply that is sent as one message; only WhatsApp splits long replies.

    `template` names a provider template (Twilio's ContentSid) that replaces free text.
    """

    message: OutboundMessage
    index: int
    count: int
    text: str
    template: str | None = None
    template_variables: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider's answer when it accepted a part; later status callbacks have the same id."""

    provider_message_id: str
    state: DeliveryState
