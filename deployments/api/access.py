"""Authenticates callers, staff by key and customers by their ticket's token, and limits their guesses."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fastapi import Request
from pydantic import SecretStr
from typing_extensions import override

from deployments.api.errors import Unauthorized
from deployments.api.guesses import STAFF, GuessLimit
from deployments.page_links import TicketTokens as TicketTokens
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
    async def names(self) -> list[str]:
        return sorted(self._digests)

    @override
    async def find(self, key: str) -> Principal | None:
        digest = hashlib.sha256(key.encode()).digest()
        found = None
        for name, known in self._digests.items():
            if hmac.compare_digest(digest, known):
                found = Principal(name, Role.ADMIN)
        return found


@dataclass(frozen=True, slots=True)
class Gate:
    """Compares the secrets that requests carry; the only place that does, so that every guess is counted."""

    keys: StaffDirectory
    guesses: GuessLimit
    sender_address: Callable[[Request], str]

    async def staff(self, request: Request) -> Principal:
        """Return the staff member behind the request.

        Raises:
            Unauthorized: The request carries no key, or an unknown one.
            Overloaded: Its address has tried too many wrong secrets.
        """
        key = _staff_key(request)
        if key is None:
            raise Unauthorized("no staff key")
        principal = await self._find(request, key)
        if principal is None:
            raise Unauthorized("no valid staff key")
        return principal

    async def ticket(
        self, tokens: TicketTokens, request: Request, number: str, *, staff_too: bool = False
    ) -> None:
        """Check the caller's token, or the staff key if `staff_too`, without asking the database.

        Raises:
            NotFound: Neither opens the ticket; a caller can't tell a wrong number from a wrong token.
            Overloaded: Its address has tried too many wrong secrets.
        """
        token = request.headers.get("x-ticket-token", "")
        key = _staff_key(request) if staff_too else None
        is_allowed = False
        if token:
            address = self.sender_address(request)
            target = number.upper()
            self.guesses.check(address, target)
            is_allowed = tokens.opens(number, token)
            if not is_allowed:
                self.guesses.note_wrong(address, target)
        if not is_allowed and key is not None:
            is_allowed = await self._find(request, key) is not None
        if not is_allowed or "\x00" in number:
            raise NotFound("no such ticket for this caller")

    async def _find(self, request: Request, key: str) -> Principal | None:
        address = self.sender_address(request)
        self.guesses.check(address, STAFF)
        principal = await self.keys.find(key) if key else None
        if principal is None:
            self.guesses.note_wrong(address, STAFF)
        return principal


def _staff_key(request: Request) -> str | None:
    """Return the bearer token, or nothing that opens anything for another authorization; None for none."""
    authorization = request.headers.get("authorization")
    if authorization is None:
        return None
    scheme, _, key = authorization.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


async def open_ticket(
    open_uow: OpenUnitOfWork,
    gate: Gate,
    tokens: TicketTokens,
    request: Request,
    number: str,
    *,
    staff_too: bool = False,
) -> Ticket:
    """Return the ticket to its customer and, if `staff_too`, to staff.

    Raises:
        NotFound: The number or the token is wrong; a caller can't tell which.
        Overloaded: The caller's address has tried too many wrong secrets.
    """
    await gate.ticket(tokens, request, number, staff_too=staff_too)
    async with open_uow() as uow:
        ticket = await uow.tickets.by_number(number)
    if ticket is None:
        raise NotFound("no such ticket for this caller")
    return ticket
