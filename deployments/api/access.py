"""Authenticates callers, staff by key or session and customers by their ticket's token, and limits their guesses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import Request

from deployments.api.errors import ForeignOrigin, Unauthorized
from deployments.api.guesses import STAFF, GuessLimit
from deployments.api.session_cookie import SessionCookie
from deployments.page_links import TicketTokens as TicketTokens
from domain.errors import NotFound, SessionOver
from domain.ports import StaffDirectory
from domain.principals import Principal, set_caller
from domain.records import Ticket
from domain.stores import OpenUnitOfWork


@dataclass(frozen=True, slots=True)
class Gate:
    """Compares the secrets that requests carry; the only place that does, so that every guess is counted."""

    keys: StaffDirectory
    guesses: GuessLimit
    sender_address: Callable[[Request], str]
    cookie: SessionCookie

    async def staff(self, request: Request) -> Principal:
        """Return the staff member behind the request, by a key or else by a session.

        Raises:
            Unauthorized: The request carries neither, or an unknown one.
            SessionOver: Its session is over.
            ForeignOrigin: Another site's page makes a signed-in browser change something.
            Overloaded: Its address has tried too many wrong secrets.
        """
        key = bearer_key(request)
        token = self.cookie.read(request) if key is None else None
        if token is not None:
            principal = await self.session(request, token)
        elif key is not None:
            principal = await self.key(request, key)
        else:
            raise Unauthorized("no staff key and no session")
        set_caller(principal)
        return principal

    async def key(self, request: Request, key: str) -> Principal:
        """Return a key's owner. Raises Unauthorized and Overloaded."""
        principal = await self._find(request, self.keys.find, key)
        if principal is None:
            raise Unauthorized("no valid staff key")
        return principal

    async def session(self, request: Request, token: str) -> Principal:
        """Return who signed in with the cookie. Raises SessionOver, ForeignOrigin and Overloaded."""
        self.require_own_page(request)
        principal = await self._find(request, self.keys.find_session, token)
        if principal is None:
            raise SessionOver("no such session")
        return principal

    def require_own_page(self, request: Request) -> None:
        """Raise ForeignOrigin if a page of another site made a browser send this change."""
        if self.cookie.is_from_elsewhere(request):
            raise ForeignOrigin("another site's page sent this")

    async def is_staff(self, request: Request) -> bool:
        """Tell whether staff call, without refusing anybody else. Raises Overloaded."""
        try:
            await self.staff(request)
        except (Unauthorized, SessionOver, ForeignOrigin):
            return False
        return True

    async def ticket(
        self, tokens: TicketTokens, request: Request, number: str, *, staff_too: bool = False
    ) -> None:
        """Check the caller's token, which needs no database, or that staff call if `staff_too`.

        Raises:
            NotFound: Neither opens the ticket; a caller can't tell a wrong number from a wrong token.
            Overloaded: Its address has tried too many wrong secrets.
        """
        token = request.headers.get("x-ticket-token", "")
        is_allowed = False
        if token:
            address = self.sender_address(request)
            target = number.upper()
            self.guesses.check(address, target)
            is_allowed = tokens.opens(number, token)
            if not is_allowed:
                self.guesses.note_wrong(address, target)
        if not is_allowed and staff_too:
            is_allowed = await self.is_staff(request)
        if not is_allowed or "\x00" in number:
            raise NotFound("no such ticket for this caller")

    async def _find(
        self, request: Request, find: Callable[[str], Awaitable[Principal | None]], secret: str
    ) -> Principal | None:
        address = self.sender_address(request)
        self.guesses.check(address, STAFF)
        principal = await find(secret) if secret else None
        if principal is None:
            self.guesses.note_wrong(address, STAFF)
        return principal


def bearer_key(request: Request) -> str | None:
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
