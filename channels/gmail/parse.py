"""Turns a message of the Gmail API into an inbound message, or drops one that was not received."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from channels.email.reading import FetchedMail, MailboxIdentity, read_mail
from domain.errors import Malformed
from domain.messages import InboundMessage

if TYPE_CHECKING:
    # Google's client takes a second to import.
    from channels.gmail.api import Resource

AUTHSERV_ID = "mx.google.com"
"""Names Gmail in the Authentication-Results that it writes."""
_NOT_RECEIVED = frozenset({"SENT", "DRAFT", "TRASH", "SPAM", "CHAT"})


def parse_message(
    resource: Resource, own_addresses: Collection[str], max_bytes: int | None = None
) -> InboundMessage | None:
    """Parse what users.messages.get (format=raw) returned; None for mail that was not received.

    `own_addresses` are lower case; only the first `max_bytes` of the mail are read. Raises Malformed
    if the mail has no readable sender.
    """
    fetched = read_resource(resource)
    if fetched is None:
        return None
    return read_mail(fetched, MailboxIdentity(frozenset(own_addresses), AUTHSERV_ID), max_bytes)


def read_resource(resource: Resource) -> FetchedMail | None:
    """Return the mail of a Gmail message; None if it was not received. Raises Malformed without a raw form."""
    if _NOT_RECEIVED.intersection(resource.get("labelIds", [])):
        return None
    return FetchedMail(
        raw=_decode_raw(resource),
        mail_id=str(resource["id"]),
        thread_id=str(resource["threadId"]),
        received_at=_received_at(resource),
    )


def _decode_raw(resource: Resource) -> bytes:
    try:
        text = str(resource["raw"])
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (KeyError, ValueError, binascii.Error) as error:
        raise Malformed("the message has no raw form") from error


def _received_at(resource: Resource) -> datetime | None:
    milliseconds = str(resource.get("internalDate", ""))
    if not milliseconds.isdigit():
        return None
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
