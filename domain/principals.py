"""Names a staff caller and what the caller's role permits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.errors import NotPermitted


class Role(StrEnum):
    """Each role includes the ones before it."""

    VIEWER = "viewer"
    """Reads."""
    AGENT = "agent"
    """Works on conversations, drafts, actions and dead letters."""
    EDITOR = "editor"
    """Writes knowledge."""
    ADMIN = "admin"
    """Company, accounts, releases, personal data, audit."""

    def includes(self, other: Role) -> bool:
        """Whether this role permits all that `other` permits."""
        roles = list(Role)
        return roles.index(self) >= roles.index(other)


@dataclass(frozen=True, slots=True)
class Principal:
    """A staff caller; `name` is what the audit log and the owner of a conversation say."""

    name: str
    role: Role

    def require(self, least: Role) -> None:
        """Raise NotPermitted if the role does not include `least`."""
        if not self.role.includes(least):
            raise NotPermitted(f"this takes the role {least.value}")
