"""Parses the mail of one request in the process that `parsing.MailParser` asks, which may be killed."""

from __future__ import annotations

from channels.email.identity import MailboxIdentity
from channels.email.reading import FetchedMail, read_mail
from domain.messages import InboundMessage, SentMail


def answer(
    request: tuple[FetchedMail, MailboxIdentity, int | None],
) -> InboundMessage | SentMail | None:
    """Parse (mail, whose mailbox, max bytes). Raises Malformed."""
    return read_mail(*request)
