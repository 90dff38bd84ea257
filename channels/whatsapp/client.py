"""Makes Twilio's client for a given address, and turns its errors into ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from typing_extensions import override
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from channels.whatsapp.codes import AUTHENTICATION_FAILED, NOT_ALLOWED, OURS, OVER_LIMIT
from domain.errors import (
    NotAllowedNow,
    ProviderRejected,
    ProviderUnavailable,
    SendUnsure,
    SupportError,
)
from domain.whole_numbers import whole_number

_FIRST_CODE = 10000
"""Twilio's own codes have five digits; without one the package reports the HTTP status."""
_GATEWAY_STATUSES = frozenset({502, 504})
MAX_ANSWER_BYTES = 1024 * 1024


class TwilioHttp(TwilioHttpClient):
    """Sends to `base_url`, if given, instead of Twilio's hosts, and logs no customer data.

    The package logs every URL, with its phone numbers. A refusal by rate becomes ProviderUnavailable
    here, where its Retry-After can be read. Each call has a connection of its own, since an idle one
    that Twilio closes during a send would leave it unsure. An answer that is compressed or too long breaks the call.
    """

    def __init__(self, base_url: str | None, timeout: timedelta) -> None:
        super().__init__(
            pool_connections=False,
            timeout=timeout.total_seconds(),
            request_hooks={"response": _limit},
        )
        self._base_url = urlsplit(base_url) if base_url else None

    @override
    def request(
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        if self._base_url is not None:
            base = self._base_url
            target = urlsplit(url)._replace(scheme=base.scheme, netloc=base.netloc)
            url = target._replace(path=base.path.rstrip("/") + target.path).geturl()
        # A compressed answer could unpack without end.
        headers = {**(headers or {}), "Accept-Encoding": "identity"}
        response = super().request(
            method, url, params, data, headers, auth, timeout, allow_redirects
        )
        if response.status_code == 429:
            raise ProviderUnavailable("Twilio limits our rate", _retry_after(response))
        return response

    def log_request(self, kwargs: dict[str, object]) -> None:
        """Log nothing: the request names the customer."""

    def log_response(self, status_code: int, response: requests.Response) -> None:
        """Log nothing: our own log and metrics have the state."""


class TooLarge(requests.RequestException):
    """The answer is compressed or longer than the limit."""


class _Limited:
    """Stops reading an answer's body at the limit."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def stream(self, chunk_size: int, decode_content: bool | None = None) -> Iterator[bytes]:
        size = 0
        for chunk in self._raw.stream(chunk_size, decode_content=decode_content):
            size += len(chunk)
            if size > MAX_ANSWER_BYTES:
                self._raw.close()
                raise TooLarge("Twilio answers too much")
            yield chunk


def _limit(response: requests.Response, *_given: object, **_more: object) -> requests.Response:
    """Called before the body is read."""
    if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        response.close()
        raise TooLarge("Twilio compresses its answer")
    response.raw = _Limited(response.raw)
    return response


def make_client(
    account_sid: str, auth_token: str, *, base_url: str | None, timeout: timedelta
) -> Client:
    """Make a client that reads nothing from the environment."""
    ignored_environment = {"TWILIO_EDGE": "", "TWILIO_REGION": ""}
    return Client(
        account_sid,
        auth_token,
        http_client=TwilioHttp(base_url, timeout),
        environment=ignored_environment,
    )


def sending_error(
    error: TwilioRestException | TwilioServiceException | requests.RequestException | ValueError,
) -> SupportError:
    """Return our error for a failed attempt to send.

    A 5xx is unsure: Twilio may fail after it accepted the message, and a look-up costs less than a second
    reply. One without Twilio's own code, or 502 and 504, is a gateway's: Twilio may still be sending.
    Wrong credentials (20003) are our fault, so the message is retried and then dead-lettered, from where
    it can be replayed.
    """
    if isinstance(error, requests.RequestException):
        if was_never_sent(error):
            return ProviderUnavailable("Twilio can't be reached")
        return SendUnsure("the connection broke before Twilio answered")
    if isinstance(error, ValueError):
        return SendUnsure("Twilio's answer can't be read")
    code = int(error.code) if error.code else None
    if error.status >= 500:
        is_twilios = code is not None and code >= _FIRST_CODE
        is_answered = is_twilios and error.status not in _GATEWAY_STATUSES
        return SendUnsure(f"Twilio answered {error.status}", is_answered=is_answered)
    return refusal(code, error.status, str(getattr(error, "msg", None) or ""))


def refusal(code: int | None, status: int, words: str = "") -> SupportError:
    """Return our error for a message that Twilio refused or did not pass on, in Twilio's `words`."""
    if status == 401 or code == AUTHENTICATION_FAILED:
        return ProviderUnavailable("Twilio refuses our credentials (20003)")
    if code in OVER_LIMIT:
        return ProviderUnavailable(f"Twilio limits our rate ({code})")
    if code in OURS:
        return ProviderUnavailable(f"Twilio refuses our sender or settings ({code}): {words}")
    if code in NOT_ALLOWED:
        return NotAllowedNow(words or f"Twilio may not send this now ({code})", str(code))
    return ProviderRejected(words or f"Twilio refused the message ({code})", str(code or status))


def was_never_sent(error: requests.RequestException) -> bool:
    """Return whether the request certainly was not sent: no connection was made."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(
        cause.reason, NewConnectionError | ConnectTimeoutError
    )


def _retry_after(response: Response) -> timedelta | None:
    seconds = whole_number(str((response.headers or {}).get("Retry-After", "")))
    return None if seconds is None else timedelta(seconds=min(seconds, 3600))
