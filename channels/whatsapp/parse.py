"""Parses Twilio's webhooks: a customer's message, or the status of one of ours."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from channels.whatsapp.fields import Fields, read_fields
from channels.whatsapp.opt_out import standing_of
from channels.whatsapp.payloads import (
    read_details,
    read_kind,
    read_media,
    read_place,
    read_words,
)
from domain.channels import Channel
from domain.errors import Malformed
from domain.identifiers import Assurance, Identifier, identify_whatsapp
from domain.messages import DeliveryState, InboundMessage
from domain.names import clean_name
from domain.payloads import KIND

MAX_SUBJECT_CHARS = 200

_PART_KEY = re.compile(r"(?:^|&)reply=([0-9a-f]{32})\.([0-9]{1,4})(?:&|$)")
_MESSAGE_SID = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Our SENDING is an attempt without an answer; Twilio's `sending` means that it accepted the message.
_STATES = {
    "accepted": DeliveryState.QUEUED,
    "scheduled": DeliveryState.QUEUED,
    "queued": DeliveryState.QUEUED,
    "sending": DeliveryState.QUEUED,
    "sent": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "partially_delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.READ,
    "undelivered": DeliveryState.FAILED,
    "failed": DeliveryState.FAILED,
    "canceled": DeliveryState.FAILED,
}


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """What became of a message that we sent; `state` is None for a status that we do not know."""

    provider_message_id: str
    state: DeliveryState | None
    error_code: str | None
    status: str
    """Twilio's own status, for the log."""
    part_key: tuple[UUID, int] | None = None
    """The reply and part that the callback's address names, if any."""


def part_query(key: UUID, index: int) -> str:
    """Return the query of a part's status callback, which tells the part."""
    return f"reply={key.hex}.{index}"


def state_of(status: str | None) -> DeliveryState | None:
    """Return our state for Twilio's message status; None for one that we do not know."""
    return _STATES.get((status or "").strip().lower())


def parse_inbound(body: bytes, received_at: datetime) -> InboundMessage:
    """Parse a verified webhook of an incoming message. Raises Malformed.

    The sender is attested: Twilio signed the webhook, and WhatsApp authenticated the person.
    """
    fields = read_fields(body)
    sid = _message_sid(fields)
    sender = identify_whatsapp(fields.first("From"), Assurance.PROVIDER_ATTESTED)
    raw_body = fields.getlist("Body")[0] if fields.getlist("Body") else ""
    attachments, media = read_media(fields)
    words = read_words(fields, raw_body.replace("\x00", "").strip())
    kind = {KIND: read_kind(fields, words, attachments).value}
    return InboundMessage(
        channel=Channel.WHATSAPP,
        provider_message_id=sid,
        sender=sender,
        also=_also(fields, sender),
        sender_name=clean_name(fields.first("ProfileName")),
        text="\n".join(part for part in (words, read_place(fields)) if part),
        raw_text=raw_body.replace("\x00", "\\u0000"),
        received_at=received_at,
        attachments=attachments,
        # Of an ad that the customer tapped: what "this" in the message means.
        subject=fields.first("ReferralHeadline")[:MAX_SUBJECT_CHARS] or None,
        standing=standing_of(words, fields.first("OptOutType")),
        details=read_details(fields) | media | kind,
    )


def parse_status(body: bytes, query: str = "") -> StatusUpdate:
    """Parse a verified status callback and its query. Raises Malformed if it names no message."""
    fields = read_fields(body)
    status = fields.first("MessageStatus") or fields.first("SmsStatus")
    code = fields.first("ErrorCode")
    return StatusUpdate(
        provider_message_id=_message_sid(fields),
        state=state_of(status),
        error_code=code[:20] if code and code != "0" else None,
        status=status[:40],
        part_key=_part_key(query),
    )


def _also(fields: Fields, sender: Identifier) -> tuple[Identifier, ...]:
    """Return the sender's other id, if Twilio names both the number and the user id."""
    named = [fields.first("ExternalUserId"), fields.first("WaId")]
    others: list[Identifier] = []
    for written in named:
        with suppress(Malformed):
            other = identify_whatsapp(written, Assurance.PROVIDER_ATTESTED)
            if other.kind is not sender.kind:
                others.append(other)
    return tuple(others[:1])


def _part_key(query: str) -> tuple[UUID, int] | None:
    named = _PART_KEY.search(query)
    return (UUID(hex=named[1]), int(named[2])) if named else None


def _message_sid(fields: Fields) -> str:
    sid = fields.first("MessageSid") or fields.first("SmsMessageSid") or fields.first("SmsSid")
    if not _MESSAGE_SID.fullmatch(sid):
        raise Malformed("no message id", {"MessageSid": "is missing or no message id"})
    return sid
