"""Bounds what Google's servers, or whoever answers in their place, may send, compressed or not."""

from __future__ import annotations

import http.client
from typing import Any

import httplib2
from httplib2.decode import DecodeLimitError

MAX_ANSWER_BYTES = 96 * 1024 * 1024
"""A mail of Gmail's 50 MB limit in base64, with the message around it."""


class TooLarge(OSError):
    """The answer is longer than the limit."""


class _LimitedResponse(http.client.HTTPResponse):
    """Reads no further than the limit."""

    def read(self, amt: int | None = None) -> bytes:
        if amt is not None:
            return super().read(amt)
        content = super().read(MAX_ANSWER_BYTES + 1)
        if len(content) > MAX_ANSWER_BYTES:
            self.close()
            raise TooLarge("the server answers too much")
        if self.length:
            raise http.client.IncompleteRead(content, self.length)
        return content


class LimitedPlain(httplib2.HTTPConnectionWithTimeout):
    """For stand-ins and proxies on the same machine."""

    response_class = _LimitedResponse


class LimitedHttps(httplib2.HTTPSConnectionWithTimeout):
    """For Google."""

    response_class = _LimitedResponse


class LimitedHttp(httplib2.Http):
    """Raises TooLarge for an answer beyond the limit, as it came or unpacked."""

    plain: type[LimitedPlain] = LimitedPlain
    encrypted: type[LimitedHttps] = LimitedHttps

    def __init__(self, timeout: float) -> None:
        super().__init__(timeout=timeout, decode_limit_hard=MAX_ANSWER_BYTES)  # type: ignore[no-untyped-call]

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: Any = None,
        headers: Any = None,
        redirections: int = httplib2.DEFAULT_MAX_REDIRECTS,
        connection_type: Any = None,
    ) -> Any:
        """Make a request as httplib2 does. Raises TooLarge too."""
        limited = self.encrypted if uri.startswith("https:") else self.plain
        try:
            return super().request(  # type: ignore[no-untyped-call]
                uri, method, body, headers, redirections, connection_type or limited
            )
        except DecodeLimitError as error:
            raise TooLarge("the server's answer unpacks to too much") from error
