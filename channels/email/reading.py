"""Turns a mail that a transport fetched into an inbound message, or drops one that is not for us."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from channels.email.bounces import read_bounce
from channels.email.loops import find_automatic
from channels.email.mime import ParsedMail, parse_mail
from channels.email.proof import is_authenticated
from channels.email.reply_text import extract_reply
from channels.email.sent import read_sent
from domain.channels import Channel
from domain.identifiers import Assurance, identify_email
from domain.messages import TRUNCATED, InboundMessage, SentMail, Standing

_NOBODY = "mailer-daemon@invalid.example"
"""The sender of a delivery report that names none."""


@dataclass(frozen=True, slots=True)
class FetchedMail:
    """A mail as a transport fetched it.

    `mail_id` is unique in the mailbox and never changes. `thread_id` is the provider's own, if it has
    any. `received_at` is when the provider received it; without it the sender's own date counts.
    """

    raw: bytes
    mail_id: str
    thread_id: str | None = None
    received_at: datetime | None = None
    is_sent: bool = False
    """It lies in the folder of sent mail."""


@dataclass(frozen=True, slots=True)
class MailboxIdentity:
    """Who we are in a mailbox and whose findings we trust there.

    `own_addresses` are lower case. `authserv_id` names the server whose topmost Authentication-Results
    count (RFC 8601).
    """

    own_addresses: frozenset[str]
    authserv_id: str


def read_mail(
    fetched: FetchedMail, identity: MailboxIdentity, max_bytes: int | None = None
) -> InboundMessage | SentMail | None:
    """Parse a mail; None for one that the system sent. Only the first `max_bytes` are read.

    Raises:
        Malformed: The mail has no readable sender, is empty, or is too large.
    """
    mail = parse_mail(fetched.raw, max_bytes)
    threads = (fetched.thread_id, mail.in_reply_to, *reversed(mail.references))
    thread_keys = tuple(dict.fromkeys(key for key in threads if key))
    received_at = _received_at(fetched, mail)
    if fetched.is_sent:
        return read_sent(mail, fetched.mail_id, thread_keys, received_at, fetched.raw)
    if mail.sender.lower() in identity.own_addresses:
        return None
    reason = find_automatic(mail, identity.own_addresses)
    is_proven = is_authenticated(mail, identity.authserv_id)
    assurance = Assurance.PROVIDER_ATTESTED if is_proven else Assurance.CLAIMED
    bounce = read_bounce(mail, fetched.raw[:max_bytes])
    return InboundMessage(
        channel=Channel.EMAIL,
        provider_message_id=fetched.mail_id,
        sender=identify_email(mail.sender or (_NOBODY if bounce else ""), assurance),
        sender_name=mail.sender_name,
        text=extract_reply(mail.text) or mail.subject,
        raw_text=mail.text,
        received_at=received_at,
        subject=mail.subject or None,
        thread_keys=thread_keys,
        message_id_header=mail.message_id,
        references=mail.references,
        provider_thread_id=fetched.thread_id,
        attachments=mail.attachments,
        standing=Standing.AUTOMATIC if reason or bounce else Standing.NORMAL,
        details=_details(mail, reason),
        raw=fetched.raw,
        bounce=bounce,
    )


def _details(mail: ParsedMail, reason: str | None) -> dict[str, str]:
    facts = {
        "automatic": reason,
        "reply_to": mail.header("reply-to"),
        TRUNCATED: "true" if mail.is_truncated else None,
    }
    return {name: value[:500] for name, value in facts.items() if value}


def _received_at(fetched: FetchedMail, mail: ParsedMail) -> datetime:
    if fetched.received_at is not None:
        return fetched.received_at
    return mail.sent_at.astimezone(UTC) if mail.sent_at else datetime.now(UTC)
