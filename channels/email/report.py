"""Writes a report to staff as a mail outside of customers' threads."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid

from channels.email.reply_html import to_html


def compose_report(address: str, recipients: Sequence[str], subject: str, text: str) -> bytes:
    """Return the mail from `address`: plain text, and the same as simple HTML."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = address
    mail["To"] = ", ".join(recipients)
    mail["Subject"] = subject
    mail["Date"] = formatdate(localtime=False)
    mail["Message-ID"] = make_msgid(domain=address.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    mail.add_alternative(to_html(text), subtype="html")
    return mail.as_bytes()
