"""Writes a reply as an RFC 5322 mail that every mail client puts into the customer's thread."""

from __future__ import annotations

import re
from email.charset import QP, Charset
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import formataddr, formatdate

from channels.email.reply_html import to_html
from channels.rich_text import to_plain
from domain.errors import ProviderRejected
from domain.messages import OutboundMessage, Part
from domain.names import usable_name

REPLY_KEY_HEADER = "X-Support-Reply-Key"
"""Finds a mail again, even if Gmail gave it another Message-ID."""

AUTHOR_HEADER = "X-Support-Author"
"""`ai` in what a person did not write, for programs that read mail (EU AI Act, Article 50)."""

_REPLY_PREFIX = re.compile(
    r"\A\s*(?:re|aw|sv|vs|odp|antw|res|rif|ref|回复|回覆|答复)\s*(?:\[\d+\]\s*)?[:：]",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,900}>")
_MAX_REFERENCES = 60


def message_id_of(part: Part, mailbox_address: str) -> str:
    """Return the same id for each attempt at this part, so that a mail already sent can be found."""
    host = mailbox_address.rpartition("@")[2].lower()
    return f"<{reply_key_of(part)}@{host}>"


def reply_key_of(part: Part) -> str:
    """Return the key that finds this part's mail again among those sent."""
    return f"{part.message.key.hex}.{part.index}"


def compose(part: Part, mailbox_address: str) -> bytes:
    """Return the mail as bytes. Raises ProviderRejected for an address that no mail can hold.

    Headers are folded between ids alone: `email`'s modern policies encode ids of more than 78
    characters, and then no client finds the thread.
    """
    message = part.message
    mail = MIMEMultipart("alternative", policy=compat32)
    mail["From"] = mailbox_address
    mail["To"] = _format_recipient(message)
    mail["Subject"] = _encode(subject_of(message))  # type: ignore[assignment]
    mail["Date"] = formatdate(localtime=False)
    mail["Message-ID"] = message_id_of(part, mailbox_address)
    if message.in_reply_to and _MESSAGE_ID.fullmatch(message.in_reply_to):
        mail["In-Reply-To"] = message.in_reply_to
    if references := references_of(message):
        mail["References"] = "\n ".join(references)
    if message.is_automatic:
        mail["Auto-Submitted"] = "auto-replied"
        mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
        mail[AUTHOR_HEADER] = "ai"
    mail[REPLY_KEY_HEADER] = reply_key_of(part)
    charset = Charset("utf-8")
    charset.body_encoding = QP
    mail.attach(MIMEText(to_plain(part.text), "plain", charset))  # type: ignore[arg-type]
    mail.attach(MIMEText(to_html(part.text), "html", charset))  # type: ignore[arg-type]
    return mail.as_bytes(policy=compat32.clone(linesep="\r\n", max_line_length=998))


def subject_of(message: OutboundMessage) -> str:
    """Return the thread's subject with one Re:, since Gmail starts a new thread for another subject."""
    subject = _CONTROL.sub(" ", message.subject or "").strip()
    if not subject and not message.provider_thread_id:
        return f"Your request {message.ticket_number}" if message.ticket_number else "Your request"
    is_first = not message.in_reply_to and not message.provider_thread_id
    return subject if is_first or _REPLY_PREFIX.match(subject) else f"Re: {subject}"


def references_of(message: OutboundMessage) -> tuple[str, ...]:
    """Return the chain with the answered mail last; of a very long one the root and the newest."""
    ids = (*message.references, message.in_reply_to or "")
    chain = [message_id for message_id in ids if _MESSAGE_ID.fullmatch(message_id)]
    unique = tuple(dict.fromkeys(reversed(chain)))[::-1]
    return unique if len(unique) <= _MAX_REFERENCES else (unique[0], *unique[1 - _MAX_REFERENCES :])


def _encode(text: str) -> str | Header:
    return text if text.isascii() else Header(text, "utf-8")


def _format_recipient(message: OutboundMessage) -> str:
    name = usable_name(message.recipient_name)
    try:
        return formataddr((name, message.recipient.value))
    except UnicodeEncodeError as error:
        raise ProviderRejected(
            "the address has letters that Gmail can't send to", "address"
        ) from error
