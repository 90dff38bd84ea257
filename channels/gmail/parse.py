"""Turns a message of the Gmail API into an inbound message, or drops one that is not for us."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from channels.gmail.loops import find_automatic
from channels.gmail.mime import ParsedMail, parse_mail
from channels.gmail.reply_text import extract_reply
from domain.channels import Channel
from domain.errors import Malformed
from domain.identifiers import Assurance, identify_email
from domain.messages import TRUNCATED, InboundMessage, Standing

if TYPE_CHECKING:
    # Google's client takes a second to import, which the parsing process has no use for.
    from channels.gmail.api import Resource

_NOT_RECEIVED = frozenset({"SENT", "DRAFT", "TRASH", "SPAM", "CHAT"})
_GMAIL_HOST = "mx.google.com"
_RESULT = re.compile(r"(?:^|;)\s*(dmarc|dkim|spf)\s*=\s*(\w+)([^;]*)", re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.?)*+"?', re.DOTALL)
_COMMENT = re.compile(r"\([^()]*\)")
_DMARC_DOMAIN = re.compile(r"header\.from=@?([\w.-]+)", re.IGNORECASE)
_DKIM_DOMAIN = re.compile(r"header\.(?:d|i)=@?([\w.-]+)", re.IGNORECASE)
_SPF_DOMAIN = re.compile(r"(?<![^\s;])smtp\.mailfrom=(?:[^\s;@]*@)?([\w.-]+)", re.IGNORECASE)


def parse_message(
    resource: Resource, own_addresses: Collection[str], max_bytes: int | None = None
) -> InboundMessage | None:
    """Parse what users.messages.get (format=raw) returned; None for mail that was not received.

    `own_addresses` are lower case; only the first `max_bytes` of the mail are read. Raises Malformed
    if the mail has no readable sender.
    """
    labels = set(resource.get("labelIds", []))
    if labels & _NOT_RECEIVED:
        return None
    raw = _decode_raw(resource)
    mail = parse_mail(raw, max_bytes)
    if mail.sender.lower() in own_addresses:
        return None
    message_id, thread_id = str(resource["id"]), str(resource["threadId"])
    reason = find_automatic(mail, own_addresses)
    assurance = Assurance.PROVIDER_ATTESTED if is_authenticated(mail) else Assurance.CLAIMED
    threads = (thread_id, mail.in_reply_to or "", *reversed(mail.references))
    return InboundMessage(
        channel=Channel.EMAIL,
        provider_message_id=message_id,
        sender=identify_email(mail.sender, assurance),
        sender_name=mail.sender_name,
        text=extract_reply(mail.text) or mail.subject,
        raw_text=mail.text,
        received_at=_received_at(resource, mail),
        subject=mail.subject or None,
        thread_keys=tuple(dict.fromkeys(key for key in threads if key)),
        message_id_header=mail.message_id,
        references=mail.references,
        provider_thread_id=thread_id,
        attachments=mail.attachments,
        standing=Standing.AUTOMATIC if reason else Standing.NORMAL,
        details=_details(mail, reason),
        raw=raw,
    )


def is_authenticated(mail: ParsedMail) -> bool:
    """Return whether Gmail confirmed the sender's domain for this mail (RFC 8601, RFC 7489).

    Only Gmail's own, topmost Authentication-Results count, since a sender can write others below it.
    A mail without them (inserted by API, or moved between accounts) is unproven, and so is one whose
    From domain Gmail read differently. Quotes and comments are removed, as they repeat the sender's words.
    """
    results = mail.header("authentication-results") or ""
    host, _, findings = results.partition(";")
    if host.split()[:1] != [_GMAIL_HOST]:
        return False
    domain = mail.sender.rpartition("@")[2].lower()
    findings = _COMMENT.sub("", _QUOTED.sub("", findings))
    verdicts = [(m[0].lower(), m[1].lower(), m[2]) for m in _RESULT.findall(findings)]
    for method, verdict, properties in verdicts:
        if method == "dmarc" and verdict != "none":
            seen = _DMARC_DOMAIN.search(properties)
            return verdict == "pass" and seen is not None and seen[1].lower() == domain
    for method, verdict, properties in verdicts:
        pattern = {"dkim": _DKIM_DOMAIN, "spf": _SPF_DOMAIN}.get(method)
        found = pattern.search(properties) if pattern and verdict == "pass" else None
        if found and _is_aligned(found[1].lower(), domain):
            return True
    return False


def _is_aligned(signing: str, domain: str) -> bool:
    """Return whether the domains are equal or one is the other's subdomain (relaxed alignment)."""
    if "." not in signing:
        return False
    return signing == domain or domain.endswith(f".{signing}") or signing.endswith(f".{domain}")


def _details(mail: ParsedMail, reason: str | None) -> dict[str, str]:
    facts = {
        "automatic": reason,
        "reply_to": mail.header("reply-to"),
        TRUNCATED: "true" if mail.is_truncated else None,
    }
    return {name: value[:500] for name, value in facts.items() if value}


def _decode_raw(resource: Resource) -> bytes:
    try:
        text = str(resource["raw"])
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (KeyError, ValueError, binascii.Error) as error:
        raise Malformed("the message has no raw form") from error


def _received_at(resource: Resource, mail: ParsedMail) -> datetime:
    """Return when Gmail received it, else the sender's own date."""
    milliseconds = str(resource.get("internalDate", ""))
    if milliseconds.isdigit():
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    return mail.sent_at.astimezone(UTC) if mail.sent_at else datetime.now(UTC)
