"""Explains why a call to Twilio failed, to the operator who has to fix it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import requests
from twilio.base.exceptions import TwilioRestException

from channels.whatsapp.codes import AUTHENTICATION_FAILED
from domain.errors import ProviderUnavailable

GUIDE = "docs/how-to/connect-whatsapp.md"
_API_ADDRESS = "https://api.twilio.com"


def explain(error: Exception, base_url: str | None) -> str:
    """Return what failed and how to fix it; `base_url` replaces Twilio's own address."""
    if isinstance(error, TwilioRestException):
        return _explain_status(error)
    if isinstance(error, ProviderUnavailable):
        return "Twilio limits how often it is asked (429): check again in some minutes."
    host = urlsplit(base_url or _API_ADDRESS).netloc
    where = "the machine's network, proxy and firewall. It says nothing about the credentials"
    causes = list(_causes(error))
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return f"The name {host} is not found: check the DNS, then {where}."
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return f"{host} refuses the connection: check the address, then {where}."
    if isinstance(error, requests.Timeout):
        return f"{host} does not answer in time: check {where}."
    if isinstance(error, requests.exceptions.SSLError):
        return f"The certificate of {host} is not trusted: check {where}."
    if isinstance(error, requests.ConnectionError):
        return f"The connection to {host} broke: check {where}."
    return f"{host} does not answer as Twilio does ({type(error).__name__}): check TWILIO_API_BASE_URL."


def _explain_status(error: TwilioRestException) -> str:
    if error.status == 401 or error.code == AUTHENTICATION_FAILED:
        return (
            f"Twilio does not accept TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN ({error.code}): both have to be those"
            f" of one account, and the token the present one (step 2 of {GUIDE})."
        )
    if error.status >= 500:
        return (
            f"Twilio has a fault of its own ({error.status}): check again later, all is well here."
        )
    return f"Twilio answered {error.status} with code {error.code}: {error.msg}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
