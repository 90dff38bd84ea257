"""Parses the mail of one request in the process that `parsing.MailParser` asks, which may be killed."""

from __future__ import annotations

from collections.abc import Collection

from channels.gmail.api import Resource
from channels.gmail.parse import parse_message
from domain.messages import InboundMessage


def answer(request: tuple[Resource, Collection[str], int | None]) -> InboundMessage | None:
    """Parse (resource, own addresses, max bytes). Raises Malformed."""
    mail, own_addresses, max_bytes = request
    return parse_message(mail, own_addresses, max_bytes)
