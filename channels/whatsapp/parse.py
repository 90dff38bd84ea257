"""Parses Twilio's webhooks: a customer's message, or the status of one of ours."""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from channels.whatsapp.fields import Fields, read_fields
from channels.whatsapp.opt_out import standing_of
from domain.channels import Channel
from domain.errors import Malformed
from domain.identifiers import Assurance, identify_whatsapp
from domain.messages import Attachment, DeliveryState, InboundMessage

MAX_ATTACHMENTS = 10
MAX_NAME_CHARS = 100
MAX_DETAIL_CHARS = 500

_PART_KEY = re.compile(r"(?:^|&)reply=([0-9a-f]{32})\.([0-9]{1,4})(?:&|$)")
_MESSAGE_SID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CONTENT_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}")
_TWILIO_MEDIA_HOSTS = ("twilio.com", "twiliocdn.com")
_KEPT_DETAILS = (
    "WaId",
    "ExternalUserId",
    "ProfileName",
    "To",
    "AccountSid",
    "MessagingServiceSid",
    "MessageType",
    "OriginalRepliedMessageSid",
    "ButtonPayload",
    "ListId",
    "Forwarded",
)

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
    attachments, media = _read_media(fields)
    text = _read_text(fields, raw_body)
    details = {
        name: fields.first(name)[:MAX_DETAIL_CHARS] for name in _KEPT_DETAILS if fields.first(name)
    }
    return InboundMessage(
        channel=Channel.WHATSAPP,
        provider_message_id=sid,
        sender=sender,
        sender_name=" ".join(fields.first("ProfileName").split())[:MAX_NAME_CHARS],
        text=text,
        raw_text=raw_body.replace("\x00", "\\u0000"),
        received_at=received_at,
        attachments=attachments,
        standing=standing_of(text, fields.first("OptOutType")),
        details=details | media,
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


def _part_key(query: str) -> tuple[UUID, int] | None:
    named = _PART_KEY.search(query)
    return (UUID(hex=named[1]), int(named[2])) if named else None


def _message_sid(fields: Fields) -> str:
    sid = fields.first("MessageSid") or fields.first("SmsMessageSid") or fields.first("SmsSid")
    if not _MESSAGE_SID.fullmatch(sid):
        raise Malformed("no message id", {"MessageSid": "is missing or no message id"})
    return sid


def _read_text(fields: Fields, raw_body: str) -> str:
    """Return what the customer wrote or chose, and a shared place in words."""
    text = raw_body.replace("\x00", "").strip()
    if not text:
        text = fields.first("ButtonText") or fields.first("ListTitle")
    place = _read_place(fields)
    return "\n".join(part for part in (text, place) if part)


def _read_place(fields: Fields) -> str:
    latitude, longitude = fields.first("Latitude"), fields.first("Longitude")
    if not (latitude and longitude):
        return ""
    names = [name for name in (fields.first("Label"), fields.first("Address")) if name]
    return f"Location: {', '.join([*names, f'{latitude}, {longitude}'])}"


def _read_media(fields: Fields) -> tuple[tuple[Attachment, ...], dict[str, str]]:
    """Return the attachments, and those of their addresses that are Twilio's."""
    count = fields.first("NumMedia")
    attachments: list[Attachment] = []
    addresses: dict[str, str] = {}
    for index in range(min(int(count), MAX_ATTACHMENTS) if count.isdecimal() else 0):
        declared = fields.first(f"MediaContentType{index}").lower().split(";")[0].strip()
        content_type = declared if _CONTENT_TYPE.fullmatch(declared) else "application/octet-stream"
        suffix = mimetypes.guess_extension(content_type) or ""
        kind = content_type.split("/")[0] if suffix else "file"
        attachments.append(Attachment(f"{kind}-{index + 1}{suffix}", content_type, None))
        address = fields.first(f"MediaUrl{index}")
        if is_twilio_media(address):
            addresses[f"MediaUrl{index}"] = address[:MAX_DETAIL_CHARS]
    return tuple(attachments), addresses


def is_twilio_media(address: str) -> bool:
    """Return whether a media address is Twilio's; no other is kept or fetched."""
    try:
        parts = urlsplit(address)
        has_odd_port = parts.port not in (None, 443)
    except ValueError:
        return False
    host = (parts.hostname or "").lower()
    is_theirs = any(host == known or host.endswith(f".{known}") for known in _TWILIO_MEDIA_HOSTS)
    return parts.scheme == "https" and is_theirs and not has_odd_port and parts.username is None
