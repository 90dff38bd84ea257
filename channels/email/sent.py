"""Reads a mail that was sent from the mailbox: a person's becomes a SentMail, the system's own is dropped."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import getaddresses

from channels.email.compose import REPLY_KEY_HEADER
from channels.email.mime import ParsedMail
from channels.email.reply_text import extract_reply
from domain.errors import Malformed
from domain.identifiers import Assurance, identify_email
from domain.messages import SentMail

_OWN_MESSAGE_ID = re.compile(r"<[0-9a-f]{32}\.\d+@[^<>\s]+>")


def read_sent(
    mail: ParsedMail, mail_id: str, thread_keys: tuple[str, ...], sent_at: datetime, raw: bytes
) -> SentMail | None:
    """Return a person's mail; None for what the system or another program sent."""
    if _is_automatic(mail):
        return None
    return SentMail(
        mail_id=mail_id,
        sender=mail.sender.lower(),
        sender_name=mail.sender_name,
        recipients=_recipients(mail),
        text=extract_reply(mail.text) or mail.text or mail.subject,
        raw_text=mail.text,
        sent_at=sent_at,
        thread_keys=thread_keys,
        message_id_header=mail.message_id,
        references=mail.references,
        attachments=mail.attachments,
        raw=raw,
    )


def _is_automatic(mail: ParsedMail) -> bool:
    if mail.header(REPLY_KEY_HEADER) or _OWN_MESSAGE_ID.fullmatch(mail.message_id or ""):
        return True
    submitted = (mail.header("auto-submitted") or "no").split(";")[0].strip().lower()
    return submitted != "no"


def _recipients(mail: ParsedMail) -> tuple[str, ...]:
    copies = [*mail.headers.get("cc", ()), *mail.headers.get("bcc", ())]
    written = (*mail.to, *(address for _, address in getaddresses(copies)))
    return tuple(dict.fromkeys(filter(None, map(canonical_address, written))))


def canonical_address(address: str) -> str:
    """Return an address in the form in which customers' addresses are stored, "" if it is none."""
    try:
        return identify_email(address, Assurance.CLAIMED).value
    except Malformed:
        return ""
