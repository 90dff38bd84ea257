"""Explains why a call to Google failed, to the operator who has to fix it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import httplib2
from googleapiclient.errors import HttpError

from channels.gmail.api import RATE_REASONS, reasons_of

GUIDE = "docs/how-to/connect-gmail.md"
SCOPE = "https://www.googleapis.com/auth/gmail.modify"
_NO_SCOPE = frozenset({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})
_NOT_ENABLED = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})

NEEDS_SCOPE = (
    f"The refresh token lacks the scope {SCOPE}: get a new one with it (step 2 of {GUIDE})."
)


def explain(error: BaseException, address: str) -> str:
    """Return what failed and how to fix it; `address` is the URL that was called."""
    for cause in _causes(error):
        if isinstance(cause, HttpError):
            return explain_status(int(cause.resp.status), reasons_of(cause), cause.reason or "")
        if (fault := _explain_network(cause, urlsplit(address).netloc)) is not None:
            return fault
    return f"{urlsplit(address).netloc} could not be asked ({type(error).__name__}): try again."


def explain_status(status: int, reasons: set[str], message: str) -> str:
    """Explain an answer other than success."""
    if reasons & _NO_SCOPE:
        return NEEDS_SCOPE
    if reasons & _NOT_ENABLED:
        return f"The Gmail API is not enabled in the client's project: step 1 of {GUIDE}."
    if status >= 500:
        return f"Google has a fault of its own ({status}): check again later, all is well here."
    if status == 429 or reasons & RATE_REASONS:
        return f"Google limits how often it is asked ({status}): check again in some minutes."
    if status == 401:
        return f"Google does not accept the access token (401): get a new refresh token (step 2 of {GUIDE})."
    return f"Google answered {status}: {message}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _explain_network(cause: BaseException, host: str) -> str | None:
    where = "the machine's network, proxy and firewall. It says nothing about the credentials"
    if isinstance(cause, socket.gaierror | httplib2.ServerNotFoundError):
        return f"The name {host} is not found: check the DNS, then {where}."
    if isinstance(cause, ConnectionRefusedError):
        return f"{host} refuses the connection: check the address, then {where}."
    if isinstance(cause, TimeoutError):
        return f"{host} does not answer in time: check {where}."
    if isinstance(cause, ssl.SSLError):
        return f"The certificate of {host} is not trusted ({cause.reason}): check {where}."
    if isinstance(cause, OSError | httplib2.HttpLib2Error):
        return f"The connection to {host} broke ({type(cause).__name__}): check {where}."
    return None
