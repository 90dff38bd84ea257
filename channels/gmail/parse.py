"""Turns a message of the Gmail API into an inbound message, or drops one that was not received."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from channels.email.identity import MailboxIdentity
from channels.email.reading import FetchedMail, read_mail
from domain.errors import Malformed
from domain.messages import InboundMessage, SentMail
from domain.whole_numbers import whole_number

if TYPE_CHECKING:
    # Google's client takes a second to import.
    from channels.gmail.api import Resource

AUTHSERV_ID = "mx.google.com"
"""Names Gmail in the Authentication-Results that it writes."""
_NOT_READ = frozenset({"DRAFT", "TRASH", "SPAM", "CHAT"})
_LAST_MILLISECOND = 253_402_300_799_999
"""Of the year 9999, which is the last that a date can name."""
SENT = "SENT"


def parse_message(
    resource: Resource,
    own_addresses: Collection[str],
    max_bytes: int | None = None,
    relays: Collection[str] = (),
) -> InboundMessage | SentMail | None:
    """Parse what users.messages.get (format=raw) returned; None for what is no mail to or from a person.

    `own_addresses` are lower case; only the first `max_bytes` of the mail are read. The Reply-To of
    `relays`, hosts or addresses, is the customer. Raises Malformed if the mail has no readable sender.
    """
    fetched = read_resource(resource)
    if fetched is None:
        return None
    identity = MailboxIdentity(frozenset(own_addresses), AUTHSERV_ID, frozenset(relays))
    return read_mail(fetched, identity, max_bytes)


def read_resource(resource: Resource) -> FetchedMail | None:
    """Return the mail of a Gmail message; None for drafts, chats, spam and the bin.

    Raises Malformed without a raw form.
    """
    labels = resource.get("labelIds", [])
    if _NOT_READ.intersection(labels):
        return None
    return FetchedMail(
        raw=_decode_raw(resource),
        mail_id=str(resource["id"]),
        thread_id=str(resource["threadId"]),
        received_at=received_at(resource),
        is_sent=SENT in labels,
    )


def _decode_raw(resource: Resource) -> bytes:
    try:
        text = str(resource["raw"])
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (KeyError, ValueError, binascii.Error) as error:
        raise Malformed("the message has no raw form") from error


def received_at(resource: Resource) -> datetime | None:
    """Return when Gmail received or sent a message."""
    milliseconds = whole_number(str(resource.get("internalDate", "")))
    if milliseconds is None or milliseconds > _LAST_MILLISECOND:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
