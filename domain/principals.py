"""Names a staff caller and what the caller's role permits."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from uuid import UUID

from domain.errors import NotPermitted


class Role(StrEnum):
    """What a staff caller may do; each role includes the ones before it."""

    permits: str
    """What the role adds, for the API's description."""

    def __new__(cls, value: str, permits: str = "") -> Self:
        """Make a member from its value and what it permits."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.permits = permits
        return member

    VIEWER = "viewer", "reads"
    AGENT = "agent", "works on conversations, drafts, actions and dead letters"
    EDITOR = "editor", "writes knowledge"
    ADMIN = "admin", "does the rest: company, accounts, releases, personal data, audit"

    def includes(self, other: Role) -> bool:
        """Whether this role permits all that `other` permits."""
        roles = list(Role)
        return roles.index(self) >= roles.index(other)


@dataclass(frozen=True, slots=True)
class Principal:
    """A staff caller; `name` is what the audit log and the owner of a conversation say."""

    name: str
    role: Role
    account_id: UUID | None = None
    """None for a key of the settings, an outside agent and a shell."""

    def require(self, least: Role) -> None:
        """Raise NotPermitted if the role does not include `least`."""
        if not self.role.includes(least):
            raise NotPermitted(f"this takes the role {least.value}")


_caller: ContextVar[Principal | None] = ContextVar("caller", default=None)


def set_caller(principal: Principal) -> None:
    """Name who makes the current call, in this task and those that it starts."""
    _caller.set(principal)


def account_of(name: str) -> UUID | None:
    """Return the caller's account if the caller has this name; None for the system's own acts."""
    caller = _caller.get()
    return caller.account_id if caller is not None and caller.name == name else None
