"""Turns a mail that a transport fetched into an inbound message, or drops one that is not for us."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from channels.email.bounces import read_bounce
from channels.email.customer import Customer, Way, find_customer
from channels.email.dkim_check import is_signed_by_sender, look_up_by
from channels.email.identity import MailboxIdentity
from channels.email.loops import find_automatic, is_reply
from channels.email.mime import ParsedMail, parse_mail
from channels.email.proof import has_findings, is_authenticated
from channels.email.reply_text import extract_reply, says_forwarded
from channels.email.sent import read_sent
from channels.email.subject_only import with_subject
from channels.email.subjects import is_forward_subject
from domain.channels import Channel
from domain.errors import Malformed
from domain.identifiers import RELAYED_LOCAL, Assurance, Identifier, identify_email
from domain.messages import (
    CUT_AWAY,
    MAX_CUT_AWAY_CHARS,
    SUBJECT,
    TRUNCATED,
    UNREADABLE,
    InboundMessage,
    SentMail,
    Standing,
)

_NOBODY = "mailer-daemon@invalid.example"
"""The sender of a delivery report that names none."""
_MAX_DETAIL_CHARS = 500
_AROUND_A_LINE = "> |\t\r"
"""Quote marks and blanks."""
_MAX_ENCLOSED_CHARS = 20_000


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
    is_proven = _is_proven(mail, fetched.raw, identity)
    customer = find_customer(mail, identity, is_proven=is_proven)
    if fetched.is_sent and not _is_form_to_us(mail, customer, identity):
        return read_sent(mail, fetched.mail_id, thread_keys, received_at, fetched.raw)
    if customer is None:
        return None
    own_words = _own_words(mail, customer)
    is_relayed = customer.way is not Way.DIRECT
    reason = find_automatic(mail, identity.own_addresses, own_words, is_relayed=is_relayed)
    bounce = read_bounce(mail, fetched.raw[:max_bytes])
    if bounce and not customer.address:
        customer = Customer(_NOBODY, "")
    text = with_subject(own_words, mail.subject, is_first=not is_reply(mail))
    return InboundMessage(
        channel=Channel.EMAIL,
        provider_message_id=fetched.mail_id,
        sender=_identify(customer, mail, is_proven=is_proven),
        sender_name=customer.name,
        text=_say_unreadable(mail, text),
        raw_text=mail.text,
        received_at=received_at,
        subject=mail.subject or None,
        thread_keys=thread_keys,
        message_id_header=_message_id(mail, customer),
        references=() if customer.way is Way.FORWARD else mail.references,
        provider_thread_id=fetched.thread_id,
        attachments=mail.attachments,
        standing=Standing.AUTOMATIC if reason or bounce else Standing.NORMAL,
        details=_details(mail, customer, identity, reason) | _beside(mail, customer, own_words),
        raw=fetched.raw,
        bounce=bounce,
    )


def _is_form_to_us(mail: ParsedMail, customer: Customer | None, identity: MailboxIdentity) -> bool:
    """Return whether a form of ours mailed a customer's words from the mailbox to itself."""
    is_to_us = any(address.lower() in identity.own_addresses for address in (*mail.to, *mail.cc))
    return customer is not None and customer.way is Way.RELAY and is_to_us


def _is_proven(mail: ParsedMail, raw: bytes, identity: MailboxIdentity) -> bool:
    if has_findings(mail, identity.authserv_id) or not identity.checks_dkim:
        return is_authenticated(mail, identity.authserv_id)
    return is_signed_by_sender(raw, mail, look_up_by(identity.nameservers))


def _identify(customer: Customer, mail: ParsedMail, *, is_proven: bool) -> Identifier:
    """Make the customer's identifier; if what a mail says about its customer is no address, its sender's."""
    is_attested = is_proven and customer.way is Way.DIRECT
    assurance = Assurance.PROVIDER_ATTESTED if is_attested else Assurance.CLAIMED
    try:
        return identify_email(customer.address, assurance, RELAYED_LOCAL)
    except Malformed:
        if customer.way is Way.DIRECT:
            raise
    return identify_email(mail.sender, Assurance.CLAIMED, RELAYED_LOCAL)


def _own_words(mail: ParsedMail, customer: Customer) -> str:
    """Return the customer's words: those of a forwarded mail if a colleague forwarded it.

    What a customer forwards is kept below the own words: it is what they are about.
    """
    if customer.forwarded is not None:
        return extract_reply(customer.forwarded.text)
    is_forward = is_forward_subject(mail.subject) or says_forwarded(mail.text)
    words = extract_reply(mail.text, keeps_mail=is_forward or not is_reply(mail))
    if is_forward and mail.enclosed is not None and mail.enclosed.text not in words:
        inner = mail.enclosed
        words = f"{words}\n\n{inner.sender_name} <{inner.sender}>: {inner.subject}\n\n{inner.text}"
    return words[: len(mail.text) + _MAX_ENCLOSED_CHARS]


def _say_unreadable(mail: ParsedMail, text: str) -> str:
    """Return the text, with a note for staff about words that nobody can read in place of a bare subject."""
    if mail.encryption is None:
        return text
    note = f"[This mail is encrypted with {mail.encryption}. Its text can't be read here.]"
    return f"{text}\n\n{note}" if mail.text.strip() else note


def _message_id(mail: ParsedMail, customer: Customer) -> str | None:
    """Return the id that the customer's own mail program knows."""
    return mail.message_id if customer.forwarded is None else customer.forwarded.message_id


def _details(
    mail: ParsedMail, customer: Customer, identity: MailboxIdentity, reason: str | None
) -> dict[str, str]:
    copied = [address for address in mail.cc if address.lower() not in identity.own_addresses]
    sender = f"{mail.sender_name} <{mail.sender}>".strip()
    facts = {
        "automatic": reason,
        "reply_to": mail.header("reply-to"),
        "cc": ", ".join(dict.fromkeys(copied)),
        "signature": mail.signature,
        UNREADABLE: mail.encryption,
        TRUNCATED: "true" if mail.is_truncated else None,
        customer.way.value: None if customer.way is Way.DIRECT else sender,
    }
    return {name: value[:_MAX_DETAIL_CHARS] for name, value in facts.items() if value}


def _beside(mail: ParsedMail, customer: Customer, own_words: str) -> dict[str, str]:
    """Return the subject, and the lines that are not among the customer's own words."""
    facts = {SUBJECT: mail.subject[:_MAX_DETAIL_CHARS]}
    if customer.forwarded is None:
        kept = {line.strip() for line in own_words.splitlines()}
        lines = (line.strip(_AROUND_A_LINE) for line in mail.text.splitlines())
        left = "\n".join(line for line in lines if line and line not in kept)
        facts[CUT_AWAY] = left[:MAX_CUT_AWAY_CHARS]
    return {name: value for name, value in facts.items() if value}


def _received_at(fetched: FetchedMail, mail: ParsedMail) -> datetime:
    if fetched.received_at is not None:
        return fetched.received_at
    return mail.sent_at.astimezone(UTC) if mail.sent_at else datetime.now(UTC)
