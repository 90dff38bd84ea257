"""Derives the secret of a ticket's page from its number, and makes the page's address."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable

from pydantic import SecretStr

from deployments.settings import Settings


class TicketTokens:
    """Derives a ticket's token from its number by HMAC, so that tokens need not be stored."""

    def __init__(self, secret: SecretStr) -> None:
        self._secret = secret.get_secret_value().encode()

    def token(self, ticket_number: str) -> str:
        """Return the ticket's token in URL-safe base64."""
        digest = hmac.new(
            self._secret, b"ticket:" + ticket_number.encode(), hashlib.sha256
        ).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")

    def opens(self, ticket_number: str, token: str) -> bool:
        """Tell whether `token` is the ticket's."""
        return hmac.compare_digest(self.token(ticket_number).encode(), token.encode())


def page_link(settings: Settings) -> Callable[[str], str]:
    """Return a function that makes the address of a ticket's page, which its fragment opens."""
    tokens = TicketTokens(settings.ticket_token_secret)
    return lambda number: f"{settings.base_url}/ticket/#{number}.{tokens.token(number)}"
