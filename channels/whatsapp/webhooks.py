"""Twilio's webhooks: nothing is read before its signature is verified."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from pydantic import SecretStr

from channels.whatsapp.parse import StatusUpdate, parse_inbound, parse_status
from channels.whatsapp.signature import TwilioSignature
from domain.messages import InboundMessage


class TwilioWebhooks:
    """`path` is the request's path with its query string, as the provider called it.

    Raises ConfigurationError when made without a token or a public address.
    """

    def __init__(
        self,
        auth_tokens: Sequence[SecretStr],
        public_base_url: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._signature = TwilioSignature(auth_tokens, public_base_url)
        self._clock = clock

    def read_message(self, path: str, body: bytes, signature: str | None) -> InboundMessage:
        """Raises NotAuthentic or Malformed."""
        self._signature.verify(path, body, signature)
        return parse_inbound(body, self._clock())

    def read_status(self, path: str, body: bytes, signature: str | None) -> StatusUpdate | None:
        """None for a status that we do not know. Raises NotAuthentic or Malformed."""
        self._signature.verify(path, body, signature)
        return parse_status(body)
