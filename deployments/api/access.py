"""Authenticates callers: staff by key, customers by their ticket's token, both in constant time."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

from fastapi import Request
from pydantic import SecretStr
from typing_extensions import override

from deployments.api.errors import Unauthorized
from deployments.api.limits import RateLimit
from domain.errors import NotFound
from domain.ports import StaffDirectory
from domain.principals import Principal, Role
from domain.records import Ticket
from domain.stores import OpenUnitOfWork


class StaffKeys(StaffDirectory):
    """domain.ports.StaffDirectory over STAFF_API_KEYS: each entry is an administrator.

    Keeps only the SHA-256 of each key, and compares with all of them so that timing reveals nothing.
    """

    def __init__(self, keys: Mapping[str, SecretStr]) -> None:
        self._digests = {
            name: hashlib.sha256(key.get_secret_value().encode()).digest()
            for name, key in keys.items()
        }

    @override
    async def find(self, key: str) -> Principal | None:
        digest = hashlib.sha256(key.encode()).digest()
        found = None
        for name, known in self._digests.items():
            if hmac.compare_digest(digest, known):
                found = Principal(name, Role.ADMIN)
        return found


async def find_principal(directory: StaffDirectory, request: Request) -> Principal | None:
    """Return the staff member whose key the request carries as a bearer token."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        return None
    return await directory.find(key.strip())


async def authenticate(
    directory: StaffDirectory, request: Request, tries: RateLimit, sender: str
) -> Principal:
    """Return the staff member behind the request.

    Raises:
        Unauthorized: The request carries no key, or an unknown one.
        Overloaded: `sender` has tried more wrong keys than `tries` allows. A valid key is never refused.
    """
    principal = await find_principal(directory, request)
    if principal is None:
        if "authorization" in request.headers:
            tries.take(sender)
        raise Unauthorized("no valid staff key")
    return principal


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


async def require_ticket_access(
    tokens: TicketTokens,
    request: Request,
    number: str,
    *,
    staff_keys: StaffDirectory | None = None,
) -> None:
    """Check the caller's token or staff key without asking the database for the ticket.

    Raises:
        NotFound: Neither opens the ticket, as in `open_ticket`.
    """
    token = request.headers.get("x-ticket-token", "")
    allowed = tokens.opens(number, token)
    if not allowed and staff_keys is not None:
        allowed = await find_principal(staff_keys, request) is not None
    if not allowed or "\x00" in number:
        raise NotFound("no such ticket for this caller")


async def open_ticket(
    open_uow: OpenUnitOfWork,
    tokens: TicketTokens,
    request: Request,
    number: str,
    *,
    staff_keys: StaffDirectory | None = None,
) -> Ticket:
    """Return the ticket to its customer and, if `staff_keys` are given, to staff.

    Raises:
        NotFound: The number or the token is wrong; a caller can't tell which.
    """
    await require_ticket_access(tokens, request, number, staff_keys=staff_keys)
    async with open_uow() as uow:
        ticket = await uow.tickets.by_number(number)
    if ticket is None:
        raise NotFound("no such ticket for this caller")
    return ticket
