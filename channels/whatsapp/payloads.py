"""Reads what a WhatsApp message holds besides its text: choices, answers of a Flow, places, ads, cards and files."""

from __future__ import annotations

import json
import mimetypes
import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from channels.whatsapp.fields import Fields
from domain.messages import Attachment
from domain.payloads import PayloadKind
from domain.whole_numbers import whole_number

MAX_ATTACHMENTS = 10
MAX_DETAIL_CHARS = 500
MAX_FLOW_CHARS = 4_000
_MOST_FLOW_ANSWERS = 60

_CONTENT_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}")
_TWILIO_MEDIA_HOSTS = ("twilio.com", "twiliocdn.com")
_CARDS = frozenset({"text/vcard", "text/x-vcard", "text/directory"})
_FLOW_OWN = frozenset({"flow_token", "flow_id", "version", "screen"})
"""What a Flow needs itself; the customer did not answer it."""
_FLOW_FIELDS = ("InteractiveData", "FlowData")
_KEPT_DETAILS = (
    "WaId",
    "ExternalUserId",
    "ProfileName",
    "From",
    "To",
    "AccountSid",
    "MessagingServiceSid",
    "MessageType",
    "OriginalRepliedMessageSid",
    "OriginalRepliedMessageSender",
    "ButtonText",
    "ButtonPayload",
    "ListId",
    "ListTitle",
    "ListDescription",
    "Latitude",
    "Longitude",
    "Address",
    "Label",
    "Forwarded",
    "FrequentlyForwarded",
    "ReferralHeadline",
    "ReferralBody",
    "ReferralSourceType",
    "ReferralSourceUrl",
    "ReferralSourceId",
    "ReferralMediaUrl",
    "ReferralMediaContentType",
    "ReferralCtwaClid",
    "ChannelMetadata",
    "OptOutType",
)


def read_details(fields: Fields) -> dict[str, str]:
    """Return the facts worth keeping, by Twilio's own names."""
    return {
        name: fields.first(name)[:MAX_DETAIL_CHARS] for name in _KEPT_DETAILS if fields.first(name)
    }


def read_words(fields: Fields, body: str) -> str:
    """Return what the customer wrote, chose or filled in, a line each."""
    said = [
        body,
        fields.first("ButtonText"),
        fields.first("ListTitle"),
        fields.first("ListDescription"),
        *_flow_answers(fields),
    ]
    # A choice comes as the body as well.
    return "\n".join(dict.fromkeys(part for part in said if part))


def read_place(fields: Fields) -> str:
    """Return a shared place in words."""
    latitude, longitude = fields.first("Latitude"), fields.first("Longitude")
    if not (latitude and longitude):
        return ""
    names = [name for name in (fields.first("Label"), fields.first("Address")) if name]
    return f"Location: {', '.join([*names, f'{latitude}, {longitude}'])}"


def read_kind(fields: Fields, words: str, attachments: Sequence[Attachment]) -> PayloadKind:
    """Return what the message consists of."""
    types = {attachment.content_type for attachment in attachments}
    kind = fields.first("MessageType").lower()
    if words:
        return PayloadKind.TEXT
    if fields.first("Latitude") and fields.first("Longitude"):
        return PayloadKind.LOCATION
    if kind in ("contact", "contacts") or (types and types <= _CARDS):
        return PayloadKind.CONTACT
    if kind == "sticker" or types == {"image/webp"}:
        return PayloadKind.STICKER
    if kind in ("audio", "voice", "ptt") or any(found.startswith("audio/") for found in types):
        return PayloadKind.VOICE
    return PayloadKind.FILE if attachments else PayloadKind.UNSUPPORTED


def read_media(fields: Fields) -> tuple[tuple[Attachment, ...], dict[str, str]]:
    """Return the attachments, and those of their addresses that are Twilio's."""
    count = whole_number(fields.first("NumMedia")) or 0
    attachments: list[Attachment] = []
    addresses: dict[str, str] = {}
    for index in range(min(count, MAX_ATTACHMENTS)):
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


def _flow_answers(fields: Fields) -> list[str]:
    """Return the answers of a Flow, a line each; as it came where it is no JSON object."""
    for name in _FLOW_FIELDS:
        raw = fields.first(name)[:MAX_FLOW_CHARS]
        if not raw:
            continue
        try:
            answers = json.loads(raw)
        except (ValueError, RecursionError):
            return [raw]
        if not isinstance(answers, dict):
            return [raw]
        return list(_spell(answers))[:_MOST_FLOW_ANSWERS]
    return []


def _spell(answers: dict[str, object], depth: int = 0) -> Iterator[str]:
    for name, value in answers.items():
        if name in _FLOW_OWN or value in (None, "", [], {}):
            continue
        if isinstance(value, dict) and depth < 3:
            yield from _spell(value, depth + 1)
            continue
        items = value if isinstance(value, list) else [value]
        said = ", ".join(
            item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)
            for item in items
        )
        label = name.replace("_", " ").strip()
        # Control characters could come in as escapes of JSON.
        yield " ".join(f"{label}: {said}".replace("\x00", "").split())
