"""Tells who calls: staff by key, customers by their ticket's token, both compared in constant time."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

from fastapi import Request
from pydantic import SecretStr

from deployments.api.errors import Unauthorized
from deployments.api.limits import RateLimit
from domain.errors import NotFound
from domain.ports import StaffDirectory
from domain.principals import Principal, Role
from domain.records import Ticket
from domain.stores import OpenUnitOfWork


class StaffKeys:
    """domain.ports.StaffDirectory over STAFF_API_KEYS: each entry is an administrator.

    Knows keys by their SHA-256 alone, and compares with every one so that timing tells nothing.
    """

    def __init__(self, keys: Mapping[str, SecretStr]) -> None:
        self._digests = {
            name: hashlib.sha256(key.get_secret_value().encode()).digest()
            for name, key in keys.items()
        }

    async def find(self, key: str) -> Principal | None:
        digest = hashlib.sha256(key.encode()).digest()
        found = None
        for name, known in self._digests.items():
            if hmac.compare_digest(digest, known):
                found = Principal(name, Role.ADMIN)
        return found


async def find_principal(directory: StaffDirectory, request: Request) -> Principal | None:
    """The staff member whose key the request carries as a bearer token."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        return None
    return await directory.find(key.strip())


async def authenticate(
    directory: StaffDirectory, request: Request, tries: RateLimit, sender: str
) -> Principal:
    """The staff member behind the request.

    Raises:
        Unauthorized: The request carries no key, or nobody's.
        Overloaded: `sender` has tried more wrong keys than `tries` allows. Others' wrong keys never
            delay a right one.
    """
    principal = await find_principal(directory, request)
    if principal is None:
        if "authorization" in request.headers:
            tries.take(sender)
        raise Unauthorized("no valid staff key")
    return principal


class TicketTokens:
    """A ticket's token is an HMAC of its number, so nothing needs to be stored or can be guessed."""

    def __init__(self, secret: SecretStr) -> None:
        self._secret = secret.get_secret_value().encode()

    def token(self, ticket_number: str) -> str:
        digest = hmac.new(
            self._secret, b"ticket:" + ticket_number.encode(), hashlib.sha256
        ).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")

    def opens(self, ticket_number: str, token: str) -> bool:
        return hmac.compare_digest(self.token(ticket_number).encode(), token.encode())


async def require_ticket_access(
    tokens: TicketTokens,
    request: Request,
    number: str,
    *,
    staff_keys: StaffDirectory | None = None,
) -> None:
    """Check the caller's token or staff key without the database, which may not know the number.

    Raises NotFound, as `open_ticket` does.
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
    """The ticket, for its customer and, where `staff_keys` are given, for staff.

    Raises NotFound: a wrong number and a wrong token look alike.
    """
    await require_ticket_access(tokens, request, number, staff_keys=staff_keys)
    async with open_uow() as uow:
        ticket = await uow.tickets.by_number(number)
    if ticket is None:
        raise NotFound("no such ticket for this caller")
    return ticket
